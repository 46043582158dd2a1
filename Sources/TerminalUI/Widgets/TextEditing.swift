/// What an edit key did.
public enum EditOutcome: Sendable, Hashable {
    case changed, moved
    /// Not a key of the editor: it may mean something else.
    case ignored
}

/// Characters with a cursor between two of them, and the steps back. Shared by the one-line field and the editor.
struct EditBuffer: Sendable, Equatable {
    private(set) var characters: [Character]
    private(set) var cursor: Int
    private var undone: [Snapshot] = []
    private var done: [Snapshot] = []
    /// Typing is one undo step until something else happens.
    private var isTyping = false
    private static let limit = 500

    private struct Snapshot: Sendable, Equatable {
        var characters: [Character]
        var cursor: Int
    }

    init(_ text: String, cursor: Int? = nil) {
        characters = Array(EditBuffer.normalized(text))
        self.cursor = max(0, min(cursor ?? characters.count, characters.count))
    }

    var text: String { String(characters) }

    /// Line breaks of other systems become `\n`; a pair that Swift takes for one character would be hard to edit.
    static func normalized(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "\n" && previous == "\r" {
                previous = scalar
                continue
            }
            result.append(scalar == "\r" ? "\n" : scalar)
            previous = scalar
        }
        return String(result)
    }

    private mutating func remember(typing: Bool) {
        if !(typing && isTyping) {
            done.append(Snapshot(characters: characters, cursor: cursor))
            if done.count > EditBuffer.limit { done.removeFirst() }
        }
        undone = []
        isTyping = typing
    }

    mutating func insert(_ text: [Character], typing: Bool) {
        guard !text.isEmpty else { return }
        remember(typing: typing)
        characters.insert(contentsOf: text, at: cursor)
        cursor += text.count
        // A mark typed after its base joins it, which changes how many characters there are.
        let whole = String(characters[..<cursor])
        if whole.count != cursor {
            let tail = characters[cursor...]
            let head = Array(whole)
            characters = head + tail
            cursor = head.count
        }
    }

    mutating func remove(_ range: Range<Int>) -> Bool {
        let range = range.clamped(to: 0..<characters.count)
        guard !range.isEmpty else { return false }
        remember(typing: false)
        characters.removeSubrange(range)
        if cursor > range.upperBound {
            cursor -= range.count
        } else if cursor > range.lowerBound {
            cursor = range.lowerBound
        }
        return true
    }

    mutating func move(to place: Int) -> Bool {
        let place = max(0, min(place, characters.count))
        isTyping = false
        guard place != cursor else { return false }
        cursor = place
        return true
    }

    mutating func undo() -> Bool {
        guard let last = done.popLast() else { return false }
        undone.append(Snapshot(characters: characters, cursor: cursor))
        (characters, cursor, isTyping) = (last.characters, last.cursor, false)
        return true
    }

    mutating func redo() -> Bool {
        guard let next = undone.popLast() else { return false }
        done.append(Snapshot(characters: characters, cursor: cursor))
        (characters, cursor, isTyping) = (next.characters, next.cursor, false)
        return true
    }

    var wordStart: Int {
        var place = cursor
        while place > 0 && !EditBuffer.isWord(characters[place - 1]) { place -= 1 }
        while place > 0 && EditBuffer.isWord(characters[place - 1]) { place -= 1 }
        return place
    }

    var wordEnd: Int {
        var place = cursor
        while place < characters.count && !EditBuffer.isWord(characters[place]) { place += 1 }
        while place < characters.count && EditBuffer.isWord(characters[place]) { place += 1 }
        return place
    }

    var lineStart: Int {
        (characters[..<cursor].lastIndex(of: "\n") ?? -1) + 1
    }

    var lineEnd: Int {
        characters[cursor...].firstIndex(of: "\n") ?? characters.count
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    /// The keys that a one-line field and the editor share.
    mutating func handle(_ key: Key) -> EditOutcome {
        switch key {
        case .character(let character):
            insert([character], typing: true)
            return .changed
        case .left, .control("b"):
            _ = move(to: cursor - 1)
            return .moved
        case .right, .control("f"):
            _ = move(to: cursor + 1)
            return .moved
        case .wordLeft:
            _ = move(to: wordStart)
            return .moved
        case .wordRight:
            _ = move(to: wordEnd)
            return .moved
        case .home, .control("a"):
            _ = move(to: lineStart)
            return .moved
        case .end, .control("e"):
            _ = move(to: lineEnd)
            return .moved
        case .backspace: return remove((cursor - 1)..<cursor) ? .changed : .moved
        case .delete, .control("d"): return remove(cursor..<(cursor + 1)) ? .changed : .moved
        case .control("w"): return remove(wordStart..<cursor) ? .changed : .moved
        case .control("u"): return remove(lineStart..<cursor) ? .changed : .moved
        case .control("k"): return remove(cursor..<lineEnd) ? .changed : .moved
        case .control("_"): return undo() ? .changed : .moved
        case .control("y"): return redo() ? .changed : .moved
        default: return .ignored
        }
    }
}

/// One line of text being typed. A value in the screen's state; drawing only reads it.
///
/// Keys: characters, paste, arrows, `^Left ^Right` by word, Home/`^A`, End/`^E`, Backspace, Del, `^W` word, `^U` to the
/// start, `^K` to the end, `^_` undo, `^Y` redo.
public struct TextField: Sendable, Equatable {
    private var buffer: EditBuffer

    /// The cursor starts at the end.
    public init(_ text: String = "") {
        buffer = EditBuffer(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    public var text: String {
        get { buffer.text }
        set { buffer = EditBuffer(newValue) }
    }

    /// Characters before the cursor.
    public var cursor: Int { buffer.cursor }
    public var isEmpty: Bool { buffer.characters.isEmpty }

    public mutating func handle(_ key: Key) -> EditOutcome {
        if case .paste(let text) = key {
            let line = EditBuffer.normalized(text).split(separator: "\n").joined(separator: " ")
            buffer.insert(Array(line), typing: false)
            return line.isEmpty ? .moved : .changed
        }
        return buffer.handle(key)
    }

    /// Draws the text so that the cursor is visible.
    ///
    /// - Returns: where the terminal's cursor belongs, when focused.
    @discardableResult
    public func draw(
        in area: Rect, of grid: inout CellGrid, isFocused: Bool = true, placeholder: String = "", style: Style = .text
    ) -> CellPosition? {
        let line = area.row(0)
        guard !line.isEmpty else { return nil }
        grid.fill(line, style: style)
        if isEmpty { grid.put(placeholder, x: line.x, y: line.y, style: .dim, in: line) }
        let before = TextWidth.of(String(buffer.characters[..<buffer.cursor]))
        let hidden = max(0, before - line.width + 1)
        grid.put(buffer.text, x: line.x - hidden, y: line.y, style: style, in: line)
        return isFocused ? CellPosition(x: line.x + before - hidden, y: line.y) : nil
    }
}

/// Text of many lines being edited, wrapped to the width of its area.
///
/// Keys: those of `TextField`, and Enter, Up, Down, pages.
public struct TextEditor: Sendable, Equatable {
    private var buffer: EditBuffer
    /// The column that Up and Down try to keep.
    private var wantedColumn: Int?

    public init(_ text: String = "", cursorAtEnd: Bool = false) {
        buffer = EditBuffer(text, cursor: cursorAtEnd ? nil : 0)
    }

    public var text: String { buffer.text }
    public var cursor: Int { buffer.cursor }

    /// - Parameters:
    ///   - key: what was pressed.
    ///   - width: cells of a line as drawn, which Up and Down go by.
    ///   - height: rows as drawn, for pages.
    /// - Returns: what the key did.
    public mutating func handle(_ key: Key, width: Int, height: Int = 10) -> EditOutcome {
        switch key {
        case .up, .down, .pageUp, .pageDown:
            let page = max(1, height - 1)
            let rows = key == .up ? -1 : key == .down ? 1 : key == .pageUp ? -page : page
            moveLines(by: rows, width: width)
            return .moved
        case .enter:
            wantedColumn = nil
            buffer.insert(["\n"], typing: false)
            return .changed
        case .tab:
            wantedColumn = nil
            buffer.insert(["\t"], typing: false)
            return .changed
        case .paste(let text):
            wantedColumn = nil
            buffer.insert(Array(EditBuffer.normalized(text)), typing: false)
            return text.isEmpty ? .moved : .changed
        default:
            let outcome = buffer.handle(key)
            if outcome != .ignored { wantedColumn = nil }
            return outcome
        }
    }

    private func layout(width: Int) -> TextLayout {
        // One cell stays free for the cursor behind the last character.
        TextLayout(StyledText(buffer.text), width: max(1, width - 1))
    }

    private func place(in layout: TextLayout) -> (line: Int, column: Int) {
        let before = String(buffer.characters[..<buffer.cursor])
        let offset = before.utf8.count
        let line = layout.lineIndex(ofOffset: offset)
        let start = layout.byteRange(ofLine: line).lowerBound
        let head = String(decoding: Array(before.utf8.dropFirst(start)), as: UTF8.self)
        return (line, TextLayout(StyledText(head), width: Int.max / 4, wraps: false).widest)
    }

    private mutating func moveLines(by rows: Int, width: Int) {
        let layout = layout(width: width)
        let here = place(in: layout)
        let column = wantedColumn ?? here.column
        let target = here.line + rows
        if target < 0 {
            _ = buffer.move(to: 0)
        } else if target >= layout.lineCount {
            _ = buffer.move(to: buffer.characters.count)
        } else {
            let range = layout.byteRange(ofLine: target)
            let bytes = Array(buffer.text.utf8)
            let line = String(decoding: bytes[range], as: UTF8.self)
            let end = TextWidth.head(of: line, cells: column).end
            let before = String(decoding: bytes[..<range.lowerBound], as: UTF8.self).count
            _ = buffer.move(to: before + line[..<end].count)
        }
        wantedColumn = column
    }

    /// Draws the lines around the cursor.
    ///
    /// - Returns: where the terminal's cursor belongs, when focused.
    @discardableResult
    public func draw(
        in area: Rect, of grid: inout CellGrid, isFocused: Bool = true, style: Style = .text
    ) -> CellPosition? {
        let area = area.intersection(grid.bounds)
        guard !area.isEmpty else { return nil }
        grid.fill(area, style: style)
        let layout = layout(width: area.width)
        let here = place(in: layout)
        let first = max(0, min(here.line - area.height / 2, layout.lineCount - area.height))
        for row in 0..<min(area.height, layout.lineCount - first) {
            let line = layout[first + row]
            for span in line.spans { grid.put(span.text, x: area.x, y: area.y + row, style: style, in: area) }
        }
        guard isFocused else { return nil }
        return CellPosition(
            x: min(area.maxX - 1, area.x + here.column), y: min(area.maxY - 1, area.y + here.line - first))
    }
}

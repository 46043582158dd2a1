/// Text broken into lines of cells: the index of where each line starts, made in one pass over the bytes, from which
/// any line can be taken without touching the others.
///
/// Lines break at spaces and beside wide characters; a word longer than a line is broken where the line ends. A wide
/// character is never divided, and marks stay with their base. Spaces at the break hang over the edge, undrawn.
public struct TextLayout: Sendable {
    public let width: Int
    public let tabWidth: Int
    /// False when `lineLimit` stopped the work before the end of the text.
    public private(set) var isComplete = true
    /// Cells of the longest line.
    public private(set) var widest = 0
    private var bytes: [UInt8] = []
    private var spanEnds: [Int] = []
    private var styles: [Style] = []
    private var starts: [Int] = []
    private var ends: [Int] = []

    /// - Parameters:
    ///   - text: the text; `\n` (and `\r\n`) end a line.
    ///   - width: cells of a line, at least 1.
    ///   - wraps: false keeps each line of the text whole.
    ///   - tabWidth: cells between tab stops.
    ///   - lineLimit: stop after this many lines, for a reader that shows only the first.
    public init(_ text: StyledText, width: Int, wraps: Bool = true, tabWidth: Int = 4, lineLimit: Int? = nil) {
        self.width = max(1, width)
        self.tabWidth = max(1, tabWidth)
        for span in text.spans {
            bytes.append(contentsOf: span.text.utf8)
            spanEnds.append(bytes.count)
            styles.append(span.style)
        }
        index(wraps: wraps, limit: lineLimit ?? Int.max)
    }

    public var lineCount: Int { starts.count }

    /// The text of line `line`, tabs as spaces; empty outside the text.
    public subscript(line: Int) -> StyledText {
        guard line >= 0 && line < starts.count else { return .empty }
        var spans: [TextSpan] = []
        var position = starts[line]
        let end = ends[line]
        var span = spanIndex(at: position)
        var column = 0
        while position < end && span < spanEnds.count {
            let stop = min(end, spanEnds[span])
            if stop > position {
                let piece = shown(position..<stop, column: &column)
                spans.append(TextSpan(piece, styles[span]))
            }
            position = stop
            span += 1
        }
        return StyledText(spans)
    }

    /// The line that holds the byte at `offset` of the text's UTF-8.
    public func lineIndex(ofOffset offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// Where line `line` lies in the text's UTF-8, without the line break.
    public func byteRange(ofLine line: Int) -> Range<Int> {
        guard line >= 0 && line < starts.count else { return 0..<0 }
        return starts[line]..<ends[line]
    }

    private func spanIndex(at offset: Int) -> Int {
        var low = 0
        var high = spanEnds.count
        while low < high {
            let middle = (low + high) / 2
            if spanEnds[middle] <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func shown(_ range: Range<Int>, column: inout Int) -> String {
        guard bytes[range].contains(9) else {
            let text = String(decoding: bytes[range], as: UTF8.self)
            column += TextWidth.of(text)
            return text
        }
        var text = ""
        for part in bytes[range].split(separator: 9, omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 {
                let gap = tabWidth - column % tabWidth
                text += String(repeating: " ", count: gap)
                column += gap
            }
            let piece = String(decoding: part.element, as: UTF8.self)
            column += TextWidth.of(piece)
            text += piece
        }
        return text
    }

    private mutating func endLine(_ start: Int, _ end: Int, cells: Int) {
        starts.append(start)
        ends.append(end)
        widest = max(widest, min(cells, Int(Int32.max)))
    }

    private mutating func index(wraps: Bool, limit: Int) {
        let count = bytes.count
        var lineStart = 0
        var position = 0
        var column = 0
        var previous: UInt32 = 0
        // Where the line may be broken, and the cells before it without its hanging spaces.
        var breakAt = -1
        var breakEnd = 0
        var breakCells = 0
        // End of the last character that is not a space, so that hanging spaces are left out.
        var inkEnd = 0
        var inkCells = 0
        while position < count {
            if starts.count >= limit {
                isComplete = false
                return
            }
            let first = bytes[position]
            if first == 10 {
                let end = position > lineStart && bytes[position - 1] == 13 ? position - 1 : position
                // Spaces beyond the edge hang, as they do at any break.
                let hangs = wraps && column > width
                endLine(lineStart, hangs ? max(lineStart, inkEnd) : end, cells: hangs ? inkCells : column)
                position += 1
                lineStart = position
                (column, previous, breakAt, inkEnd, inkCells) = (0, 0, -1, position, 0)
                continue
            }
            var length = 1
            var cells = 1
            var isSpace = false
            if first == 32 {
                isSpace = true
                previous = 32
            } else if first > 32 && first < 127 {
                previous = UInt32(first)
            } else if first == 9 {
                cells = tabWidth - column % tabWidth
                isSpace = true
                previous = 9
            } else if first == 13 && position + 1 < count && bytes[position + 1] == 10 {
                cells = 0
            } else {
                let value = decode(at: position, length: &length)
                var form = DisplayForm.of(value, after: previous)
                if form.width == 0 && column == 0 { form.width = 1 }
                cells = max(0, form.width)
                previous = value
                if form.width == 2 && column > 0 && position > lineStart && wraps {
                    (breakAt, breakEnd, breakCells) = (position, inkEnd, inkCells)
                }
            }
            // What has no width of its own overflows too when it follows spaces that hang over the edge.
            if wraps && !isSpace && column + cells > width && position > lineStart {
                if breakAt > lineStart {
                    endLine(lineStart, max(lineStart, breakEnd), cells: breakCells)
                    position = breakAt
                } else {
                    endLine(lineStart, position, cells: column)
                }
                lineStart = position
                (column, previous, breakAt, inkEnd, inkCells) = (0, 0, -1, position, 0)
                continue
            }
            position += length
            column += cells
            if isSpace {
                (breakAt, breakEnd, breakCells) = (position, inkEnd, inkCells)
            } else {
                (inkEnd, inkCells) = (position, column)
                if cells == 2 { (breakAt, breakEnd, breakCells) = (position, position, column) }
            }
        }
        if wraps && column > width {
            endLine(lineStart, max(lineStart, inkEnd), cells: inkCells)
        } else {
            endLine(lineStart, count, cells: column)
        }
    }

    /// Decodes the scalar at `position`; `bytes` come from a String, so they are valid UTF-8.
    private func decode(at position: Int, length: inout Int) -> UInt32 {
        let first = UInt32(bytes[position])
        func next(_ offset: Int) -> UInt32 {
            position + offset < bytes.count ? UInt32(bytes[position + offset]) & 0x3F : 0
        }
        if first < 0x80 { return first }
        if first < 0xE0 {
            length = 2
            return (first & 0x1F) << 6 | next(1)
        }
        if first < 0xF0 {
            length = 3
            return (first & 0x0F) << 12 | next(1) << 6 | next(2)
        }
        length = 4
        return (first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3)
    }
}

/// What a view draws into: a rectangle of cells. Writing outside it does nothing, so no view has to guard its edges.
///
/// The grid knows which glyphs its terminal can show; widgets choose their lines and charts by it, and in an ASCII grid
/// text is transliterated as it is put.
public struct CellGrid: Sendable, Equatable {
    public let width: Int
    public let height: Int
    public let glyphs: GlyphSet
    private(set) var cells: [Cell]

    public init(width: Int, height: Int, glyphs: GlyphSet = .braille) {
        self.width = max(0, width)
        self.height = max(0, height)
        self.glyphs = glyphs
        cells = Array(repeating: .blank, count: self.width * self.height)
    }

    public var bounds: Rect { Rect(x: 0, y: 0, width: width, height: height) }

    /// The cell at column `x` and row `y`; blank outside the grid, where writing is ignored. A write over one half of a
    /// wide character blanks its other half.
    public subscript(x: Int, y: Int) -> Cell {
        get {
            guard x >= 0 && y >= 0 && x < width && y < height else { return .blank }
            return cells[y * width + x]
        }
        set {
            guard x >= 0 && y >= 0 && x < width && y < height else { return }
            place(newValue, x: x, row: y * width)
        }
    }

    private mutating func place(_ cell: Cell, x: Int, row: Int) {
        let index = row + x
        let old = cells[index].width
        if old != 1 { separate(x: x, row: row, oldWidth: old) }
        if cell.width != 2 {
            cells[index] = cell
            return
        }
        guard x + 1 < width else {
            cells[index] = Cell(" ", cell.style)
            return
        }
        let next = cells[index + 1].width
        if next == 2 { separate(x: x + 1, row: row, oldWidth: next) }
        cells[index] = cell
        cells[index + 1] = .continuation(cell.style)
    }

    /// Blanks the half of a wide character that a write is about to orphan.
    private mutating func separate(x: Int, row: Int, oldWidth: UInt8) {
        if oldWidth == 2 && x + 1 < width {
            cells[row + x + 1] = Cell(" ", cells[row + x + 1].style)
        } else if oldWidth == 0 && x > 0 {
            cells[row + x - 1] = Cell(" ", cells[row + x - 1].style)
        }
    }

    /// Fills a rectangle with one character of width 1, spaces unless told.
    public mutating func fill(_ rect: Rect, style: Style = .text, scalar: Unicode.Scalar = " ") {
        let area = rect.intersection(bounds)
        guard !area.isEmpty else { return }
        let cell = glyphs == .ascii ? Cell(GlyphSet.asciiTwin(of: scalar), style) : Cell(scalar, style)
        guard cell.width == 1 else { return }
        for y in area.y..<area.maxY {
            let row = y * width
            if cells[row + area.x].width == 0 { separate(x: area.x, row: row, oldWidth: 0) }
            let last = cells[row + area.maxX - 1].width
            if last == 2 { separate(x: area.maxX - 1, row: row, oldWidth: last) }
            for x in area.x..<area.maxX { cells[row + x] = cell }
        }
    }

    /// Changes the look of what is already drawn: puts it on the background of `ground` and adds attributes.
    public mutating func restyle(_ rect: Rect, ground: Role? = nil, adding attributes: Attributes = []) {
        let area = rect.intersection(bounds)
        guard !area.isEmpty else { return }
        for y in area.y..<area.maxY {
            for x in area.x..<area.maxX {
                let index = y * width + x
                if let ground { cells[index].style.ground = ground }
                cells[index].style.attributes.formUnion(attributes)
            }
        }
    }

    /// Draws one line of text from column `x` on row `y`.
    ///
    /// - Parameters:
    ///   - text: any text; controls and invisible characters are drawn as symbols, line breaks too.
    ///   - x: column of the first cell; may lie left of the clip.
    ///   - y: row.
    ///   - style: of every cell.
    ///   - clip: nothing is drawn outside it; the whole grid when nil.
    /// - Returns: how many cells the drawing advanced, up to the right edge of the clip.
    @discardableResult
    public mutating func put(_ text: String, x: Int, y: Int, style: Style = .text, in clip: Rect? = nil) -> Int {
        let area = clip.map { $0.intersection(bounds) } ?? bounds
        guard y >= area.y && y < area.maxY && x < area.maxX else { return 0 }
        let row = y * width
        var column = x
        var previous: UInt32 = 0
        var last = -1
        for scalar in text.unicodeScalars {
            var form = DisplayForm.of(scalar.value, after: previous)
            previous = scalar.value
            if form.width < 0 { continue }
            if form.width == 0 {
                if last >= 0 {
                    if glyphs != .ascii { cells[row + last].add(mark: form.scalar) }
                    continue
                }
                if column != x { continue }
                form = DisplayForm(scalar: 0x25CC, width: 1)
            }
            if column + form.width > area.maxX {
                // Half of a wide character is never drawn.
                if column < area.maxX && column >= area.x { place(Cell(" ", style), x: column, row: row) }
                return area.maxX - x
            }
            if column >= area.x {
                if glyphs == .ascii && form.scalar >= 0x80 {
                    let twin = Cell(GlyphSet.asciiTwin(of: Unicode.Scalar(form.scalar) ?? "?"), style)
                    for offset in 0..<form.width { place(twin, x: column + offset, row: row) }
                } else {
                    place(Cell(form: form, style: style), x: column, row: row)
                }
                last = column
            } else if column + form.width > area.x {
                place(Cell(" ", style), x: area.x, row: row)
            }
            column += form.width
        }
        return column - x
    }

    /// Calls `body` for each cell that must be written to turn `old` on a screen into this grid, row by row from the
    /// left. Of a wide character only its first cell is given. Everything counts as different when `old` is nil or has
    /// another size.
    public func forEachDifference(from old: CellGrid?, _ body: (_ x: Int, _ y: Int, _ cell: Cell) -> Void) {
        let known = old.flatMap { $0.width == width && $0.height == height ? $0 : nil }
        for y in 0..<height {
            let row = y * width
            if let known, known.cells[row..<row + width] == cells[row..<row + width] { continue }
            var lastLead = -1
            for x in 0..<width {
                if let known, known.cells[row + x] == cells[row + x] { continue }
                let lead = cells[row + x].width == 0 && x > 0 ? x - 1 : x
                if lead == lastLead { continue }
                lastLead = lead
                body(lead, y, cells[row + lead])
            }
        }
    }

    /// The text of row `y`, without styles.
    public func line(_ y: Int) -> String {
        guard y >= 0 && y < height else { return "" }
        var text = String.UnicodeScalarView()
        for cell in cells[(y * width)..<((y + 1) * width)] where cell.width > 0 {
            text.append(cell.scalar)
            if let mark = Unicode.Scalar(cell.firstMark), cell.firstMark != 0 { text.append(mark) }
            if let mark = Unicode.Scalar(cell.secondMark), cell.secondMark != 0 { text.append(mark) }
        }
        return String(text)
    }

    /// All rows, joined by line breaks, trailing spaces kept.
    public func text() -> String {
        (0..<height).map(line).joined(separator: "\n")
    }

    /// All rows without the spaces at their ends: what golden tests compare.
    public func trimmedText() -> String {
        (0..<height).map { y in
            let text = line(y).unicodeScalars
            let end = text.lastIndex { $0 != " " }.map(text.index(after:)) ?? text.startIndex
            return String(text[..<end])
        }.joined(separator: "\n")
    }

    /// The role of each cell as one letter per cell, with a legend: the second half of a golden test.
    public func roleMap() -> (rows: [String], legend: [Character: Role]) {
        let letters = Array(".dtfFThsmowea+-!~_ARxcb12345678")
        var legend: [Character: Role] = [:]
        let names = Dictionary(uniqueKeysWithValues: zip(Role.allCases, letters))
        let rows = (0..<height).map { y in
            String(
                (0..<width).map { x -> Character in
                    let role = cells[y * width + x].style.role
                    let letter = names[role] ?? "?"
                    legend[letter] = role
                    return letter
                })
        }
        return (rows, legend)
    }
}

/// A column and a row.
public struct CellPosition: Sendable, Hashable {
    public var x: Int
    public var y: Int

    public init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }
}

/// What a whole view returns: the grid, where the text cursor stands if it is shown, and the title of the window.
public struct ScreenImage: Sendable, Equatable {
    public var grid: CellGrid
    public var cursor: CellPosition?
    public var title: String

    public init(grid: CellGrid, cursor: CellPosition? = nil, title: String = "ftbench") {
        self.grid = grid
        self.cursor = cursor
        self.title = title
    }
}

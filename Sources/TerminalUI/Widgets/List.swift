/// A column of lines of which one is selected. Rows are asked for one by one and only when visible, so a list may stand
/// for any number of records.
public struct List: Sendable {
    public var cursor: ListCursor
    public var isFocused: Bool
    /// Drawn in the middle of a list without rows.
    public var emptyText: StyledText

    public init(cursor: ListCursor, isFocused: Bool = true, emptyText: StyledText = .empty) {
        self.cursor = cursor
        self.isFocused = isFocused
        self.emptyText = emptyText
    }

    /// Draws the rows that fit.
    ///
    /// - Parameters:
    ///   - area: two cells at its left hold the cursor sign.
    ///   - grid: drawn into.
    ///   - row: makes the row at an index.
    /// - Returns: the rows drawn.
    @discardableResult
    public func draw(in area: Rect, of grid: inout CellGrid, row: (Int) -> ListRow) -> Range<Int> {
        let area = area.intersection(grid.bounds)
        guard !area.isEmpty else { return 0..<0 }
        guard cursor.count > 0 else {
            EmptyState(lines: [emptyText]).draw(in: area, of: &grid)
            return 0..<0
        }
        let first = cursor.firstRow(height: area.height)
        let rows = first..<min(cursor.count, first + area.height)
        for index in rows {
            let line = area.row(index - first)
            let isSelected = index == cursor.selected
            let content = row(index)
            RowSigns(isSelected: isSelected, isMarked: content.isMarked, isFocused: isFocused).draw(in: line, of: &grid)
            grid.putFitting(content.text, x: line.x + 2, y: line.y, width: line.width - 2)
            if let right = content.right {
                let start = line.maxX - right.width
                if start > line.x + 2 + content.text.width { grid.put(right, x: start, y: line.y, in: line) }
            }
            if isSelected && isFocused { grid.restyle(line, ground: .select) }
        }
        return rows
    }
}

/// One row of a `List`.
public struct ListRow: Sendable {
    public var text: StyledText
    /// Set against the right edge when there is room.
    public var right: StyledText?
    public var isMarked: Bool

    public init(_ text: StyledText, right: StyledText? = nil, isMarked: Bool = false) {
        self.text = text
        self.right = right
        self.isMarked = isMarked
    }
}

/// The two cells before a row: `>` at the cursor, `*` where marked.
struct RowSigns {
    var isSelected: Bool
    var isMarked: Bool
    var isFocused: Bool

    func draw(in line: Rect, of grid: inout CellGrid) {
        if isSelected {
            grid.put(String(grid.glyphs.cursor), x: line.x, y: line.y, style: isFocused ? .accent : .dim, in: line)
        }
        if isMarked { grid.put(String(grid.glyphs.marked), x: line.x + 1, y: line.y, style: .mark, in: line) }
    }
}

/// Lines in the middle of a pane that has nothing else to show: what is missing, and what to press.
public struct EmptyState: Sendable {
    public var lines: [StyledText]

    public init(lines: [StyledText]) {
        self.lines = lines
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        guard !area.isEmpty && !lines.allSatisfy(\.isEmpty) else { return }
        let shown = lines.prefix(area.height)
        let top = area.y + (area.height - shown.count) / 2
        // A block is easier to read with one left edge than with every line centred by itself.
        let widest = min(area.width, shown.map(\.width).max() ?? 0)
        for (offset, line) in shown.enumerated() {
            grid.putFitting(line, x: area.x + (area.width - widest) / 2, y: top + offset, width: widest)
        }
    }
}

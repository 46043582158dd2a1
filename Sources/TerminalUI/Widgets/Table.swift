/// A column of a `Table`.
public struct TableColumn: Sendable {
    public var title: StyledText
    public var width: Extent
    public var alignment: Alignment

    public init(_ title: StyledText, width: Extent = .rest, alignment: Alignment = .left) {
        self.title = title
        self.width = width
        self.alignment = alignment
    }
}

/// One row of a `Table`: as many cells as there are columns.
public struct TableRow: Sendable {
    public var cells: [StyledText]
    public var isMarked: Bool

    public init(_ cells: [StyledText], isMarked: Bool = false) {
        self.cells = cells
        self.isMarked = isMarked
    }
}

/// Rows in columns, of which one is selected. As in `List`, only visible rows are asked for.
public struct Table: Sendable {
    public var columns: [TableColumn]
    public var cursor: ListCursor
    public var isFocused: Bool
    public var showsHeader: Bool
    public var emptyText: StyledText
    /// Cells between columns.
    public var gap: Int

    public init(
        columns: [TableColumn], cursor: ListCursor, isFocused: Bool = true, showsHeader: Bool = true,
        emptyText: StyledText = .empty, gap: Int = 2
    ) {
        self.columns = columns
        self.cursor = cursor
        self.isFocused = isFocused
        self.showsHeader = showsHeader
        self.emptyText = emptyText
        self.gap = gap
    }

    /// Rows of `area` left for records once the header is drawn.
    public func visibleRows(in area: Rect) -> Int { max(0, area.height - (showsHeader ? 1 : 0)) }

    /// Draws the header and the rows that fit.
    ///
    /// - Parameters:
    ///   - area: two cells at its left hold the signs of cursor and mark.
    ///   - grid: drawn into.
    ///   - row: makes the row at an index.
    /// - Returns: the rows drawn.
    @discardableResult
    public func draw(in area: Rect, of grid: inout CellGrid, row: (Int) -> TableRow) -> Range<Int> {
        let area = area.intersection(grid.bounds)
        guard !area.isEmpty else { return 0..<0 }
        let places = area.removing(left: 3).columns(columns.map(\.width), gap: gap)
        if showsHeader {
            for (column, place) in zip(columns, places) {
                grid.putFitting(
                    titled(column.title), x: place.x, y: area.y, width: place.width, alignment: column.alignment)
            }
        }
        let body = area.removing(top: showsHeader ? 1 : 0)
        guard !body.isEmpty else { return 0..<0 }
        guard cursor.count > 0 else {
            EmptyState(lines: [emptyText]).draw(in: body, of: &grid)
            return 0..<0
        }
        let first = cursor.firstRow(height: body.height)
        let rows = first..<min(cursor.count, first + body.height)
        for index in rows {
            let line = body.row(index - first)
            let content = row(index)
            let isSelected = index == cursor.selected
            RowSigns(isSelected: isSelected, isMarked: content.isMarked, isFocused: isFocused)
                .draw(in: line.removing(left: 1), of: &grid)
            for (place, item) in zip(zip(places, columns), content.cells) {
                grid.putFitting(
                    item, x: place.0.x, y: line.y, width: place.0.width, alignment: place.1.alignment)
            }
            if isSelected && isFocused { grid.restyle(line, ground: .select) }
        }
        return rows
    }

    private func titled(_ text: StyledText) -> StyledText {
        StyledText(
            text.spans.map { TextSpan($0.text, $0.style.role == .text ? Style(.dim, $0.style.attributes) : $0.style) })
    }
}

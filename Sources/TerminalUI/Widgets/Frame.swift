/// A border with titles. The focused one is drawn heavier, so that focus shows without colour.
public struct Frame: Sendable {
    public var title: StyledText
    /// Set at the right end of the top edge.
    public var right: StyledText
    /// Set at the right end of the bottom edge: counters such as `12/80`.
    public var footer: StyledText
    public var isFocused: Bool

    public init(
        title: StyledText = .empty, right: StyledText = .empty, footer: StyledText = .empty, isFocused: Bool = false
    ) {
        self.title = title
        self.right = right
        self.footer = footer
        self.isFocused = isFocused
    }

    /// Draws the border and blanks what it encloses.
    ///
    /// - Returns: the rectangle inside; empty when the area is smaller than a border.
    @discardableResult
    public func draw(in area: Rect, of grid: inout CellGrid) -> Rect {
        grid.fill(area)
        guard area.width >= 2 && area.height >= 2 else { return Rect(x: area.x, y: area.y, width: 0, height: 0) }
        let style = isFocused ? Style.frameFocus : Style.frame
        let lines = grid.glyphs.frameLines(heavy: isFocused)
        for y in [area.y, area.maxY - 1] {
            grid.fill(
                Rect(x: area.x + 1, y: y, width: area.width - 2, height: 1), style: style, scalar: lines.horizontal)
        }
        for x in [area.x, area.maxX - 1] {
            grid.fill(Rect(x: x, y: area.y, width: 1, height: area.height), style: style, scalar: lines.vertical)
        }
        grid[area.x, area.y] = Cell(lines.corners.0, style)
        grid[area.maxX - 1, area.y] = Cell(lines.corners.1, style)
        grid[area.maxX - 1, area.maxY - 1] = Cell(lines.corners.2, style)
        grid[area.x, area.maxY - 1] = Cell(lines.corners.3, style)
        drawTitles(in: area, of: &grid)
        return area.inset(by: 1)
    }

    private func drawTitles(in area: Rect, of grid: inout CellGrid) {
        // Titles keep a corner and one line of the edge on each side: `┌─ title ─── right ─┐`.
        let room = area.width - 4
        guard room >= 3 else { return }
        let emphasis: Attributes = isFocused ? .bold : []
        let leftWidth = min(title.width, room - 2)
        if leftWidth > 0 {
            let used = grid.putFitting(
                titled(title, emphasis), x: area.x + 3, y: area.y, width: leftWidth)
            grid.put(" ", x: area.x + 2, y: area.y)
            grid.put(" ", x: area.x + 3 + used, y: area.y)
        }
        drawRight(right, y: area.y, room: room - (leftWidth > 0 ? leftWidth + 3 : 0), in: area, of: &grid)
        drawRight(footer, y: area.maxY - 1, room: room, in: area, of: &grid)
    }

    private func titled(_ text: StyledText, _ emphasis: Attributes) -> StyledText {
        StyledText(
            text.spans.map { span in
                span.style.role == .text
                    ? TextSpan(span.text, Style(.title, span.style.attributes.union(emphasis))) : span
            })
    }

    private func drawRight(_ text: StyledText, y: Int, room: Int, in area: Rect, of grid: inout CellGrid) {
        let width = text.width
        guard width > 0 && room >= width + 2 else { return }
        let start = area.maxX - 3 - width
        grid.put(" ", x: start - 1, y: y)
        grid.put(text, x: start, y: y)
        grid.put(" ", x: start + width, y: y)
    }
}

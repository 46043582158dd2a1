/// Labelled bars, one to a line, with their counts: distributions and facets.
public struct BarHistogram: Sendable {
    public struct Bar: Sendable {
        public var label: StyledText
        public var value: Double
        /// What is written after the bar; the value when nil.
        public var note: StyledText?
        public var style: Style
        public var isSelected: Bool

        public init(
            _ label: StyledText, value: Double, note: StyledText? = nil, style: Style = .accent,
            isSelected: Bool = false
        ) {
            self.label = label
            self.value = value
            self.note = note
            self.style = style
            self.isSelected = isSelected
        }
    }

    public var bars: [Bar]
    /// Bars show the square root of values, so that small counts beside large ones can still be seen.
    public var usesSquareRoot: Bool

    public init(bars: [Bar], usesSquareRoot: Bool = false) {
        self.bars = bars
        self.usesSquareRoot = usesSquareRoot
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        let area = area.intersection(grid.bounds)
        guard !area.isEmpty else { return }
        let shown = bars.prefix(area.height)
        let notes = shown.map { $0.note ?? StyledText(NumberText.compact($0.value), .dim) }
        let labelWidth = min(shown.map(\.label.width).max() ?? 0, area.width / 2)
        let noteWidth = min(notes.map(\.width).max() ?? 0, area.width / 3)
        let barWidth = area.width - labelWidth - noteWidth - 2
        func size(_ value: Double) -> Double {
            guard value.isFinite && value > 0 else { return 0 }
            return usesSquareRoot ? value.squareRoot() : value
        }
        let largest = shown.map { size($0.value) }.max() ?? 0
        let eighths = grid.glyphs.horizontalEighths
        for (row, (bar, note)) in zip(shown, notes).enumerated() {
            let y = area.y + row
            grid.putFitting(bar.label, x: area.x, y: y, width: labelWidth)
            if barWidth > 0 && largest > 0 {
                var filled = Int((size(bar.value) / largest * Double(barWidth * 8)).rounded())
                // Something is never drawn as nothing.
                if filled < 3 && size(bar.value) > 0 { filled = 3 }
                for x in 0..<barWidth where filled > x * 8 {
                    grid[area.x + labelWidth + 1 + x, y] = Cell(eighths[min(8, filled - x * 8)], bar.style)
                }
            }
            grid.putFitting(
                note, x: area.maxX - noteWidth, y: y, width: noteWidth, alignment: .right)
            if bar.isSelected { grid.restyle(area.row(row), ground: .select) }
        }
    }
}

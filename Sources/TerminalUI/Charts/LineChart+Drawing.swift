#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension LineChart {
    /// Draws the chart and reports what it shows.
    @discardableResult
    public func draw(in area: Rect, of grid: inout CellGrid) -> ChartSummary {
        let area = area.intersection(grid.bounds)
        guard !area.isEmpty else { return ChartSummary() }
        guard let shown = shownRange() else {
            EmptyState(lines: [emptyText]).draw(in: area, of: &grid)
            return ChartSummary(plot: area)
        }
        let hasAxes = showsAxes && area.width >= 16 && area.height >= 5
        // Labels need the range of y, the range needs a scan of the points, and the scan the width that the labels leave.
        // A few of the points tell how wide the labels will be; the whole is scanned again only if that was wrong.
        func layout(_ labelWidth: Int, isRough: Bool) -> Layout {
            self.layout(
                area: area, labelWidth: labelWidth, hasAxes: hasAxes, shown: shown, glyphs: grid.glyphs,
                isRough: isRough)
        }
        func labelWidth(of layout: Layout) -> Int {
            min(layout.labels.map(\.text.utf8.count).max() ?? 0, area.width / 3)
        }
        var width = hasAxes ? labelWidth(of: layout(5, isRough: true)) : 0
        var layout = layout(width, isRough: false)
        if hasAxes {
            if labelWidth(of: layout) != width {
                width = labelWidth(of: layout)
                layout = self.layout(
                    area: area, labelWidth: width, hasAxes: hasAxes, shown: shown, glyphs: grid.glyphs, isRough: false)
            }
            drawAxes(layout, labelWidth: width, in: area, of: &grid)
        }
        drawLines(layout, of: &grid)
        drawMarks(layout, in: area, hasAxes: hasAxes, of: &grid)
        return layout.summary
    }

    /// What `draw` would report for an area of this size, without drawing: titles are drawn before charts.
    public func summary(in area: Rect, glyphs: GlyphSet) -> ChartSummary {
        var grid = CellGrid(width: area.maxX, height: area.maxY, glyphs: glyphs)
        return draw(in: area, of: &grid)
    }

    private struct Layout {
        var plot: Rect
        var axis: ChartAxis
        var scans: [ChartScan]
        var low: Double
        var high: Double
        var ticks: AxisTicks
        var labels: [(row: Int, text: String)]
        var summary: ChartSummary
    }

    /// The window, or the whole range; on a logarithmic axis only the part above 0.
    private func shownRange() -> ClosedRange<Double>? {
        guard var range = window ?? fullRange() else { return nil }
        if series.allSatisfy(\.data.isEmpty) { return nil }
        guard logX && range.lowerBound <= 0 else { return range }
        var smallest = Double.infinity
        for line in series {
            for x in line.data.xs where x > 0 && x < smallest { smallest = x }
        }
        guard smallest.isFinite else { return nil }
        range = min(smallest, range.upperBound)...max(smallest, range.upperBound)
        return range
    }

    private func layout(
        area: Rect, labelWidth: Int, hasAxes: Bool, shown: ClosedRange<Double>, glyphs: GlyphSet,
        isRough: Bool
    ) -> Layout {
        let plot = hasAxes ? area.removing(bottom: 2, left: labelWidth + 1) : area
        let columns = plot.width * DotCanvas.dotsAcross(glyphs)
        let axis = ChartAxis(over: shown, columns: columns, isLog: logX)
        let scans = series.map { line in
            ChartScan(
                line.data, axis: axis, weight: Smoothing.clamped(line.smoothing ?? smoothing), logY: logY, clips: clips,
                stride: isRough ? line.data.count / 10_000 : 1)
        }
        var summary = ChartSummary(xRange: shown, plot: plot)
        var low = Double.infinity
        var high = -Double.infinity
        for scan in scans {
            low = min(low, scan.low)
            high = max(high, scan.high)
            summary.clippedAbove += scan.clippedAbove
            summary.clippedBelow += scan.clippedBelow
            summary.nonFinite += scan.nonFinite
        }
        if low > high { (low, high) = (0, 1) }
        let span = high - low
        let margin = span > 0 && span.isFinite ? span * 0.05 : max(high.magnitude * 0.05, 1e-9)
        (low, high) = (max(low - margin, -1e300), min(high + margin, 1e300))
        if low >= high { high = low + 1 }
        summary.yRange = logY ? pow(10, low)...pow(10, high) : low...high
        let wanted = max(2, (plot.height * 2 + 2) / 5)
        let ticks =
            logY
            ? AxisTicks.logarithmic(over: low...high, about: plot.height / 2 + 1)
            : AxisTicks(over: low...high, about: wanted)
        let labels = ticks.values.map { value in
            (
                row: LineChart.row(of: value, low: low, high: high, rows: plot.height),
                text: logY ? AxisTicks.logarithmicLabel(pow(10, value)) : ticks.label(value)
            )
        }
        return Layout(
            plot: plot, axis: axis, scans: scans, low: low, high: high, ticks: ticks, labels: labels, summary: summary)
    }

    /// The row (of cells or dots, from the top) of a height.
    private static func row(of value: Double, low: Double, high: Double, rows: Int) -> Int {
        let share = (high - value) / (high - low)
        return cell(share, of: rows)
    }

    /// The cell at a share (0…1) of a length; shares beyond it, or that are no number, fall on an end.
    private static func cell(_ share: Double, of count: Int) -> Int {
        let place = share * Double(count)
        if !(place >= 0) { return 0 }
        return place < Double(count) ? Int(place) : max(0, count - 1)
    }

    private func drawAxes(_ layout: Layout, labelWidth: Int, in area: Rect, of grid: inout CellGrid) {
        let plot = layout.plot
        let glyphs = grid.glyphs
        let line = plot.x - 1
        for y in plot.y..<plot.maxY { grid[line, y] = Cell(glyphs.axisVertical, .axis) }
        for label in layout.labels {
            let y = plot.y + label.row
            grid[line, y] = Cell(glyphs.axisTick, .axis)
            grid.putFitting(
                StyledText(label.text, .axis), x: area.x, y: y, width: labelWidth, alignment: .right)
        }
        grid[line, plot.maxY] = Cell(glyphs.axisCorner, .axis)
        grid.fill(
            Rect(x: plot.x, y: plot.maxY, width: plot.width, height: 1), style: .axis, scalar: glyphs.axisHorizontal)
        drawXLabels(layout, in: area, of: &grid)
    }

    private func drawXLabels(_ layout: Layout, in area: Rect, of grid: inout CellGrid) {
        let plot = layout.plot
        let axis = layout.axis
        let wanted = max(1, plot.width / 14)
        let ticks =
            logX
            ? AxisTicks.logarithmic(over: axis.low...axis.high, about: max(1, plot.width / 8))
            : AxisTicks(over: axis.low...axis.high, about: wanted)
        var free = area.x
        for value in ticks.values {
            let x = logX ? pow(10, value) : value
            let text = xLabel?(x) ?? (logX ? NumberText.compact(x) : ticks.label(x))
            let share = (value - axis.low) / (axis.high - axis.low)
            let place = plot.x + LineChart.cell(share, of: plot.width)
            let width = TextWidth.of(text)
            // A label stands with its first cell under its tick, moved left at the end of the axis.
            let start = min(place, area.maxX - width)
            guard start >= free else { continue }
            grid.put(text, x: start, y: plot.maxY + 1, style: .axis, in: area)
            free = start + width + 1
        }
    }

    private func drawLines(_ layout: Layout, of grid: inout CellGrid) {
        let plot = layout.plot
        var canvas = DotCanvas(width: plot.width, height: plot.height, glyphs: grid.glyphs)
        let rows = canvas.rows
        guard rows > 0 && canvas.columns > 0 else { return }
        func row(_ value: Double) -> Int { LineChart.row(of: value, low: layout.low, high: layout.high, rows: rows) }
        for (index, scan) in layout.scans.enumerated() {
            if showsRaw && scan.isSmoothed {
                for column in 0..<canvas.columns where scan.rawLow[column] <= scan.rawHigh[column] {
                    canvas.set(column, row(scan.rawLow[column]), series: index, isLine: false)
                    canvas.set(column, row(scan.rawHigh[column]), series: index, isLine: false)
                }
            }
            drawLine(scan, series: index, row: row, on: &canvas)
        }
        canvas.draw(in: plot, of: &grid, series: series)
        drawEdges(layout, of: &grid)
        drawEndMarkers(layout, of: &grid)
    }

    private func drawLine(_ scan: ChartScan, series index: Int, row: (Double) -> Int, on canvas: inout DotCanvas) {
        // Later series are drawn with gaps of their own, so that lines of one colour can still be followed.
        let pattern = layoutPattern(of: index)
        var previous: (column: Int, row: Int)?
        for column in 0..<canvas.columns where scan.lineLow[column] <= scan.lineHigh[column] {
            let first = row(scan.lineFirst[column])
            if let previous {
                var last = previous.row
                for between in (previous.column + 1)...column {
                    let share = Double(between - previous.column) / Double(column - previous.column)
                    let next = previous.row + Int((Double(first - previous.row) * share).rounded())
                    // The step from one column to the next is shared by both, as a pen would draw it.
                    let middle = last + (next - last) / 2
                    fill(between - 1, last, middle, series: index, pattern: pattern, on: &canvas)
                    fill(between, middle, next, series: index, pattern: pattern, on: &canvas)
                    last = next
                }
            }
            fill(
                column, row(scan.lineHigh[column]), row(scan.lineLow[column]), series: index, pattern: pattern,
                on: &canvas)
            previous = (column, row(scan.lineLast[column]))
        }
    }

    private func layoutPattern(of index: Int) -> (period: Int, drawn: Int) {
        switch index % 4 {
        case 0: return (1, 1)
        case 1: return (4, 3)
        case 2: return (2, 1)
        default: return (6, 2)
        }
    }

    private func fill(
        _ column: Int, _ from: Int, _ to: Int, series: Int, pattern: (period: Int, drawn: Int),
        on canvas: inout DotCanvas
    ) {
        guard column % pattern.period < pattern.drawn else { return }
        for y in min(from, to)...max(from, to) { canvas.set(column, y, series: series, isLine: true) }
    }

    private func drawEdges(_ layout: Layout, of grid: inout CellGrid) {
        let plot = layout.plot
        let across = DotCanvas.dotsAcross(grid.glyphs)
        for (index, scan) in layout.scans.enumerated() {
            let style = Style(series[index].role, .bold)
            for column in 0..<layout.axis.columns {
                let x = plot.x + column / across
                if scan.clipsAbove[column] { grid[x, plot.y] = Cell(grid.glyphs.clippedAbove, style) }
                if scan.clipsBelow[column] { grid[x, plot.maxY - 1] = Cell(grid.glyphs.clippedBelow, style) }
                if scan.hasNonFinite[column] {
                    grid[x, plot.maxY - 1] = Cell(grid.glyphs.nonFinite, Style(.error, .bold))
                }
            }
        }
    }

    private func drawEndMarkers(_ layout: Layout, of grid: inout CellGrid) {
        guard showsEndMarkers ?? (series.count > 1) else { return }
        let plot = layout.plot
        let across = DotCanvas.dotsAcross(grid.glyphs)
        var taken: Set<CellPosition> = []
        for (index, scan) in layout.scans.enumerated() {
            guard let column = scan.lineLast.lastIndex(where: { $0.isFinite }) else { continue }
            let x = min(plot.maxX - 1, plot.x + column / across + 1)
            var y =
                plot.y
                + LineChart.row(of: scan.lineLast[column], low: layout.low, high: layout.high, rows: plot.height)
            while taken.contains(CellPosition(x: x, y: y)) && y > plot.y { y -= 1 }
            while taken.contains(CellPosition(x: x, y: y)) && y < plot.maxY - 1 { y += 1 }
            taken.insert(CellPosition(x: x, y: y))
            grid.put(String(series[index].marker), x: x, y: y, style: Style(series[index].role, .bold), in: plot)
        }
    }

    private func drawMarks(_ layout: Layout, in area: Rect, hasAxes: Bool, of grid: inout CellGrid) {
        let plot = layout.plot
        let across = DotCanvas.dotsAcross(grid.glyphs)
        for mark in marks {
            let column = layout.axis.column(of: mark.x)
            guard column >= 0 else { continue }
            let x = plot.x + column / across
            let y = hasAxes ? plot.maxY : plot.maxY - 1
            grid.put(String(mark.glyph), x: x, y: y, style: mark.style, in: area)
            guard !mark.label.isEmpty && x + 2 + TextWidth.of(mark.label) <= plot.maxX else { continue }
            let isFree = (x + 1..<x + 2 + TextWidth.of(mark.label)).allSatisfy { grid[$0, plot.maxY - 1].scalar == " " }
            if isFree { grid.put(mark.label, x: x + 2, y: plot.maxY - 1, style: mark.style, in: plot) }
        }
        guard let cursor else { return }
        let column = layout.axis.column(of: cursor)
        guard column >= 0 else { return }
        let x = plot.x + column / across
        for y in plot.y..<plot.maxY where grid[x, y].scalar == " " {
            grid[x, y] = Cell(grid.glyphs.cursorLine, .cursor)
        }
    }
}

import Testing

@testable import TerminalUI

@Suite("Smoothing")
struct SmoothingTests {
    @Test("the moving average is TensorBoard's, debiased from the first point")
    func published() {
        let smoothed = Smoothing.exponential([1, 0.5, 0], weight: 0.6)
        for (value, expected) in zip(smoothed, [1, 0.6875, 0.33673]) { #expect((value - expected).magnitude < 5e-6) }
    }

    @Test("values that are not finite pass through and change nothing after them")
    func nonFinite() {
        let smoothed = Smoothing.exponential([1, .nan, 0.5, .infinity, 0], weight: 0.6)
        #expect(smoothed[1].isNaN && smoothed[3] == .infinity)
        #expect((smoothed[2] - 0.6875).magnitude < 1e-12)
        #expect((smoothed[4] - 0.264 / 0.784).magnitude < 1e-12)
    }

    @Test("a constant series, no weight and no values come back unchanged")
    func unchanged() {
        #expect(Smoothing.exponential([0.3, 0.3, 0.3], weight: 0.9) == [0.3, 0.3, 0.3])
        #expect(Smoothing.exponential([1, 2], weight: 0) == [1, 2])
        #expect(Smoothing.exponential([], weight: 0.9).isEmpty)
    }

    @Test("a weight of 1 counts as 0.999")
    func cap() {
        #expect(Smoothing.exponential([1, 2, 4], weight: 1) == Smoothing.exponential([1, 2, 4], weight: 0.999))
        #expect(Smoothing.clamped(.nan) == 0)
    }
}

@Suite("Line chart")
struct LineChartTests {
    /// A falling curve with a little ripple; optionally one spike and one NaN.
    static func curve(_ count: Int, spike: Int? = nil, nan: Int? = nil) -> SeriesBuffer {
        var series = SeriesBuffer()
        for step in 0..<count {
            let ripple = 0.02 * Double(step * 37 % 11 - 5)
            let value = 1 + 1.5 / (1 + Double(step) / 12) + ripple
            series.append(x: Double(step), y: step == spike ? 90 : step == nan ? .nan : value)
        }
        return series
    }

    private static func twoRuns() -> LineChart {
        var chart = LineChart(
            series: [
                ChartSeries(name: "a", marker: "A", role: .series1, data: curve(300, spike: 200, nan: 100)),
                ChartSeries(
                    name: "b", marker: "B", role: .series2, data: SeriesBuffer(xs: [0, 50, 250], ys: [2.4, 1.9, 1.7])),
            ], smoothing: 0.9)
        chart.cursor = 150
        chart.marks = [ChartMark(x: 60, glyph: "C", label: "ckpt")]
        return chart
    }

    @Test("raw dots behind a smoothed line, spike clipped, NaN marked, cursor, marks, end letters")
    func braille() {
        var grid = CellGrid(width: 60, height: 11)
        let summary = LineChartTests.twoRuns().draw(in: grid.bounds, of: &grid)
        #expect(summary.clippedAbove == 1 && summary.clippedBelow == 0 && summary.nonFinite == 1)
        #expect(summary.clipText(.braille) == "clip 1▲")
        #expect(
            grid.trimmedText() == """
                   │⢶⠆⢤⡀⡀                       ┊        ▲⠉⠉⠹⡄
                   │⢘⡆  ⠉⠁⠒⠆⢤⡀⣀⡀⣀⡀⡀             ┊        ⡇   ⡇
                2.0┤ ⠝⡆           ⠉⠁⠉⠁⠉⠁⠉⠁⠉⠁⠒⠂⠒⠂⠒⠂⠒⠂⠲⠄⠤⠄⠤⡇⠤⠄⠤⢧⣄⡀⣀⡀⣀B
                   │ ⠱⡹⣄     ⠁                  ┊        ⡇   ⢸
                   │  ⢒⡘⢧⡀                      ┊        ⡇   ⠈⢧   ⠐
                1.5┤   ⠑⡡⠛⢦⣄⡀                   ┊        ⡇    ⠸⡄
                   │    ⠈⠉⠥⠤⠛⠛⠦⢶⣠⣤⣀⡠ ⣀  ⡀       ┊        ⡇     ⠹⣄
                   │        ⠉⠉⠒⠊⠤⠊⡩⠫⡙⡳⠟⣓⠞⣾⡳⢮⡵⠮⡵⠶⡥⢶⢥⣶⣥⣒⣢⣔⣔⣇⠒⠠⠒⠤⠒⠤⠚⠷⢴⣤⣔⣠⣔⣠⣄⣢⣠⣢
                1.0┤             ckpt × ⠈ ⠈⠁⠈⠉⠐⠉⠐⠉⠐⠁⠑⠐⠉⠒⠉⠒⠉⠓⠉⠒⠊⠔⠊⠔⠂⠔⠐⠌⠒⠡⠛⠩⠛A
                   └───────────C────────────────────────────────────────────
                    0                 100                200
                """)
        #expect((0..<60).first { grid[$0, 0].scalar == "┊" }.map { grid[$0, 0].style } == .cursor)
        #expect(grid[5, 1].style == Style(.series1, .bold))
        #expect((40..<60).first { grid[$0, 4].scalar == "⠐" }.map { grid[$0, 4].style } == Style(.series2, .dim))
        #expect((0..<60).first { grid[$0, 8].scalar == "×" }.map { grid[$0, 8].style } == Style(.error, .bold))
    }

    @Test("the same in blocks")
    func blocks() {
        var grid = CellGrid(width: 60, height: 11, glyphs: .block)
        LineChartTests.twoRuns().draw(in: grid.bounds, of: &grid)
        #expect(
            grid.trimmedText() == """
                   │█▘▄▖▄                       ┊        ▲▀▀▜▖
                   │▐▌  ▝▘▀▘▄▖▄▖▄▖▄▖▄▖▄         ┊        ▌   ▌
                2.0┤ ▛▌               ▝▘▀▘▀▘▀▘▀▘▀▘▀▘▀▘▀▘▀▌▄▖▄█▄▖▄▖▄B
                   │ ▜█▄     ▘                  ┊        ▌   ▐▖
                   │  ▜▞▙▖                      ┊        ▌    ▙   ▝
                1.5┤   ▀▙▀▙▄▖                   ┊        ▌    ▐▖
                   │    ▝▀▙▄▀▀▙█▄▄▄▄ ▄  ▖       ┊        ▌     ▜▄
                   │        ▀▀▀▀▄▀█▜▛█▛█▛███████▙█▙█▙█▙▟▟▙▀▗▀▄▀▄▀█▟▄▟▄▟▄▄▙▄▙
                1.0┤             ckpt × ▝ ▝▘▝▀▝▀▝▀▝▘▀▝▀▀▀▀▀▀▀▀▀▞▀▞▘▞▝▞▀▚▀▜▀A
                   └───────────C────────────────────────────────────────────
                    0                 100                200
                """)
    }

    @Test("the same in ASCII, where letters tell the series apart")
    func ascii() {
        var grid = CellGrid(width: 60, height: 11, glyphs: .ascii)
        LineChartTests.twoRuns().draw(in: grid.bounds, of: &grid)
        #expect(grid.text().unicodeScalars.allSatisfy { $0.isASCII })
        #expect(
            grid.trimmedText() == """
                   |ABB BB                      :        ^AAAA
                   |AA   BB BBB BBB BBB BBB BBB B        A   A
                2.0+ AA                         BBB BBB BAB BAB BBBB
                   | .AA     .                  :        A   AA
                   |  .AAA                      :        A    A   .
                1.5+   ..AAAA                   :        A    AA
                   |    ....AAAAAAA. .  .       :        A     AA
                   |        ......AAAAAAAAAAAAAAAAAAAAAAAA......AAAAAAAAAAAA
                1.0+             ckpt x . ..............................AAAA
                   +-----------C--------------------------------------------
                    0                 100                200
                """)
    }

    @Test("both axes logarithmic")
    func logarithmic() {
        var series = SeriesBuffer()
        for step in 1...1000 { series.append(x: Double(step), y: 100 / Double(step)) }
        var chart = LineChart(series: [ChartSeries(name: "x", data: series)])
        (chart.logX, chart.logY, chart.clips) = (true, true, false)
        var grid = CellGrid(width: 40, height: 9)
        chart.draw(in: grid.bounds, of: &grid)
        #expect(
            grid.trimmedText() == """
                100┤⠒⠦⠤⣄⡀
                   │    ⠉⠓⠲⢤⣀⣀
                 10┤         ⠈⠉⠓⠦⠤⣄⡀
                   │               ⠉⠙⠒⠦⣄⣀
                  1┤                    ⠈⠉⠓⠲⠤⣄⣀
                   │                          ⠈⠙⠒⠦⢤⣀⡀
                0.1┤                                ⠉⠙⠲⠤
                   └────────────────────────────────────
                    1           10          100    1,000
                """)
    }

    @Test("one point is drawn in the middle, no point says so")
    func fewPoints() {
        var grid = CellGrid(width: 30, height: 7)
        LineChart(series: [ChartSeries(name: "x", data: SeriesBuffer(xs: [5], ys: [2.5]))])
            .draw(in: grid.bounds, of: &grid)
        #expect(
            grid.trimmedText() == """
                2.6┤
                   │
                   │             ⠄
                   │
                2.4┤
                   └──────────────────────────
                                 5
                """)
        grid = CellGrid(width: 30, height: 3)
        LineChart(series: []).draw(in: grid.bounds, of: &grid)
        #expect(grid.trimmedText() == "\n         no data yet\n")
        let summary = LineChart(series: [
            ChartSeries(name: "x", data: SeriesBuffer(xs: [1, 2], ys: [.nan, .infinity]))
        ])
        .draw(in: grid.bounds, of: &grid)
        #expect(summary.nonFinite == 2)
    }

    @Test("a steep start and a sustained level are data; lone spikes are clipped, and only when asked")
    func outliers() {
        func clipped(_ ys: [Double], clips: Bool = true) -> (Int, Int) {
            var chart = LineChart(series: [
                ChartSeries(name: "x", data: SeriesBuffer(xs: ys.indices.map(Double.init), ys: ys))
            ])
            chart.clips = clips
            let summary = chart.summary(in: Rect(x: 0, y: 0, width: 40, height: 10), glyphs: .braille)
            return (summary.clippedAbove, summary.clippedBelow)
        }
        let flat = (0..<100).map { 1 + 0.01 * Double($0 % 7) }
        #expect(clipped(flat) == (0, 0))
        #expect(clipped([11, 8, 6, 5, 4] + flat) == (0, 0))
        #expect(clipped(flat + [50] + flat) == (1, 0))
        #expect(clipped(flat + [50] + flat + [-20] + flat) == (1, 1))
        #expect(clipped(flat + [50] + flat, clips: false) == (0, 0))
        #expect(clipped(flat + Array(repeating: 5, count: 6)) == (0, 0))
        #expect(clipped(Array(repeating: 1, count: 50) + [2]) == (0, 0))
        #expect(clipped([1, 2, 900]) == (0, 0))
    }

    @Test("zooming never changes a smoothed value")
    func zoomKeepsValues() {
        var chart = LineChart(series: [ChartSeries(name: "x", data: LineChartTests.curve(500))], smoothing: 0.97)
        let whole = chart.readings(at: 400)
        chart.window = 390...410
        #expect(chart.readings(at: 400) == whole)
        let smoothed = Smoothing.exponential(chart.series[0].data.ys, weight: 0.97)
        #expect(whole[0].smoothed == smoothed[400] && whole[0].raw == chart.series[0].data.ys[400])
    }

    @Test("the cursor moves from point to point and stops at the ends")
    func cursor() {
        var chart = LineChart(series: [ChartSeries(name: "x", data: SeriesBuffer(xs: [0, 100, 300], ys: [1, 2, 3]))])
        #expect(chart.movedCursor(by: -1, width: 50) == 300)
        chart.cursor = 300
        #expect(chart.movedCursor(by: -1, width: 50) == 100)
        chart.cursor = 0
        #expect(chart.movedCursor(by: -1, width: 50) == 0)
        #expect(chart.movedCursor(by: 50, width: 50) == 300)
        #expect(LineChart(series: []).movedCursor(by: 1, width: 10) == nil)
    }

    @Test("windows zoom around a point, pan within the data, follow its end, and vanish when they show all")
    func windows() {
        let full = 0.0...100.0
        #expect(ChartWindow.zoomed(nil, by: 2, around: 50, in: full) == 25...75)
        #expect(ChartWindow.zoomed(nil, by: 2, around: 100, in: full) == 50...100)
        #expect(ChartWindow.zoomed(25...75, by: 0.5, around: nil, in: full) == nil)
        #expect(ChartWindow.panned(25...75, by: 0.1, in: full) == 30...80)
        #expect(ChartWindow.panned(25...75, by: -3, in: full) == 0...50)
        #expect(ChartWindow.following(0...20, in: full) == 80...100)
        #expect(ChartWindow.panned(nil, by: 1, in: full) == nil)
    }

    @Test("any data in any area: no crash, no drawing outside")
    func fuzz() {
        var random = Dice(seed: 31)
        let odd: [Double] = [
            .nan, .infinity, -.infinity, 0, -1, 1e300, -1e300, 5e-300, 3, 4, 5, .greatestFiniteMagnitude,
        ]
        for round in 0..<150 {
            var series: [ChartSeries] = []
            for index in 0..<random.next(3) {
                var data = SeriesBuffer()
                for step in 0..<random.next(30) {
                    let x = random.next(12) == 0 ? odd[random.next(odd.count)] : Double(step)
                    data.append(x: x, y: random.next(3) == 0 ? odd[random.next(odd.count)] : Double(random.next(100)))
                }
                series.append(ChartSeries(name: "\(index)", marker: "東", role: .series(index), data: data))
            }
            var chart = LineChart(series: series, smoothing: Double(random.next(11)) / 10)
            (chart.logX, chart.logY, chart.clips) = (random.next(2) == 0, random.next(2) == 0, random.next(2) == 0)
            chart.cursor = odd[random.next(odd.count)]
            chart.marks = [ChartMark(x: Double(random.next(20)), glyph: "C", label: "label")]
            if random.next(3) == 0 { chart.window = Double(random.next(9))...Double(9 + random.next(9)) }
            let glyphs = GlyphSet.allCases[round % 3]
            var grid = CellGrid(width: random.next(50), height: random.next(16), glyphs: glyphs)
            let area = grid.bounds.inset(by: random.next(3))
            chart.draw(in: area, of: &grid)
            for y in 0..<grid.height {
                for x in 0..<grid.width where !area.contains(x: x, y: y) { #expect(grid[x, y] == .blank) }
            }
        }
    }

    @Test("ticks are steps of 1, 2 or 5")
    func ticks() {
        #expect(AxisTicks(over: 0...3000, about: 6).values == [0, 500, 1000, 1500, 2000, 2500, 3000])
        #expect(AxisTicks(over: 0.9...2.6, about: 4).values == [1, 1.5, 2, 2.5])
        #expect(AxisTicks(over: 0.9...2.6, about: 4).label(1.5) == "1.5")
        #expect(AxisTicks(over: -1...1, about: 2).values == [-1, 0, 1])
        #expect(AxisTicks(over: 3...3, about: 4).values == [3])
        #expect(AxisTicks(over: 0...2e-4, about: 2).label(1e-4) == "0.0001")
        #expect(AxisTicks(over: 0...4e6, about: 4).label(2e6) == "2.0M")
    }
}

@Suite("Series")
struct SeriesBufferTests {
    @Test("the nearest point, the last finite value, going back to a checkpoint")
    func access() {
        var series = SeriesBuffer(xs: [0, 10, 20], ys: [1, 2, .nan])
        #expect(series.nearest(to: -5) == 0 && series.nearest(to: 14) == 1 && series.nearest(to: 16) == 2)
        #expect(series.nearest(to: 99) == 2)
        #expect(series.lastFinite?.y == 2)
        series.removeAll(after: 10)
        #expect(series.count == 2)
        #expect(SeriesBuffer().nearest(to: 1) == nil)
    }
}

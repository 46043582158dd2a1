/// One line of a chart.
public struct ChartSeries: Sendable {
    public var name: String
    /// The letter at the end of the line, which tells series apart without colour.
    public var marker: Character
    public var role: Role
    public var data: SeriesBuffer
    /// Overrides the chart's smoothing: 0 for a series that is not noisy, such as the learning rate.
    public var smoothing: Double?

    public init(
        name: String, marker: Character = "A", role: Role = .series1, data: SeriesBuffer, smoothing: Double? = nil
    ) {
        self.name = name
        self.marker = marker
        self.role = role
        self.data = data
        self.smoothing = smoothing
    }
}

/// Something that happened at an x: a checkpoint, an evaluation, a changed setting.
public struct ChartMark: Sendable {
    public var x: Double
    public var glyph: Unicode.Scalar
    public var label: String
    public var style: Style

    public init(x: Double, glyph: Unicode.Scalar, label: String = "", style: Style = .accent) {
        self.x = x
        self.glyph = glyph
        self.label = label
        self.style = style
    }
}

/// What a chart shows and what it hides, for its title.
public struct ChartSummary: Sendable, Equatable {
    /// Range of x in the data's units; nil without points.
    public var xRange: ClosedRange<Double>?
    public var yRange: ClosedRange<Double>?
    /// Points beyond the top edge, drawn as `▲`.
    public var clippedAbove = 0
    public var clippedBelow = 0
    /// Values that are not numbers, or that a logarithmic axis cannot show; drawn as `×`.
    public var nonFinite = 0
    /// Where the lines are drawn, without the axes.
    public var plot: Rect = .zero

    /// `clip 0`, `clip 2▲`, `clip 2▲ 1▼`.
    public func clipText(_ glyphs: GlyphSet) -> String {
        var parts: [String] = []
        if clippedAbove > 0 { parts.append("\(clippedAbove)\(glyphs.clippedAbove)") }
        if clippedBelow > 0 { parts.append("\(clippedBelow)\(glyphs.clippedBelow)") }
        return "clip " + (parts.isEmpty ? "0" : parts.joined(separator: " "))
    }
}

/// The values of one series at the cursor.
public struct ChartReading: Sendable, Equatable {
    public var name: String
    public var marker: Character
    public var role: Role
    public var x: Double
    public var raw: Double
    public var smoothed: Double
}

/// Lines over a common x axis: the smoothed series as a line, its points as thin dots behind it, one minimum and one
/// maximum per column so that no spike is lost whatever the number of points.
///
/// The whole series is smoothed before the window is cut out of it, so zooming never changes a value.
public struct LineChart: Sendable {
    public var series: [ChartSeries]
    /// Weight of the moving average, see `Smoothing`.
    public var smoothing: Double
    /// Draws the points behind a smoothed line.
    public var showsRaw = true
    public var logY = false
    public var logX = false
    /// The part of x that is shown; all of it when nil.
    public var window: ClosedRange<Double>?
    /// Leaves isolated points beyond the Tukey fences (3 interquartile ranges) out of the y range.
    public var clips = true
    /// The x of the cursor line.
    public var cursor: Double?
    public var marks: [ChartMark] = []
    public var showsAxes = true
    /// Letters at the ends of lines; when nil, only with several series.
    public var showsEndMarkers: Bool?
    /// How x values are labelled; grouped integers and short numbers when nil.
    public var xLabel: (@Sendable (Double) -> String)?
    /// Drawn when there is no point yet.
    public var emptyText: StyledText = StyledText("no data yet", .dim)

    public init(series: [ChartSeries], smoothing: Double = 0) {
        self.series = series
        self.smoothing = smoothing
    }

    /// The range of x over all series: what a chart without a window shows. Nil without points.
    public func fullRange() -> ClosedRange<Double>? {
        var low = Double.infinity
        var high = -Double.infinity
        for line in series {
            for x in line.data.xs where x.isFinite {
                if x < low { low = x }
                if x > high { high = x }
            }
        }
        return low <= high ? low...high : nil
    }

    /// The values nearest to `x` in each series that has points.
    public func readings(at x: Double) -> [ChartReading] {
        series.compactMap { line in
            guard let index = line.data.nearest(to: x) else { return nil }
            let weight = Smoothing.clamped(line.smoothing ?? smoothing)
            let values = line.data.ys
            var smoothed = values[index]
            if weight > 0 && values.contains(where: { $0 != values[0] }) {
                var average = ExponentialAverage(weight: weight)
                for value in values[...index] { smoothed = average.next(value) }
            }
            return ChartReading(
                name: line.name, marker: line.marker, role: line.role, x: line.data.xs[index], raw: values[index],
                smoothed: smoothed)
        }
    }

    /// The x that the cursor comes to when moved by `columns` of a plot `width` cells wide: on a point, and always on
    /// another one while there is one.
    public func movedCursor(by columns: Int, width: Int) -> Double? {
        guard let full = fullRange(), let longest = series.max(by: { $0.data.count < $1.data.count })?.data else {
            return nil
        }
        let shown = window ?? full
        guard let cursor else { return min(shown.upperBound, full.upperBound) }
        let step = (shown.upperBound - shown.lowerBound) / Double(max(1, width))
        let target = min(full.upperBound, max(full.lowerBound, cursor + Double(columns) * step))
        guard let from = longest.nearest(to: cursor), var index = longest.nearest(to: target) else { return target }
        if index == from && columns != 0 {
            index = max(0, min(longest.count - 1, from + (columns > 0 ? 1 : -1)))
        }
        return longest.xs[index]
    }
}

/// Zooming and panning of a chart's window.
public enum ChartWindow {
    /// The window made smaller (`factor` > 1) or larger around `anchor`; nil once it would show everything.
    public static func zoomed(
        _ window: ClosedRange<Double>?, by factor: Double, around anchor: Double?, in full: ClosedRange<Double>
    ) -> ClosedRange<Double>? {
        let shown = window ?? full
        let span = shown.upperBound - shown.lowerBound
        let whole = full.upperBound - full.lowerBound
        guard span > 0 && whole > 0 && factor > 0 else { return nil }
        let next = max(span / factor, whole * 1e-6)
        if next >= whole { return nil }
        let middle = min(shown.upperBound, max(shown.lowerBound, anchor ?? (shown.lowerBound + span / 2)))
        let share = (middle - shown.lowerBound) / span
        return placed(start: middle - share * next, span: next, in: full)
    }

    /// The window moved by a share of its width (negative: to the left), kept within the data.
    public static func panned(
        _ window: ClosedRange<Double>?, by share: Double, in full: ClosedRange<Double>
    ) -> ClosedRange<Double>? {
        guard let window else { return nil }
        let span = window.upperBound - window.lowerBound
        return placed(start: window.lowerBound + share * span, span: span, in: full)
    }

    /// The window moved so that it ends at the newest point.
    public static func following(_ window: ClosedRange<Double>?, in full: ClosedRange<Double>) -> ClosedRange<Double>? {
        guard let window else { return nil }
        let span = window.upperBound - window.lowerBound
        return placed(start: full.upperBound - span, span: span, in: full)
    }

    private static func placed(start: Double, span: Double, in full: ClosedRange<Double>) -> ClosedRange<Double>? {
        guard span < full.upperBound - full.lowerBound else { return nil }
        let low = max(full.lowerBound, min(start, full.upperBound - span))
        return low...(low + span)
    }
}

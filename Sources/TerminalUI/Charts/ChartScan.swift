#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One series reduced to the columns of a plot, in one pass over its points. Heights are values, or their logarithms
/// (base ten) on a logarithmic axis.
struct ChartScan {
    /// Per column of dots; `rawLow > rawHigh` where a column has no point.
    var rawLow: [Double]
    var rawHigh: [Double]
    /// The smoothed line: first, last, lowest and highest value in the column.
    var lineFirst: [Double]
    var lineLast: [Double]
    var lineLow: [Double]
    var lineHigh: [Double]
    var clipsAbove: [Bool]
    var clipsBelow: [Bool]
    var hasNonFinite: [Bool]
    var clippedAbove = 0
    var clippedBelow = 0
    var nonFinite = 0
    /// Range of the values that are not clipped.
    var low = Double.infinity
    var high = -Double.infinity
    var isSmoothed = false

    init(columns: Int) {
        rawLow = Array(repeating: .infinity, count: columns)
        rawHigh = Array(repeating: -.infinity, count: columns)
        lineFirst = Array(repeating: .nan, count: columns)
        lineLast = Array(repeating: .nan, count: columns)
        lineLow = rawLow
        lineHigh = rawHigh
        clipsAbove = Array(repeating: false, count: columns)
        clipsBelow = clipsAbove
        hasNonFinite = clipsAbove
    }

    /// - Parameters:
    ///   - data: the points.
    ///   - axis: maps x to columns.
    ///   - weight: of the smoothing.
    ///   - logY: takes logarithms of the values; those not above 0 count as non-finite.
    ///   - clips: looks for outliers.
    ///   - stride: looks at every so-many-th point only; more than 1 for a first impression of the range.
    init(_ data: SeriesBuffer, axis: ChartAxis, weight: Double, logY: Bool, clips: Bool, stride: Int) {
        self.init(columns: axis.columns)
        let xs = data.xs
        let ys = data.ys
        guard let first = ys.first else { return }
        isSmoothed = weight > 0 && ys.contains { $0 != first }
        let fences = clips ? ChartScan.fences(of: data, axis: axis, logY: logY) : nil
        var average = ExponentialAverage(weight: weight)
        for index in Swift.stride(from: 0, to: xs.count, by: max(1, stride)) {
            let y = ys[index]
            let smooth = isSmoothed ? average.next(y) : y
            let column = axis.column(of: xs[index])
            guard column >= 0 else { continue }
            let height = logY ? (y > 0 ? log10(y) : .nan) : y
            guard height.isFinite else {
                nonFinite += 1
                hasNonFinite[column] = true
                continue
            }
            if let fences, height < fences.lowerBound || height > fences.upperBound,
                ChartScan.isIsolated(index, in: ys, fences: fences, logY: logY)
            {
                if height > fences.upperBound {
                    clippedAbove += 1
                    clipsAbove[column] = true
                } else {
                    clippedBelow += 1
                    clipsBelow[column] = true
                }
            } else {
                if height < rawLow[column] { rawLow[column] = height }
                if height > rawHigh[column] { rawHigh[column] = height }
                if height < low { low = height }
                if height > high { high = height }
            }
            let line = isSmoothed ? (logY ? (smooth > 0 ? log10(smooth) : .nan) : smooth) : height
            guard line.isFinite else { continue }
            if lineLow[column] > lineHigh[column] { lineFirst[column] = line }
            lineLast[column] = line
            if line < lineLow[column] { lineLow[column] = line }
            if line > lineHigh[column] { lineHigh[column] = line }
        }
    }

    /// Tukey's outer fences, three interquartile ranges beyond the quartiles, of the values in the window. Nil when the
    /// middle half of the values is one value: then there is no scale to call anything far by.
    static func fences(of data: SeriesBuffer, axis: ChartAxis, logY: Bool) -> ClosedRange<Double>? {
        let xs = data.xs
        let ys = data.ys
        // Quartiles of a long series hardly change when every k-th value stands for k of them.
        let stride = max(1, xs.count / 16_384)
        var sample: [Double] = []
        sample.reserveCapacity(min(xs.count, 40_000))
        var index = 0
        while index < xs.count {
            if axis.column(of: xs[index]) >= 0 {
                let height = logY ? (ys[index] > 0 ? log10(ys[index]) : .nan) : ys[index]
                if height.isFinite { sample.append(height) }
            }
            index += stride
        }
        guard sample.count >= 8 else { return nil }
        sample.sort()
        let low = quantile(0.25, of: sample)
        let high = quantile(0.75, of: sample)
        let range = high - low
        guard range > 0 && range.isFinite else { return nil }
        let bottom = low - 3 * range
        let top = high + 3 * range
        return bottom.isFinite && top.isFinite ? bottom...top : nil
    }

    private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let place = share * Double(sorted.count - 1)
        let index = Int(place)
        guard index + 1 < sorted.count else { return sorted[sorted.count - 1] }
        let rest = place - Double(index)
        return sorted[index] * (1 - rest) + sorted[index + 1] * rest
    }

    /// Whether a point beyond a fence stands alone: most points around it are on the other side of the fence, and even
    /// the nearest of its two neighbours is far. The steep start of a loss curve lies beyond the fences too, but in
    /// company: that is data, not an outlier.
    private static func isIsolated(_ index: Int, in ys: [Double], fences: ClosedRange<Double>, logY: Bool) -> Bool {
        func height(_ index: Int) -> Double {
            logY ? (ys[index] > 0 ? log10(ys[index]) : .nan) : ys[index]
        }
        let here = height(index)
        let isAbove = here > fences.upperBound
        // A window cut off at an end is still five wide, so that a first or last value can have company.
        let start = max(0, min(index - 2, ys.count - 5))
        var far = 0
        var seen = 0
        var nearest = Double.infinity
        for place in start..<min(ys.count, start + 5) {
            let other = height(place)
            guard other.isFinite else { continue }
            seen += 1
            if isAbove ? other > fences.upperBound : other < fences.lowerBound { far += 1 }
            if place == index - 1 || place == index + 1 { nearest = min(nearest, (other - here).magnitude) }
        }
        // The fences are seven interquartile ranges apart.
        return far * 2 <= seen && nearest > (fences.upperBound - fences.lowerBound) / 7 * 1.5
    }
}

/// Maps x to columns of dots.
struct ChartAxis {
    /// In units of the axis: logarithms on a logarithmic one.
    let low: Double
    let high: Double
    let columns: Int
    let isLog: Bool
    private let scale: Double

    init(over range: ClosedRange<Double>, columns: Int, isLog: Bool) {
        self.columns = max(1, columns)
        self.isLog = isLog
        var low = isLog ? log10(range.lowerBound) : range.lowerBound
        var high = isLog ? log10(range.upperBound) : range.upperBound
        if !low.isFinite || !high.isFinite { (low, high) = (0, 1) }
        if high <= low {
            // One x only: it is drawn in the middle.
            let half = max(low.magnitude * 0.01, 0.5)
            (low, high) = (low - half, high + half)
        }
        self.low = low
        self.high = high
        scale = Double(self.columns) / (high - low)
    }

    /// The column of `x`, -1 outside the axis. The last x belongs to the last column.
    @inline(__always)
    func column(of x: Double) -> Int {
        let place = isLog ? log10(x) : x
        guard place >= low && place <= high else { return -1 }
        // Compared before it is converted: a range of next to nothing makes the scale infinite.
        let position = (place - low) * scale
        return position < Double(columns) ? Int(position) : columns - 1
    }
}

/// A series that grows while a run trains: x (a step, tokens, seconds) and y of each point, in order of arrival.
/// Values need not be finite; what is not is shown as a mark, never smoothed in.
public struct SeriesBuffer: Sendable, Equatable {
    public private(set) var xs: [Double] = []
    public private(set) var ys: [Double] = []

    public init() {}

    /// The longer of the two lists is cut to the length of the shorter.
    public init(xs: [Double], ys: [Double]) {
        let count = min(xs.count, ys.count)
        self.xs = Array(xs.prefix(count))
        self.ys = Array(ys.prefix(count))
    }

    public var count: Int { xs.count }
    public var isEmpty: Bool { xs.isEmpty }

    public mutating func append(x: Double, y: Double) {
        xs.append(x)
        ys.append(y)
    }

    /// Forgets points after `x`: a run that went back to a checkpoint draws its later steps anew.
    public mutating func removeAll(after x: Double) {
        while let last = xs.last, last > x {
            xs.removeLast()
            ys.removeLast()
        }
    }

    /// The last point with a finite value.
    public var lastFinite: (x: Double, y: Double)? {
        for index in ys.indices.reversed() where ys[index].isFinite { return (xs[index], ys[index]) }
        return nil
    }

    /// The index of the point nearest to `x`, by binary search; nil when empty.
    public func nearest(to x: Double) -> Int? {
        guard !xs.isEmpty else { return nil }
        var low = 0
        var high = xs.count
        while low < high {
            let middle = (low + high) / 2
            if xs[middle] < x { low = middle + 1 } else { high = middle }
        }
        if low == 0 { return 0 }
        if low == xs.count { return low - 1 }
        return x - xs[low - 1] <= xs[low] - x ? low - 1 : low
    }
}

/// The smoothing of TensorBoard's line charts.
public enum Smoothing {
    /// Weights that the key for smoothing steps through.
    public static let presets: [Double] = [0, 0.6, 0.9, 0.97, 0.99]
    /// At 1 the average would never move.
    public static let maximumWeight = 0.999

    /// The weight as it is used: within 0…0.999.
    public static func clamped(_ weight: Double) -> Double {
        weight.isNaN ? 0 : min(maximumWeight, max(0, weight))
    }

    /// The exponential moving average with its start corrected: `last = w·last + (1−w)·y`, divided by `1 − wⁿ` where n
    /// counts the finite values so far. Values that are not finite pass through and leave the average as it was; a
    /// series whose values are all equal is returned unchanged, so that it is exactly flat.
    ///
    /// - Parameters:
    ///   - values: one per point.
    ///   - weight: w; 0 returns the values, above 0.999 counts as 0.999.
    /// - Returns: as many values.
    public static func exponential(_ values: [Double], weight: Double) -> [Double] {
        let weight = clamped(weight)
        guard weight > 0, let first = values.first, values.contains(where: { $0 != first }) else { return values }
        var average = ExponentialAverage(weight: weight)
        return values.map { average.next($0) }
    }
}

/// The running state of `Smoothing.exponential`.
struct ExponentialAverage {
    let weight: Double
    private var last = 0.0
    private var decay = 1.0

    init(weight: Double) {
        self.weight = weight
    }

    @inline(__always)
    mutating func next(_ value: Double) -> Double {
        guard value.isFinite else { return value }
        last = last * weight + (1 - weight) * value
        if decay == 0 { return last }
        decay *= weight
        // Below this the division changes nothing in a Double, and denormals would be slow.
        if decay < 1e-18 { decay = 0 }
        return last / (1 - decay)
    }
}

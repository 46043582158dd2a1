/// Round values for an axis: steps of 1, 2 or 5 times a power of ten.
public struct AxisTicks: Sendable, Equatable {
    public var values: [Double]
    /// Distance between values; on a logarithmic axis the factor.
    public var step: Double

    /// - Parameters:
    ///   - range: of the axis.
    ///   - count: about how many ticks there is room for, at least 1.
    public init(over range: ClosedRange<Double>, about count: Int) {
        let span = range.upperBound - range.lowerBound
        guard span > 0 && span.isFinite && range.lowerBound.isFinite else {
            values = range.lowerBound.isFinite ? [range.lowerBound] : []
            step = 0
            return
        }
        step = AxisTicks.niceStep(atLeast: span / Double(max(1, count)))
        values = []
        var index = (range.lowerBound / step - 1e-9).rounded(.up)
        while values.count < 200 {
            let value = index * step
            if value > range.upperBound + step * 1e-9 { break }
            values.append(value == 0 ? 0 : value)
            index += 1
        }
    }

    /// Ticks for a logarithmic axis whose range is given in powers of ten: whole powers, with 2 and 5 between them
    /// where there is room.
    ///
    /// - Returns: the logarithms of the values.
    static func logarithmic(over range: ClosedRange<Double>, about count: Int) -> AxisTicks {
        let span = range.upperBound - range.lowerBound
        guard span > 0 && span.isFinite else { return AxisTicks(over: range, about: count) }
        var ticks = AxisTicks(over: 0...1, about: 1)
        ticks.values = []
        let decades = Int(range.lowerBound.rounded(.down))...Int(range.upperBound.rounded(.up))
        // Log10 of 1, 2, 5.
        let parts = span <= Double(max(1, count)) / 2 ? [0, 0.30102999566398120, 0.69897000433601886] : [0]
        let stride = max(1, Int((span / Double(max(1, count))).rounded(.up)))
        for power in decades where (power - decades.lowerBound) % stride == 0 {
            for part in parts {
                let value = Double(power) + part
                if value >= range.lowerBound - 1e-9 && value <= range.upperBound + 1e-9 { ticks.values.append(value) }
            }
        }
        if ticks.values.count < 2 { return AxisTicks(over: range, about: count) }
        ticks.step = 0
        return ticks
    }

    /// The label of a tick on a logarithmic axis: `0.02`, `1`, `500`, `1.0e-05`.
    static func logarithmicLabel(_ value: Double) -> String {
        guard value.isFinite else { return "" }
        if value >= 9.5e5 { return NumberText.compact(value) }
        if value >= 0.95 && (value - value.rounded()).magnitude < value * 1e-6 {
            return NumberText.grouped(Int(value.rounded()))
        }
        if value < 9.5e-4 || value >= 9.5e5 { return NumberText.scientific(value, decimals: 1) }
        return NumberText.significant(value, digits: value >= 0.95 ? 2 : 1)
    }

    /// The smallest of 1, 2, 5 × 10ⁿ that is at least `length`.
    static func niceStep(atLeast length: Double) -> Double {
        guard length > 0 && length.isFinite else { return 1 }
        var power = 1.0
        var guardCount = 0
        while power > length && guardCount < 400 {
            power /= 10
            guardCount += 1
        }
        while power * 10 <= length && guardCount < 800 {
            power *= 10
            guardCount += 1
        }
        for factor in [1.0, 2, 5] where power * factor >= length * (1 - 1e-9) { return power * factor }
        return power * 10
    }

    /// Decimals needed to tell neighbouring ticks apart.
    var decimals: Int {
        guard step > 0 else { return 0 }
        var places = 0
        var size = step
        while size < 0.999_999 && places < 12 {
            size *= 10
            places += 1
        }
        return places
    }

    /// The label of a tick on a linear axis.
    func label(_ value: Double) -> String {
        let magnitude = value.magnitude
        guard value.isFinite else { return "" }
        if step == 0 || !step.isFinite { return NumberText.significant(value) }
        if magnitude >= 1e6 { return NumberText.compact(value) }
        if step >= 1 { return NumberText.grouped(Int(value.rounded())) }
        if decimals > 4 { return value == 0 ? "0" : NumberText.scientific(value, decimals: 1) }
        return NumberText.fixed(value, decimals: decimals)
    }
}

import Foundation

/// Conversions of the `int`, `float` and `round` filters.
enum Numbers {
    /// Nil where Python's conversion fails.
    static func integer(_ value: Value, base: Int) -> Int? {
        if let whole = value.whole { return whole }
        if case .float(let number) = value { return Int(exactly: number.rounded(.towardZero)) }
        guard let text = value.text else { return nil }
        if let whole = parsedInteger(text, base: base) { return whole }
        return float(value).flatMap { Int(exactly: $0.rounded(.towardZero)) }
    }

    private static func parsedInteger(_ text: String, base: Int) -> Int? {
        guard base == 0 || (2...36).contains(base) else { return nil }
        var digits = asciiDigits(PythonText.strip(text).lowercased())
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        var radix = base
        for (prefix, size) in [("0b", 2), ("0o", 8), ("0x", 16)]
        where digits.hasPrefix(prefix) && (base == size || base == 0) {
            digits.removeFirst(2)
            if digits.hasPrefix("_") { digits.removeFirst() }
            radix = size
        }
        if radix == 0 { radix = 10 }
        guard let plain = withoutUnderscores(digits) else { return nil }
        return Int((isNegative ? "-" : "") + plain, radix: radix)
    }

    /// Decimal digits of every script as those of ASCII, as Python reads them.
    private static func asciiDigits(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        return text.unicodeScalars.map { scalar in
            guard scalar.isPythonDecimal, let value = scalar.properties.numericValue else { return String(scalar) }
            return String(Int(value))
        }.joined()
    }

    /// Single underscores between digits are allowed; nil when they stand elsewhere.
    private static func withoutUnderscores(_ digits: String) -> String? {
        guard !digits.hasPrefix("_"), !digits.hasSuffix("_"), !digits.contains("__"), !digits.hasPrefix("-"),
            !digits.hasPrefix("+")
        else { return nil }
        return digits.filter { $0 != "_" }
    }

    static func float(_ value: Value) -> Double? {
        if let number = value.number { return number }
        guard let text = value.text else { return nil }
        var digits = asciiDigits(PythonText.strip(text).lowercased())
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        if ["inf", "infinity"].contains(digits) { return isNegative ? -.infinity : .infinity }
        if digits == "nan" { return .nan }
        guard let plain = withoutUnderscores(digits), !plain.contains("x"), !plain.contains("p"),
            plain.first.map({ $0.isNumber || $0 == "." }) ?? false, plain.allSatisfy(\.isASCII)
        else { return nil }
        return Double((isNegative ? "-" : "") + (plain.hasPrefix(".") ? "0" + plain : plain))
            ?? (plain.hasSuffix(".") ? Double((isNegative ? "-" : "") + plain.dropLast()) : nil)
    }

    static func round(_ value: Value, _ precision: Int, _ method: String) throws(Fault) -> Value {
        guard ["common", "ceil", "floor"].contains(method) else {
            throw .value("method must be common, ceil or floor")
        }
        if case .undefined(let message) = value { throw .undefined(message) }
        guard let number = value.number else {
            throw .type("type \(value.typeName) doesn't define __round__ method")
        }
        if method == "common" {
            if let whole = value.whole {
                return .integer(precision >= 0 ? whole : try roundedToTens(whole, precision))
            }
            return .float(rounded(number, precision))
        }
        let scale = pow(10, Double(precision))
        let scaled = number * scale
        guard scaled.isFinite, scale.isFinite, scale != 0 else { throw .value("cannot round \(number)") }
        return .float((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
    }

    /// To an even multiple of a power of ten, as Python rounds.
    private static func roundedToTens(_ value: Int, _ precision: Int) throws(Fault) -> Int {
        guard precision > -19 else { return 0 }
        var unit = 1
        for _ in 0..<(-precision) { unit *= 10 }
        let remainder = value % unit
        let magnitude = remainder.magnitude
        var base = value - remainder
        let half = UInt(unit) / 2
        if magnitude > half || (magnitude == half && (base / unit) % 2 != 0) {
            let (next, overflows) = base.addingReportingOverflow(value < 0 ? -unit : unit)
            guard !overflows else { throw .value("the result of an integer operation does not fit 64 bits") }
            base = next
        }
        return base
    }

    /// The nearest decimal of the exact binary value, ties to even: what printing and reading back gives.
    static func rounded(_ value: Double, _ precision: Int) -> Double {
        guard value.isFinite, precision < 308 else { return value }
        if precision >= 0 { return Double(fixed(value, precision)) ?? value }
        guard precision > -310 else { return value < 0 ? -0.0 : 0 }
        let unit = pow(10, Double(-precision))
        return (value / unit).rounded(.toNearestOrEven) * unit
    }

    /// `%.{precision}f`.
    static func fixed(_ value: Double, _ precision: Int) -> String {
        String(format: "%.\(max(0, precision))f", value)
    }
}

/// Numbers as people who tune write them: `2e-4`, `0.05`, `3`.
public enum NumberText {
    /// The shortest text that reads back as the same number.
    public static func shortest(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : (value < 0 ? "-inf" : "inf") }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int(value)) }
        if value.magnitude >= 1e-3, value.magnitude < 1e15 { return String(value.description) }
        return scientific(value)
    }

    /// Reads decimal numbers with or without an exponent; nil for anything else, also for `nan`, `inf` and hex.
    public static func number(_ text: String) -> Double? {
        let trimmed = text.trimmingSpaces()
        guard !trimmed.isEmpty, trimmed.utf8.allSatisfy(isNumeric) else { return nil }
        let head = trimmed.hasPrefix("+") ? String(trimmed.dropFirst()) : trimmed
        guard let value = Double(head), value.isFinite else { return nil }
        return value
    }

    /// Reads whole numbers, also `1e3`.
    public static func integer(_ text: String) -> Int? {
        if let exact = Int(text.trimmingSpaces()) { return exact }
        guard let value = number(text), value == value.rounded(), value.magnitude < 9e15 else { return nil }
        return Int(value)
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }

    private static func scientific(_ value: Double) -> String {
        // `description` has the shortest digits, but spells 2e-4 as 0.0002 and 2e-5 as 2e-05.
        let text = value.magnitude.description
        let parts = text.split(whereSeparator: { $0 == "e" || $0 == "E" })
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0])
        var digits = whole + (mantissa.count > 1 ? String(mantissa[1]) : "")
        exponent += whole.count - 1
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
        return (value < 0 ? "-" : "") + digits.prefix(1) + fraction + "e\(exponent)"
    }
}

extension StringProtocol {
    func trimmingSpaces() -> String {
        var view = Substring(self)
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }
}

import Foundation

/// One field of a formatted text: fill, width, precision and kind, shared by `%` and `str.format`.
struct FormatField {
    var fill: Unicode.Scalar = " "
    var alignment: Unicode.Scalar?
    var sign: Unicode.Scalar?
    var isAlternate = false
    /// Zeros between sign and digits, for numbers without an alignment of their own.
    var padsDigits = false
    /// A negative zero loses its sign.
    var dropsNegativeZero = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var kind: Unicode.Scalar?

    /// Digits and precisions beyond this are an error rather than memory.
    static let widest = 100_000

    func padded(_ text: String, isNumber: Bool, for interpreter: Interpreter) throws(Fault) -> String {
        let length = text.unicodeScalars.count
        guard width > length else { return text }
        try interpreter.charge(bytes: width * 4)
        let room = width - length
        let filler = { (count: Int) in String(repeating: String(fill), count: count) }
        switch alignment ?? (isNumber ? (padsDigits ? "=" : ">") : "<") {
        case "<": return text + filler(room)
        case "^": return filler(room / 2) + text + filler(room - room / 2)
        case "=":
            let signs = text.hasPrefix("-") || text.hasPrefix("+") || text.hasPrefix(" ") ? 1 : 0
            return String(text.prefix(signs)) + filler(room) + text.dropFirst(signs)
        default: return filler(room) + text
        }
    }

    func string(_ text: String) -> String {
        guard let precision else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision)))
    }

    private func signed(_ digits: String, isNegative: Bool) -> String {
        if isNegative { return "-" + digits }
        return (sign == "+" || sign == " " ? sign.map { String($0) } ?? "" : "") + digits
    }

    private func grouped(_ digits: String, every size: Int = 3) -> String {
        guard let grouping else { return digits }
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: size) { result.unicodeScalars.append(grouping) }
            result.append(digit)
        }
        return result
    }

    func integer(_ value: Int) -> String {
        let (radix, prefix): (Int, String) =
            switch kind {
            case "x", "X": (16, "0x")
            case "o": (8, "0o")
            case "b": (2, "0b")
            default: (10, "")
            }
        var digits = String(value.magnitude, radix: radix)
        digits = grouped(digits, every: radix == 10 ? 3 : 4)
        var text = (isAlternate ? prefix : "") + digits
        if kind == "X" { text = text.uppercased() }
        return signed(text, isNegative: value < 0)
    }

    /// A precision without a kind: `g` that keeps a digit behind the point.
    private static func general(_ magnitude: Double, _ precision: Int) -> String {
        let parts = String(format: "%.\(precision - 1)e", magnitude).split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        var digits = parts[0].filter { $0 != "." }
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        if exponent + 1 <= -4 || exponent + 1 > precision - 1 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            return "\(digits.prefix(1))\(fraction)e" + String(format: "%+03d", exponent)
        }
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let whole = digits.prefix(exponent + 1)
        let rest = digits.dropFirst(exponent + 1)
        return whole + String(repeating: "0", count: exponent + 1 - whole.count) + "." + (rest.isEmpty ? "0" : rest)
    }

    func float(_ value: Double) -> String {
        let isNegative = value < 0 || (value == 0 && value.sign == .minus)
        let magnitude = value.magnitude
        if kind == "n" {
            var general = self
            general.kind = "g"
            return general.float(value)
        }
        if !value.isFinite {
            let text = value.isNaN ? "nan" : "inf"
            let isUpper = kind == "F" || kind == "E" || kind == "G"
            return signed(isUpper ? text.uppercased() : text, isNegative: isNegative)
        }
        let text: String
        switch kind {
        case "e", "E", "g", "G", "f", "F":
            text = String(format: "%\(isAlternate ? "#" : "").\(precision ?? 6)\(kind ?? "g")", magnitude)
        case "%":
            text = String(format: "%\(isAlternate ? "#" : "").\(precision ?? 6)f", magnitude * 100) + "%"
        default: text = precision.map { Self.general(magnitude, max(1, $0)) } ?? PythonText.repr(magnitude)
        }
        guard grouping != nil, let dot = text.firstIndex(of: ".") else {
            let isZero = dropsNegativeZero && !text.contains { ("1"..."9").contains($0) }
            return signed(grouping == nil ? text : grouped(text), isNegative: isNegative && !isZero)
        }
        return signed(grouped(String(text[..<dot])) + text[dot...], isNegative: isNegative)
    }
}

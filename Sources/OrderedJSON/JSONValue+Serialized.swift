import OrderedCollections

/// How a value is written.
public struct JSONStyle: Sendable {
    var itemSeparator: String
    var keySeparator: String
    var indent: Int?
    public var sortedKeys = false
    /// Writes everything beyond ASCII as `\uXXXX`.
    public var asciiOnly = false

    /// `{"a":[1,2]}`: one line, no spaces.
    public static let compact = JSONStyle(itemSeparator: ",", keySeparator: ":", indent: nil)
    /// `{"a": [1, 2]}`: as Python's `json.dumps` writes by default.
    public static let python = JSONStyle(itemSeparator: ", ", keySeparator: ": ", indent: nil)
    /// One member a line, as Python's `json.dumps(indent:)`.
    public static func pretty(indent: Int = 2) -> JSONStyle {
        JSONStyle(itemSeparator: ",", keySeparator: ": ", indent: indent)
    }

    public func sorted() -> JSONStyle {
        var copy = self
        copy.sortedKeys = true
        return copy
    }

    public func ascii() -> JSONStyle {
        var copy = self
        copy.asciiOnly = true
        return copy
    }
}

extension JSONValue {
    public func serialized(_ style: JSONStyle = .compact) -> String {
        var writer = JSONWriter(style: style)
        writer.write(self, depth: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A number as Python's `repr` prints it: shortest form that reads back, `1e+16` from 16 digits on.
    public static func pythonText(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        let text = "\(value)"
        guard let mark = text.firstIndex(of: "e") else { return text }
        // Swift changes to an exponent at the same sizes, but pads its exponent differently.
        var mantissa = text[..<mark]
        if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
        var exponent = text[text.index(after: mark)...]
        let sign = exponent.hasPrefix("-") ? "-" : "+"
        exponent = exponent.drop { $0 == "-" || $0 == "+" }
        let digits = exponent.count < 2 ? "0\(exponent)" : String(exponent)
        return "\(mantissa)e\(sign)\(digits)"
    }
}

private struct JSONWriter {
    let style: JSONStyle
    var bytes: [UInt8] = []

    init(style: JSONStyle) { self.style = style }

    mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: put("null")
        case .bool(let flag): put(flag ? "true" : "false")
        case .integer(let number): put(String(number))
        case .number(let number): put(JSONValue.pythonText(of: number))
        case .string(let text): write(text)
        case .array(let elements):
            list("[", "]", count: elements.count, depth: depth) { writer, index in
                writer.write(elements[index], depth: depth + 1)
            }
        case .object(let members):
            let keys = style.sortedKeys ? members.keys.sorted(by: Self.byCodePoint) : Array(members.keys)
            list("{", "}", count: keys.count, depth: depth) { writer, index in
                writer.write(keys[index])
                writer.put(writer.style.keySeparator)
                writer.write(members[keys[index]] ?? .null, depth: depth + 1)
            }
        }
    }

    /// Swift orders strings by canonical equivalence; Python by code point, which is UTF-8's byte order.
    private static func byCodePoint(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private mutating func list(
        _ open: String, _ close: String, count: Int, depth: Int, element: (inout JSONWriter, Int) -> Void
    ) {
        put(open)
        for index in 0..<count {
            if index > 0 { put(style.itemSeparator) }
            newLine(depth + 1)
            element(&self, index)
        }
        if count > 0 { newLine(depth) }
        put(close)
    }

    private mutating func newLine(_ depth: Int) {
        guard let indent = style.indent else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: indent * depth))
    }

    private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func write(_ text: String) {
        if style.asciiOnly { return writeASCII(text) }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if let short = Self.shortEscape(UInt16(byte)) {
                put(short)
            } else if byte < 0x20 {
                unicodeEscape(UInt16(byte))
            } else {
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Unit by unit of UTF-16, since an escape names UTF-16 units.
    private mutating func writeASCII(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for unit in text.utf16 {
            if let short = Self.shortEscape(unit) {
                put(short)
            } else if (0x20..<0x80).contains(unit) {
                bytes.append(UInt8(unit))
            } else {
                unicodeEscape(unit)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func shortEscape(_ unit: UInt16) -> String? {
        switch unit {
        case 0x22: "\\\""
        case 0x5C: "\\\\"
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0x09: "\\t"
        case 0x08: "\\b"
        case 0x0C: "\\f"
        default: nil
        }
    }

    private mutating func unicodeEscape(_ unit: UInt16) {
        let digits = Array("0123456789abcdef".utf8)
        put("\\u")
        for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> UInt16(shift)) & 0xF]) }
    }
}

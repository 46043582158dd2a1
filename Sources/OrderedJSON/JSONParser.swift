import OrderedCollections

extension JSONValue {
    /// Parses a whole text; anything but white space after the value is an error.
    ///
    /// Strict RFC 8259 with two liberties that writers of data sets take: a byte order mark at the start is
    /// skipped, and `NaN`, `Infinity`, `-Infinity` are read as numbers, as Python writes them.
    /// - Throws: `JSONError` for a syntax error, invalid UTF-8, or nesting beyond 512.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        try self.init(parsing: bytes, losesNothing: false)
    }

    /// With `losesNothing`, what could only be read by leaving something out is an error as well: a key that an object
    /// has twice, half of a surrogate pair, a number beyond the range of a double.
    public init(parsing bytes: some Sequence<UInt8>, losesNothing: Bool) throws(JSONError) {
        let parsed = bytes.withContiguousStorageIfAvailable { buffer in
            Result<JSONValue, JSONError> { () throws(JSONError) in
                var parser = JSONParser(bytes: buffer, losesNothing: losesNothing)
                return try parser.document()
            }
        }
        if let parsed {
            self = try parsed.get()
        } else {
            self = try JSONValue(parsing: ContiguousArray(bytes), losesNothing: losesNothing)
        }
    }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: ContiguousArray(text.utf8))
    }
}

/// One pass over the bytes, no back-tracking.
struct JSONParser {
    private static let deepest = 512

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0
    private let losesNothing: Bool

    init(bytes: UnsafeBufferPointer<UInt8>, losesNothing: Bool = false) {
        self.bytes = bytes
        self.losesNothing = losesNothing
    }

    mutating func document() throws(JSONError) -> JSONValue {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
        skipSpace()
        if position == bytes.count { throw failure("the text is empty") }
        let value = try value()
        skipSpace()
        if position < bytes.count { throw failure("unexpected text after the end of the value") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        guard position < bytes.count else { throw failure("unexpected end of the text") }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "N"): return try literal("NaN", .number(.nan))
        case UInt8(ascii: "I"): return try literal("Infinity", .number(.infinity))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("expected a value")
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length else { throw failure("unexpected end of the text") }
        for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
            throw failure("expected a value")
        }
        position += length
        return value
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var members = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard position < bytes.count else { throw failure("unexpected end inside an object") }
            guard bytes[position] == UInt8(ascii: "\"") else { throw failure("expected a key in double quotes") }
            let keyStart = position
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected ':' after the key") }
            skipSpace()
            if members.updateValue(try value(), forKey: key) != nil, losesNothing {
                throw failure("the key '\(key)' is there twice", at: keyStart)
            }
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "}")) { return .object(members) }
            throw failure(position < bytes.count ? "expected ',' or '}'" : "unexpected end inside an object")
        }
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            if take(UInt8(ascii: "]")) { return .array(elements) }
            throw failure(position < bytes.count ? "expected ',' or ']'" : "unexpected end inside an array")
        }
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        if depth > Self.deepest { throw failure("nested deeper than \(Self.deepest) levels") }
        position += 1
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = try text(start..<position)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw failure("a control character stands unescaped in a string") }
            position += 1
        }
        throw failure("unexpected end inside a string")
    }

    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var content: [UInt8] = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure("invalid UTF-8 in a string")
                }
                position += 1
                return text
            }
            if byte < 0x20 { throw failure("a control character stands unescaped in a string") }
            position += 1
            if byte == UInt8(ascii: "\\") {
                try appendEscape(to: &content)
            } else {
                content.append(byte)
            }
        }
        throw failure("unexpected end inside a string")
    }

    private mutating func appendEscape(to content: inout [UInt8]) throws(JSONError) {
        guard position < bytes.count else { throw failure("unexpected end inside a string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content.append(contentsOf: Array(String(try escapedScalar()).utf8))
        default:
            position -= 1
            throw failure("unknown escape in a string")
        }
    }

    /// A lone surrogate has no UTF-8 form; it becomes U+FFFD, or is an error where nothing may be lost.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let start = position - 2
        let first = try fourHexDigits()
        guard (0xD800...0xDBFF).contains(first) else {
            if let scalar = Unicode.Scalar(first) { return scalar }
            return try loneSurrogate(at: start)
        }
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return try loneSurrogate(at: start) }
        let mark = position
        position += 2
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second) else {
            position = mark
            return try loneSurrogate(at: start)
        }
        return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private func loneSurrogate(at offset: Int) throws(JSONError) -> Unicode.Scalar {
        if losesNothing { throw failure("half of a surrogate pair: the text was cut within a character", at: offset) }
        return "\u{FFFD}"
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        guard bytes.count - position >= 4 else { throw failure("unexpected end inside a string") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw failure("expected four hexadecimal digits after \\u")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func text(_ range: Range<Int>) throws(JSONError) -> String {
        guard let text = String(validating: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self) else {
            throw failure("invalid UTF-8 in a string", at: Self.firstInvalidByte(bytes[range]))
        }
        return text
    }

    private static func firstInvalidByte(_ range: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var iterator = range.makeIterator()
        var decoder = UTF8()
        var offset = range.startIndex
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput, .error: return offset
            }
        }
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let negative = take(UInt8(ascii: "-"))
        if negative, position < bytes.count, bytes[position] == UInt8(ascii: "I") {
            return try literal("Infinity", .number(-.infinity))
        }
        let digits = countDigits()
        if digits == 0 { throw failure("expected a digit") }
        if digits > 1, bytes[position - digits] == UInt8(ascii: "0") {
            throw failure("a number may not start with 0", at: start)
        }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            if countDigits() == 0 { throw failure("expected a digit after the point") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if countDigits() == 0 { throw failure("expected a digit in the exponent") }
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        if isWhole, let whole = Int(text) { return .integer(whole) }
        guard let value = Double(text) else { throw failure("not a number", at: start) }
        if losesNothing, value.isInfinite { throw failure("a number beyond the range of a double", at: start) }
        return .number(value)
    }

    private mutating func countDigits() -> Int {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        return position - start
    }

    // MARK: Steps

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> JSONError {
        let offset = offset ?? position
        var line = 1
        var lineStart = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == 0x0A {
            line += 1
            lineStart = index + 1
        }
        return JSONError(offset: offset, line: line, column: offset - lineStart + 1, reason: reason)
    }
}

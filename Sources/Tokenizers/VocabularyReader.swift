import OrderedJSON

/// Reads the tokens of `model.vocab` straight from the bytes of a file that is known to be valid JSON.
///
/// A `JSONObject` holds its keys as `String`, for which canonically equivalent texts are equal: of `é` as one scalar and
/// as two only one would survive, and vocabularies have both.
struct VocabularyReader {
    private let bytes: [UInt8]
    private var position = 0

    /// The tokens in the file's order; nil when the file has no such object.
    static func tokens(in bytes: [UInt8]) -> [(token: [UInt8], id: JSONValue)]? {
        var reader = VocabularyReader(bytes: bytes)
        guard reader.enter("model"), reader.enter("vocab"), reader.take(UInt8(ascii: "{")) else { return nil }
        var tokens: [(token: [UInt8], id: JSONValue)] = []
        if reader.take(UInt8(ascii: "}")) { return tokens }
        repeat {
            guard let token = reader.string(), reader.take(UInt8(ascii: ":")) else { return nil }
            reader.skipSpace()
            let start = reader.position
            guard reader.skipValue() else { return nil }
            tokens.append((token, reader.number(start)))
        } while reader.take(UInt8(ascii: ","))
        return tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Moves to the value of the last member of that name, as readers of JSON take the last.
    private mutating func enter(_ name: String) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        var found: Int?
        if take(UInt8(ascii: "}")) { return false }
        repeat {
            guard let key = string(), take(UInt8(ascii: ":")) else { return false }
            skipSpace()
            if key.elementsEqual(name.utf8) { found = position }
            guard skipValue() else { return false }
        } while take(UInt8(ascii: ","))
        guard let found else { return false }
        position = found
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func string() -> [UInt8]? {
        skipSpace()
        let start = position
        guard let isPlain = skipString() else { return nil }
        if isPlain { return Array(bytes[(start + 1)..<(position - 1)]) }
        guard let text = (try? JSONValue(parsing: bytes[start..<position]))?.string else { return nil }
        return Array(text.utf8)
    }

    /// Whether the string that was passed over has no escapes; nil when there is no string.
    private mutating func skipString() -> Bool? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        position += 1
        var isPlain = true
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return isPlain
            case UInt8(ascii: "\\"):
                isPlain = false
                position += 2
            default: position += 1
            }
        }
        return nil
    }

    private mutating func skipValue() -> Bool {
        var depth = 0
        repeat {
            guard position < bytes.count else { return false }
            switch bytes[position] {
            case UInt8(ascii: "\""): if skipString() == nil { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return true }
                depth -= 1
                position += 1
                if depth == 0 { return true }
                continue
            case UInt8(ascii: ",") where depth == 0: return true
            default: position += 1
            }
            if depth == 0, position < bytes.count, bytes[position - 1] == UInt8(ascii: "\"") { return true }
        } while true
    }

    /// Plain digits are read here, anything else (fractions, nulls) as JSON.
    private func number(_ start: Int) -> JSONValue {
        var end = position
        while end > start, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[end - 1]) { end -= 1 }
        var value = 0
        for byte in bytes[start..<end] {
            guard byte >= 0x30, byte <= 0x39, end - start < 12 else {
                return (try? JSONValue(parsing: bytes[start..<end])) ?? .null
            }
            value = value * 10 + Int(byte - 0x30)
        }
        return .integer(value)
    }
}

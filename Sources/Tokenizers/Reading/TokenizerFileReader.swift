import OrderedJSON

/// Reads a `tokenizer.json` with its vocabulary and merges straight into flat lists, the rest as JSON. A file of 128
/// thousand tokens is there in a fraction of the time that it takes as a tree of JSON values.
///
/// Takes only what it is sure of: anything odd gives nil, and the caller parses the file as plain JSON, for its errors.
struct TokenizerFileReader {
    private let bytes: [UInt8]
    private var position = 0
    private var entries: ModelEntries?

    /// The file with `model.vocab` and `model.merges` left empty, and their contents.
    static func read(_ bytes: [UInt8]) -> (json: JSONValue, entries: ModelEntries)? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = TokenizerFileReader(bytes: bytes)
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { reader.position = 3 }
        guard let root = reader.object({ reader, key in key == "model" ? reader.model() : reader.other() }) else {
            return nil
        }
        reader.skipSpace()
        guard reader.position == bytes.count, let entries = reader.entries else { return nil }
        return (root, entries)
    }

    /// The members of a vocabulary file (`{"token": id, …}`); nil when the file is anything else.
    static func readVocabulary(_ bytes: [UInt8]) -> ModelEntries? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = TokenizerFileReader(bytes: bytes)
        var entries = ModelEntries()
        guard reader.tokens(into: &entries) else { return nil }
        reader.skipSpace()
        return reader.position == bytes.count ? entries : nil
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    // MARK: The parts of a tokenizer

    private mutating func model() -> JSONValue? {
        var read = ModelEntries()
        var hasVocabulary = false
        let json = object { reader, key in
            switch key {
            case "vocab":
                read.tokens = TextList()
                read.ids = []
                read.scores = []
                hasVocabulary = true
                reader.skipSpace()
                if reader.peek == UInt8(ascii: "[") { return reader.scoredTokens(into: &read) ? .array([]) : nil }
                return reader.tokens(into: &read) ? .object([:]) : nil
            case "merges":
                read.merges = TextList()
                return reader.merges(into: &read) ? .array([]) : nil
            default: return reader.other()
            }
        }
        guard hasVocabulary else { return nil }
        entries = read
        return json
    }

    private mutating func tokens(into entries: inout ModelEntries) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        if take(UInt8(ascii: "}")) { return true }
        repeat {
            guard string(into: &entries.tokens), take(UInt8(ascii: ":")), let id = smallNumber() else { return false }
            entries.ids.append(id)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}"))
    }

    private mutating func scoredTokens(into entries: inout ModelEntries) -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        if take(UInt8(ascii: "]")) { return true }
        repeat {
            guard take(UInt8(ascii: "[")), string(into: &entries.tokens), take(UInt8(ascii: ",")),
                let score = number(), take(UInt8(ascii: "]"))
            else { return false }
            entries.scores.append(score)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]"))
    }

    private mutating func merges(into entries: inout ModelEntries) -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        if take(UInt8(ascii: "]")) { return true }
        repeat {
            if take(UInt8(ascii: "[")) {
                guard string(into: &entries.merges), take(UInt8(ascii: ",")), string(into: &entries.merges),
                    take(UInt8(ascii: "]"))
                else { return false }
            } else {
                var line = TextList()
                guard string(into: &line), entries.addMerge(line: line.bytes) else { return false }
            }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]"))
    }

    // MARK: JSON

    private mutating func object(_ member: (inout TokenizerFileReader, String) -> JSONValue?) -> JSONValue? {
        guard take(UInt8(ascii: "{")) else { return nil }
        var members: JSONObject = [:]
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            var key = TextList()
            guard string(into: &key), take(UInt8(ascii: ":")) else { return nil }
            let name = key.text(0)
            guard let value = member(&self, name) else { return nil }
            members[name] = value
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(members) : nil
    }

    /// Any other value: its end is found by its brackets, its content is checked by the parser of JSON.
    private mutating func other() -> JSONValue? {
        skipSpace()
        let start = position
        var depth = 0
        scan: while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                    position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { break scan }
                depth -= 1
            case UInt8(ascii: ","): if depth == 0 { break scan }
            default: break
            }
            position += 1
        }
        guard position <= bytes.count else { return nil }
        return try? JSONValue(parsing: bytes[start..<position])
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func string(into list: inout TextList) -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                list.append(bytes[start..<position])
                position += 1
                return true
            }
            if byte == UInt8(ascii: "\\") { return escapedString(from: start, into: &list) }
            guard byte >= 0x20 else { return false }
            position += 1
        }
        return false
    }

    private mutating func escapedString(from start: Int, into list: inout TextList) -> Bool {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { return false }
        position += 1
        guard let text = (try? JSONValue(parsing: bytes[(start - 1)..<position]))?.string else { return false }
        list.append(text.utf8)
        return true
    }

    /// A whole number of up to seven digits, as ids are.
    private mutating func smallNumber() -> Int? {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39, position - start < 8 {
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        let count = position - start
        guard count > 0, count < 8, count == 1 || bytes[start] != 0x30, value <= TokenTable.highestAllowedID else {
            return nil
        }
        return value
    }

    /// A number as the reference library reads it, which is not always the nearest one: up to 19 digits, then one
    /// multiplication or division by a power of ten. Scores that differ in the last bit would decide ties another way.
    private mutating func number() -> Double? {
        skipSpace()
        let isNegative = peek == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var digits: UInt64 = 0
        var exponent = 0
        var isFull = false
        var hasFraction = false
        let start = position
        while let byte = peek {
            if byte == UInt8(ascii: "."), !hasFraction, position > start {
                hasFraction = true
            } else if byte >= 0x30, byte <= 0x39 {
                let (tenfold, isOver) = digits.multipliedReportingOverflow(by: 10)
                let (sum, isOverToo) = tenfold.addingReportingOverflow(UInt64(byte - 0x30))
                isFull = isFull || isOver || isOverToo
                if !isFull { digits = sum }
                // A digit of the fraction that counts scales down, one before the point that does not count scales up.
                if !isFull, hasFraction { exponent -= 1 }
                if isFull, !hasFraction { exponent += 1 }
            } else {
                break
            }
            position += 1
        }
        guard position > start, bytes[position - 1] != UInt8(ascii: ".") else { return nil }
        if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            let isDivided = peek == UInt8(ascii: "-")
            if isDivided || peek == UInt8(ascii: "+") { position += 1 }
            let first = position
            var value = 0
            while let byte = peek, byte >= 0x30, byte <= 0x39 {
                value = min(value * 10 + Int(byte - 0x30), 100_000)
                position += 1
            }
            guard position > first else { return nil }
            exponent += isDivided ? -value : value
        }
        guard let magnitude = Self.scaled(Double(digits), by: exponent) else { return nil }
        return isNegative ? -magnitude : magnitude
    }

    private static let powers: [Double] = (0...308).map { Double("1e\($0)") ?? 0 }

    private static func scaled(_ value: Double, by exponent: Int) -> Double? {
        var value = value
        var exponent = exponent
        while exponent < -308, value != 0 {
            value /= 1e308
            exponent += 308
        }
        guard value != 0 else { return 0 }
        guard exponent <= 308 else { return nil }
        let scaled = exponent < 0 ? value / powers[-exponent] : value * powers[exponent]
        return scaled.isFinite ? scaled : nil
    }
}

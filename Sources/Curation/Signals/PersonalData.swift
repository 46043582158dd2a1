/// Kinds of personal data and secrets that are looked for.
public enum PIIKind: String, Sendable, CaseIterable {
    case email, phone, ip, card, key

    public struct Set: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public init(_ kind: PIIKind) { rawValue = 1 << kind.place }
        public func contains(_ kind: PIIKind) -> Bool { rawValue & (1 << kind.place) != 0 }
        public mutating func insert(_ kind: PIIKind) { self = Set(rawValue: rawValue | 1 << kind.place) }
    }

    private var place: UInt8 {
        switch self {
        case .email: 0
        case .phone: 1
        case .ip: 2
        case .card: 3
        case .key: 4
        }
    }

    /// What stands in the text after masking.
    public var mask: String { "[\(rawValue)]" }
}

/// Where personal data stands in a text.
public struct PIISpan: Sendable, Equatable {
    public let kind: PIIKind
    /// UTF-8 offsets.
    public let range: Range<Int>
}

/// Finds e-mail addresses, telephone and card numbers, IPv4 addresses and keys. Forms with a check (card numbers with
/// Luhn's digit, addresses with four bytes) are checked; telephone numbers need a `+`, or groups.
public enum PersonalData {
    public static func spans(in text: String) -> [PIISpan] {
        spans(in: Array(text.utf8))
    }

    /// The text with each span replaced by its kind in brackets.
    public static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        for span in spans(in: bytes) {
            result += bytes[position..<span.range.lowerBound]
            result += Array(span.kind.mask.utf8)
            position = span.range.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    static func spans(in bytes: [UInt8]) -> [PIISpan] {
        var found: [PIISpan] = []
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            var span: PIISpan?
            if byte == UInt8(ascii: "@") {
                span = email(at: position, in: bytes)
            } else if isDigit(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "(") {
                if position == 0 || !isWord(bytes[position - 1]) && bytes[position - 1] != UInt8(ascii: ".") {
                    span = number(at: position, in: bytes)
                }
            }
            if span == nil, isKeyStart(byte), position == 0 || !isWord(bytes[position - 1]) {
                span = key(at: position, in: bytes)
            }
            if let span {
                // An address reaches back over bytes that were passed already.
                while let last = found.last, last.range.upperBound > span.range.lowerBound { found.removeLast() }
                found.append(span)
                position = max(span.range.upperBound, position + 1)
            } else {
                position += 1
            }
        }
        return found
    }

    // MARK: Addresses

    private static func email(at mark: Int, in bytes: [UInt8]) -> PIISpan? {
        var start = mark
        while start > 0, isWord(bytes[start - 1]) || [0x2E, 0x2B, 0x2D, 0x25].contains(bytes[start - 1]) { start -= 1 }
        var end = mark + 1
        while end < bytes.count, isWord(bytes[end]) || bytes[end] == 0x2E || bytes[end] == 0x2D { end += 1 }
        while end > mark + 1, bytes[end - 1] == 0x2E || bytes[end - 1] == 0x2D { end -= 1 }
        guard start < mark, let dot = bytes[(mark + 1)..<end].lastIndex(of: 0x2E), dot > mark + 1, end - dot - 1 >= 2,
            bytes[(dot + 1)..<end].allSatisfy(isLetter)
        else { return nil }
        return PIISpan(kind: .email, range: start..<end)
    }

    // MARK: Numbers

    private static func number(at start: Int, in bytes: [UInt8]) -> PIISpan? {
        if let end = address(at: start, in: bytes) { return PIISpan(kind: .ip, range: start..<end) }
        var digits: [UInt8] = []
        var groups = 0
        var end = start
        var position = start
        var inGroup = false
        var dashed = true
        var dotted = false
        scan: while position < bytes.count, digits.count < 22 {
            let byte = bytes[position]
            switch byte {
            case _ where isDigit(byte):
                if !inGroup { groups += 1 }
                // A dot counts when digits follow it: at the end it closes the sentence.
                if dotted { dashed = false }
                inGroup = true
                digits.append(byte - 0x30)
                end = position + 1
            case 0x20, 0x2D, 0x2E, 0x2F, 0x28, 0x29:
                // Two separators in a row are allowed only around a bracket.
                let doubled = position > start && !inGroup && byte != 0x28 && bytes[position - 1] != 0x29
                if doubled { break scan }
                dotted = dotted || byte == 0x2E || byte == 0x2F
                inGroup = false
            case 0x2B where position == start: break
            default: break scan
            }
            position += 1
        }
        if end < bytes.count, isWord(bytes[end]) { return nil }
        if (13...19).contains(digits.count), dashed, (3...6).contains(digits[0]), luhn(digits) {
            return PIISpan(kind: .card, range: start..<end)
        }
        let international = bytes[start] == 0x2B
        let bracketed = bytes[start] == 0x28
        guard (international ? 8...15 : 9...13).contains(digits.count) else { return nil }
        // A plain run of digits is an order number as often as a telephone.
        guard international || bracketed || (groups >= 3 && digits[0] == 0) || (groups == 3 && northAmerican(digits))
        else {
            return nil
        }
        if !international, looksLikeDate(bytes[start..<end]) { return nil }
        return PIISpan(kind: .phone, range: start..<end)
    }

    private static func northAmerican(_ digits: [UInt8]) -> Bool {
        digits.count == 10 && digits[0] >= 2 && digits[3] >= 2
    }

    private static func looksLikeDate(_ text: ArraySlice<UInt8>) -> Bool {
        let first = text.prefix { isDigit($0) }
        return first.count == 4 && (first.starts(with: [0x31, 0x39]) || first.starts(with: [0x32, 0x30]))
    }

    /// The end of an IPv4 address; loopback, unspecified and version numbers with a fifth part do not count.
    private static func address(at start: Int, in bytes: [UInt8]) -> Int? {
        var position = start
        var parts: [Int] = []
        while parts.count < 4 {
            var value = 0
            var count = 0
            while position < bytes.count, isDigit(bytes[position]), count < 4 {
                value = value * 10 + Int(bytes[position] - 0x30)
                position += 1
                count += 1
            }
            guard (1...3).contains(count), value <= 255 else { return nil }
            parts.append(value)
            if parts.count < 4 {
                guard position < bytes.count, bytes[position] == 0x2E else { return nil }
                position += 1
            }
        }
        if position < bytes.count, isWord(bytes[position]) { return nil }
        if position + 1 < bytes.count, bytes[position] == 0x2E, isDigit(bytes[position + 1]) { return nil }
        return parts[0] == 127 || parts.allSatisfy { $0 == 0 } || parts[0] == 0 ? nil : position
    }

    /// Luhn's check of card numbers (ISO/IEC 7812).
    private static func luhn(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            var value = Int(digit)
            if !place.isMultiple(of: 2) {
                value *= 2
                if value > 9 { value -= 9 }
            }
            sum += value
        }
        return sum.isMultiple(of: 10) && Swift.Set(digits).count > 1
    }

    // MARK: Keys

    private static let keyStarts: [(start: [UInt8], length: Int)] = [
        ("sk-", 20), ("sk_live_", 20), ("rk_live_", 20), ("ghp_", 24), ("gho_", 24), ("github_pat_", 30),
        ("glpat-", 20),
        ("xoxb-", 20), ("xoxp-", 20), ("AKIA", 20), ("ASIA", 20), ("AIza", 35), ("hf_", 24), ("eyJ", 40), ("npm_", 30),
        ("-----BEGIN", 20),
    ].map { (Array($0.0.utf8), $0.1) }

    private static func isKeyStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "s"), UInt8(ascii: "r"), UInt8(ascii: "g"), UInt8(ascii: "x"), UInt8(ascii: "A"),
            UInt8(ascii: "h"), UInt8(ascii: "e"), UInt8(ascii: "n"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func key(at start: Int, in bytes: [UInt8]) -> PIISpan? {
        for (mark, length) in keyStarts where bytes[start...].starts(with: mark) {
            if mark.first == 0x2D {
                let line = bytes[start...].prefix { $0 != 0x0A }
                guard line.count >= length, String(decoding: line, as: UTF8.self).contains("PRIVATE KEY") else {
                    continue
                }
                return PIISpan(kind: .key, range: start..<line.endIndex)
            }
            var end = start + mark.count
            while end < bytes.count, isWord(bytes[end]) || bytes[end] == 0x2D || bytes[end] == 0x2E { end += 1 }
            while end > start, bytes[end - 1] == 0x2E { end -= 1 }
            // A hyphenated word can start like a key; a key has digits in it.
            guard end - start >= length, bytes[start..<end].contains(where: isDigit) else { continue }
            return PIISpan(kind: .key, range: start..<end)
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    private static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || byte == 0x5F }
}

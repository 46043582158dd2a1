extension PatternParser {
    mutating func bracketed() throws(PatternError) -> ScalarSet {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw PatternError(reason: "sets are nested too deeply") }
        guard take("[") else { throw PatternError(reason: "a set must start with '['") }
        let isNegated = take("^")
        var parts: [ScalarSet] = []
        var items: [ScalarSet.Item] = []
        var isFirst = true
        while isFirst || !take("]") {
            guard let scalar = next else { throw PatternError(reason: "a set is not closed by ']'") }
            if take("&&") {
                parts.append(ScalarSet(items, ignoresCase: ignoresCase))
                items = []
            } else if take("[:") {
                items.append(.nested(try bracketName()))
            } else if scalar == Self.value("[") {
                items.append(.nested(try bracketed()))
            } else {
                items.append(try member())
            }
            isFirst = false
        }
        guard !parts.isEmpty else { return ScalarSet(items, isNegated: isNegated, ignoresCase: ignoresCase) }
        parts.append(ScalarSet(items, ignoresCase: ignoresCase))
        return ScalarSet([.intersection(parts)], isNegated: isNegated)
    }

    /// `[:alpha:]` and the like, after the opening.
    private mutating func bracketName() throws(PatternError) -> ScalarSet {
        let isNegated = take("^")
        var name = ""
        while let scalar = next, scalar != Self.value(":"), let letter = Unicode.Scalar(scalar) {
            name.unicodeScalars.append(letter)
            index += 1
        }
        let known = name == "punct" ? .bracketPunctuation : ScalarSet.property(name)
        guard take(":]"), let set = known else {
            throw PatternError(reason: "the set '[:\(name):]' is not supported")
        }
        return isNegated ? set.negated : set
    }

    private mutating func member() throws(PatternError) -> ScalarSet.Item {
        guard let low = try endpoint() else { return .nested(try escapedSet(isBracketed: true)) }
        let start = index
        guard take("-"), let scalar = next, scalar != Self.value("]"), scalar != Self.value("[") else {
            index = start
            return .range(low, low)
        }
        guard let high = try endpoint() else {
            // `a-\d`: the hyphen is plain.
            index = start
            return .range(low, low)
        }
        guard low <= high else { throw PatternError(reason: "a range in a set runs backwards") }
        return .range(low, high)
    }

    /// One scalar, plain or escaped; nil (standing after the backslash) for an escape that is a set, as `\d`.
    private mutating func endpoint() throws(PatternError) -> UInt32? {
        guard let scalar = next else { throw PatternError(reason: "a set is not closed by ']'") }
        index += 1
        guard scalar == Self.value("\\") else { return scalar }
        guard let escaped = next, let letter = Unicode.Scalar(escaped) else {
            throw PatternError(reason: "it ends in a backslash")
        }
        switch Character(letter) {
        case "s", "S", "d", "D", "w", "W", "h", "H", "p", "P": return nil
        case "n": index += 1; return 0x0a
        case "r": index += 1; return 0x0d
        case "t": index += 1; return 0x09
        case "f": index += 1; return 0x0c
        case "v": index += 1; return 0x0b
        case "a": index += 1; return 0x07
        case "b": index += 1; return 0x08
        case "e": index += 1; return 0x1b
        case "0": index += 1; return 0
        case "x", "u":
            let isLong = letter == "u"
            index += 1
            let isBraced = !isLong && take("{")
            guard let value = hexadecimal(atMost: isBraced ? 8 : isLong ? 4 : 2), !isBraced || take("}") else {
                throw PatternError(reason: "a \\x or \\u escape is malformed")
            }
            return value
        case let character where character.isASCII && (character.isLetter || character.isNumber):
            throw PatternError(reason: "the escape '\\\(character)' is not supported")
        default:
            index += 1
            return escaped
        }
    }
}

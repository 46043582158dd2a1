extension PatternParser {
    mutating func escape() throws(PatternError) -> PatternNode {
        index += 1
        guard let scalar = next else { throw PatternError(reason: "it ends in a backslash") }
        let anchor: PatternNode.Anchor? =
            switch scalar {
            case Self.value("A"): .textStart
            case Self.value("z"): .textEnd
            case Self.value("Z"): .textEndOrLastNewline
            case Self.value("b"): .wordBoundary
            case Self.value("B"): .noWordBoundary
            default: nil
            }
        if let anchor {
            index += 1
            return .anchor(anchor)
        }
        if scalar == Self.value("R") {
            index += 1
            return .atomic(
                .alternation([.sequence([.set(ScalarSet(scalar: 0x0d)), .set(.newline)]), .set(.lineEnds)]))
        }
        if let reason = Self.refused(scalar) { throw PatternError(reason: reason) }
        return .set(try escapedSet())
    }

    private static func refused(_ scalar: UInt32) -> String? {
        switch scalar {
        case 0x31...0x39, value("k"): "references back to a group ('\\1', '\\k') are not supported"
        case value("g"): "calls of a group ('\\g') are not supported"
        case value("K"): "'\\K' (leaving out what was matched before) is not supported"
        case value("G"): "'\\G' (the end of the match before) is not supported"
        case value("X"): "'\\X' (a whole grapheme) is not supported"
        case value("y"), value("Y"): "text segment boundaries ('\\y', '\\Y') are not supported"
        default: nil
        }
    }

    /// The set behind a backslash; `index` stands at the character after it.
    mutating func escapedSet(isBracketed: Bool = false) throws(PatternError) -> ScalarSet {
        guard let scalar = next else { throw PatternError(reason: "it ends in a backslash") }
        index += 1
        switch Character(Unicode.Scalar(scalar) ?? "\u{fffd}") {
        case "s": return .whiteSpace
        case "S": return ScalarSet.whiteSpace.negated
        case "d": return .digit
        case "D": return ScalarSet.digit.negated
        case "w": return isBracketed ? .bracketWord : .word
        case "W": return isBracketed ? ScalarSet.bracketWord.negated : ScalarSet.word.negated
        case "h": return .hexDigit
        case "H": return ScalarSet.hexDigit.negated
        case "N" where !isBracketed: return ScalarSet.newline.negated
        case "O" where !isBracketed: return .anything
        case "p": return try property(isNegated: false)
        case "P": return try property(isNegated: true)
        case "n": return ScalarSet(scalar: 0x0a)
        case "r": return ScalarSet(scalar: 0x0d)
        case "t": return ScalarSet(scalar: 0x09)
        case "f": return ScalarSet(scalar: 0x0c)
        case "v": return ScalarSet(scalar: 0x0b)
        case "a": return ScalarSet(scalar: 0x07)
        case "e": return ScalarSet(scalar: 0x1b)
        case "0": return ScalarSet(scalar: 0)
        case "x":
            if take("{") {
                let value = hexadecimal(atMost: 8)
                guard let value, take("}") else { throw PatternError(reason: "a \\x{…} is malformed") }
                return ScalarSet(scalar: value, ignoresCase: ignoresCase)
            }
            guard let value = hexadecimal(atMost: 2), value < 0x80 else {
                throw PatternError(reason: "\\x beyond ASCII is a byte, not a character; write \\x{…}")
            }
            return ScalarSet(scalar: value, ignoresCase: ignoresCase)
        case "u":
            guard let value = hexadecimal(atMost: 4) else { throw PatternError(reason: "a \\u is malformed") }
            return ScalarSet(scalar: value, ignoresCase: ignoresCase)
        case let character where character.isASCII && (character.isLetter || character.isNumber):
            throw PatternError(reason: "the escape '\\\(character)' is not supported")
        default: return ScalarSet(scalar: scalar, ignoresCase: ignoresCase)
        }
    }

    mutating func hexadecimal(atMost digits: Int) -> UInt32? {
        var value: UInt32?
        var count = 0
        while count < digits, let scalar = next.flatMap({ Unicode.Scalar($0) }),
            let digit = Character(scalar).hexDigitValue
        {
            value = (value ?? 0) &<< 4 | UInt32(digit)
            index += 1
            count += 1
        }
        return value
    }

    private mutating func property(isNegated: Bool) throws(PatternError) -> ScalarSet {
        var name = ""
        if take("{") {
            while let scalar = next, scalar != Self.value("}") {
                if let scalar = Unicode.Scalar(scalar) { name.unicodeScalars.append(scalar) }
                index += 1
            }
            guard take("}") else { throw PatternError(reason: "a \\p{…} is not closed") }
        } else if let scalar = next, let letter = Unicode.Scalar(scalar) {
            name.unicodeScalars.append(letter)
            index += 1
        }
        var isNegated = isNegated
        if name.hasPrefix("^") {
            isNegated.toggle()
            name.removeFirst()
        }
        guard let set = ScalarSet.property(name) else {
            throw PatternError(reason: "the character property '\\p{\(name)}' is not supported")
        }
        return isNegated ? set.negated : set
    }
}

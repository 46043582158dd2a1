/// Reads the regular expressions of tokenizer files. They are written for Oniguruma with Ruby's syntax, which differs
/// from Perl's in two places that matter: `^` and `$` hold at every line, and `{m,n}+` repeats a repetition (it is not
/// possessive).
struct PatternParser {
    private let scalars: [UInt32]
    private var index = 0
    private var ignoresCase = false
    private var depth = 0

    private static let deepest = 64
    private static let largestCount = 1000

    static func parse(_ pattern: String) throws(PatternError) -> PatternNode {
        guard pattern.utf8.count <= 65_536 else { throw PatternError(reason: "it is longer than 64 KiB") }
        var parser = PatternParser(scalars: pattern.unicodeScalars.map(\.value))
        let node = try parser.alternation()
        guard parser.index == parser.scalars.count else { throw PatternError(reason: "unmatched ')'") }
        return node
    }

    private init(scalars: [UInt32]) { self.scalars = scalars }

    private var next: UInt32? { index < scalars.count ? scalars[index] : nil }

    private static func value(_ character: Character) -> UInt32 { character.unicodeScalars.first?.value ?? 0 }

    private mutating func take(_ text: String) -> Bool {
        var end = index
        for scalar in text.unicodeScalars {
            guard end < scalars.count, scalars[end] == scalar.value else { return false }
            end += 1
        }
        index = end
        return true
    }

    // MARK: Structure

    private mutating func alternation() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw PatternError(reason: "groups are nested too deeply") }
        let outerCase = ignoresCase
        defer { ignoresCase = outerCase }
        var branches: [PatternNode] = []
        repeat { branches.append(try sequence()) } while take("|")
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = next, scalar != Self.value("|"), scalar != Self.value(")") {
            if let node = try atom() { nodes.append(try quantified(node)) }
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func quantified(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        var node = atom
        while true {
            if take("*") {
                node = .repetition(node, atLeast: 0, atMost: PatternNode.unbounded, greed())
            } else if take("+") {
                node = .repetition(node, atLeast: 1, atMost: PatternNode.unbounded, greed())
            } else if take("?") {
                node = .repetition(node, atLeast: 0, atMost: 1, greed())
            } else if let bounds = try counts() {
                let isFixed = bounds.low == bounds.high
                let isLazy = !isFixed && take("?")
                node = .repetition(node, atLeast: bounds.low, atMost: bounds.high, isLazy ? .lazy : .greedy)
            } else {
                return node
            }
        }
    }

    private mutating func greed() -> PatternNode.Greed { take("?") ? .lazy : take("+") ? .possessive : .greedy }

    /// `{m}`, `{m,}`, `{,n}` or `{m,n}`; anything else after `{` is plain text.
    private mutating func counts() throws(PatternError) -> (low: Int, high: Int)? {
        let start = index
        guard take("{") else { return nil }
        let low = number()
        let hasComma = take(",")
        let high = hasComma ? number() : low
        guard take("}"), low != nil || high != nil else {
            index = start
            return nil
        }
        let bounds = (low: low ?? 0, high: high ?? PatternNode.unbounded)
        guard bounds.low <= bounds.high, bounds.low <= Self.largestCount,
            bounds.high == PatternNode.unbounded || bounds.high <= Self.largestCount
        else { throw PatternError(reason: "a repetition {m,n} needs m ≤ n ≤ \(Self.largestCount)") }
        return bounds
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, (0x30...0x39).contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar - 0x30), 1_000_000)
            index += 1
        }
        return value
    }

    // MARK: Atoms

    /// nil for what matches nothing by itself, as `(?i)`.
    private mutating func atom() throws(PatternError) -> PatternNode? {
        guard let scalar = next else { return nil }
        switch Character(Unicode.Scalar(scalar) ?? "\u{fffd}") {
        case "(": return try group()
        case "[": return .set(try bracketed())
        case ".":
            index += 1
            return .set(ScalarSet.newline.negated)
        case "^":
            index += 1
            return .anchor(.lineStart)
        case "$":
            index += 1
            return .anchor(.lineEnd)
        case "\\": return try escape()
        case "*", "+", "?": throw PatternError(reason: "a quantifier has nothing before it")
        default:
            // `{` too is plain text where no repetition stands.
            index += 1
            return .set(ScalarSet(scalar: scalar, ignoresCase: ignoresCase))
        }
    }

    private mutating func group() throws(PatternError) -> PatternNode? {
        guard take("(") else { return nil }
        var wrap: (PatternNode) -> PatternNode = { $0 }
        let outerCase = ignoresCase
        defer { ignoresCase = outerCase }
        if take("?") {
            if take(":") {
                // A plain group.
            } else if take("=") {
                wrap = { .look($0, isAhead: true, isNegative: false) }
            } else if take("!") {
                wrap = { .look($0, isAhead: true, isNegative: true) }
            } else if take("<=") {
                wrap = { .look($0, isAhead: false, isNegative: false) }
            } else if take("<!") {
                wrap = { .look($0, isAhead: false, isNegative: true) }
            } else if take(">") {
                wrap = { .atomic($0) }
            } else {
                let isOff = take("-")
                guard take("i") else { throw PatternError(reason: "the group '(?' of this kind is not supported") }
                if take(")") {
                    // Holds to the end of the enclosing group: the rest is read here as one group.
                    let inner = try scoped(ignoringCase: !isOff)
                    return inner
                }
                guard take(":") else { throw PatternError(reason: "only the option i is supported in '(?…)'") }
                ignoresCase = !isOff
            }
        }
        let inner = try alternation()
        guard take(")") else { throw PatternError(reason: "missing ')'") }
        if case .look(_, false, _) = wrap(.empty), inner.width == nil {
            throw PatternError(reason: "a lookbehind must have one fixed length")
        }
        return wrap(inner)
    }

    private mutating func scoped(ignoringCase: Bool) throws(PatternError) -> PatternNode {
        ignoresCase = ignoringCase
        return try alternation()
    }

    private mutating func escape() throws(PatternError) -> PatternNode {
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
        return .set(try escapedSet())
    }

    /// The set behind a backslash; `index` stands at the character after it.
    private mutating func escapedSet(isBracketed: Bool = false) throws(PatternError) -> ScalarSet {
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
                throw PatternError(reason: "\\x is supported for ASCII and as \\x{…} only")
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

    private mutating func hexadecimal(atMost digits: Int) -> UInt32? {
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

    // MARK: Bracketed sets

    private mutating func bracketed() throws(PatternError) -> ScalarSet {
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

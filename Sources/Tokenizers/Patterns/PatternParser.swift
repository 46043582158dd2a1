/// Reads the regular expressions of tokenizer files. They are written for Oniguruma with Ruby's syntax, which differs
/// from Perl's in two places that matter: `^` and `$` hold at every line, and `{m,n}+` repeats a repetition (it is not
/// possessive).
struct PatternParser {
    let scalars: [UInt32]
    var index = 0
    var ignoresCase = false
    private var dotMatchesNewline = false
    private var isExtended = false
    var depth = 0

    static let deepest = 64
    private static let largestCount = 1000

    static func parse(_ pattern: String) throws(PatternError) -> PatternNode {
        guard pattern.utf8.count <= 65_536 else { throw PatternError(reason: "it is longer than 64 KiB") }
        var parser = PatternParser(scalars: pattern.unicodeScalars.map(\.value))
        let node = try parser.alternation()
        guard parser.index == parser.scalars.count else { throw PatternError(reason: "unmatched ')'") }
        return node
    }

    private init(scalars: [UInt32]) { self.scalars = scalars }

    var next: UInt32? { index < scalars.count ? scalars[index] : nil }

    static func value(_ character: Character) -> UInt32 { character.unicodeScalars.first?.value ?? 0 }

    mutating func take(_ text: String) -> Bool {
        var end = index
        for scalar in text.unicodeScalars {
            guard end < scalars.count, scalars[end] == scalar.value else { return false }
            end += 1
        }
        index = end
        return true
    }

    // MARK: Structure

    mutating func alternation() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw PatternError(reason: "groups are nested too deeply") }
        let outer = (ignoresCase, dotMatchesNewline, isExtended)
        defer { (ignoresCase, dotMatchesNewline, isExtended) = outer }
        var branches: [PatternNode] = []
        repeat { branches.append(try sequence()) } while take("|")
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while true {
            skipCommentary()
            guard let scalar = next, scalar != Self.value("|"), scalar != Self.value(")") else { break }
            if let node = try atom() { nodes.append(try quantified(node)) }
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    /// White space and `# …` where the option x is on.
    private mutating func skipCommentary() {
        while isExtended, let scalar = next {
            if scalar == Self.value("#") {
                while let other = next, other != 0x0a { index += 1 }
            } else if scalar == 0x20 || (0x09...0x0d).contains(scalar) {
                index += 1
            } else {
                return
            }
        }
    }

    private mutating func quantified(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        var node = atom
        while true {
            skipCommentary()
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
            return .set(dotMatchesNewline ? .anything : ScalarSet.newline.negated)
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
        let outer = (ignoresCase, dotMatchesNewline, isExtended)
        defer { (ignoresCase, dotMatchesNewline, isExtended) = outer }
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
            } else if take("#") {
                while let scalar = next, scalar != Self.value(")") { index += scalar == Self.value("\\") ? 2 : 1 }
                guard take(")") else { throw PatternError(reason: "the comment '(?#' is not closed") }
                return nil
            } else if take("<") || take("P<") || take("'") {
                try groupName()
            } else if let rest = try options() {
                return rest
            }
        }
        let inner = try alternation()
        guard take(")") else { throw PatternError(reason: "missing ')'") }
        if case .look(_, false, _) = wrap(.empty), inner.widths.most == nil {
            throw PatternError(reason: "a lookbehind must have a bounded length")
        }
        return wrap(inner)
    }

    /// A name makes a group no different, since nothing refers back to it.
    private mutating func groupName() throws(PatternError) {
        let start = index
        while let scalar = next, let letter = Unicode.Scalar(scalar),
            letter.properties.isAlphabetic || letter == "_" || (index > start && letter.properties.numericType != nil)
        {
            index += 1
        }
        guard index > start, take(">") || take("'") else {
            throw PatternError(reason: "the name of a group is malformed")
        }
    }

    /// `i`, `m` and `x`, on or off: for the group that follows, or (nil is not returned then) up to the end of the
    /// enclosing group, whose rest is read here as one group.
    private mutating func options() throws(PatternError) -> PatternNode? {
        var isOff = false
        while let scalar = next, scalar != Self.value(":"), scalar != Self.value(")") {
            if take("-") {
                isOff = true
            } else if take("i") {
                ignoresCase = !isOff
            } else if take("m") {
                dotMatchesNewline = !isOff
            } else if take("x") {
                isExtended = !isOff
            } else {
                let name = Unicode.Scalar(scalar).map { String(Character($0)) } ?? ""
                throw PatternError(reason: "the group '(?\(name)' is not supported")
            }
        }
        if take(":") { return nil }
        guard take(")") else { throw PatternError(reason: "missing ')'") }
        return try alternation()
    }
}

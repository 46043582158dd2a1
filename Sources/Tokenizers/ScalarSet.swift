/// A set of Unicode scalars as a pattern states it: ranges, categories, other sets, possibly negated.
struct ScalarSet: Sendable {
    enum Item: Sendable {
        case range(UInt32, UInt32)
        case categories(UInt32)
        case whiteSpace
        case alphabetic
        case nested(ScalarSet)
        /// The scalars that are in every one of the sets (`[a&&b]`).
        case intersection([ScalarSet])
    }

    private var items: [Item]
    private var isNegated: Bool
    private var ignoresCase: Bool
    /// The answer for ASCII, computed once.
    private var ascii: (low: UInt64, high: UInt64) = (0, 0)

    init(_ items: [Item], isNegated: Bool = false, ignoresCase: Bool = false) {
        self.items = items
        self.isNegated = isNegated
        self.ignoresCase = ignoresCase
        for value in UInt32(0)..<128 where evaluate(value) {
            if value < 64 { ascii.low |= 1 << UInt64(value) } else { ascii.high |= 1 << UInt64(value - 64) }
        }
    }

    init(scalar: UInt32, ignoresCase: Bool = false) {
        self.init([.range(scalar, scalar)], ignoresCase: ignoresCase)
    }

    var negated: ScalarSet { ScalarSet(items, isNegated: !isNegated, ignoresCase: ignoresCase) }

    @inline(__always)
    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return ascii.low >> UInt64(value) & 1 != 0 }
        if value < 128 { return ascii.high >> UInt64(value - 64) & 1 != 0 }
        return evaluate(value)
    }

    private func evaluate(_ value: UInt32) -> Bool {
        if holds(value) { return !isNegated }
        if ignoresCase, let scalar = Unicode.Scalar(value) {
            let lower = Self.single(scalar.properties.lowercaseMapping)
            let upper = Self.single(scalar.properties.uppercaseMapping)
            for other in [lower, upper] {
                guard let other, other.value != value else { continue }
                // The long s folds to s only by way of its capital.
                if holds(other.value) { return !isNegated }
                if let back = Self.single(other.properties.lowercaseMapping), holds(back.value) { return !isNegated }
            }
        }
        return isNegated
    }

    private static func single(_ mapping: String) -> Unicode.Scalar? {
        let scalars = mapping.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }

    private func holds(_ value: UInt32) -> Bool {
        for item in items {
            switch item {
            case .range(let low, let high): if value >= low, value <= high { return true }
            case .categories(let mask): if UnicodeTable.shared.mask(value) & mask != 0 { return true }
            case .whiteSpace: if UnicodeTable.shared.isWhiteSpace(value) { return true }
            case .alphabetic: if UnicodeTable.shared.isAlphabetic(value) { return true }
            case .nested(let set): if set.contains(value) { return true }
            case .intersection(let sets): if sets.allSatisfy({ $0.contains(value) }) { return true }
            }
        }
        return false
    }
}

extension ScalarSet {
    static let newline = ScalarSet(scalar: 0x0a)
    static let whiteSpace = ScalarSet([.whiteSpace])
    static let bracketWord = ScalarSet([
        .alphabetic, .categories(CategoryMask.mark | CategoryMask.decimalNumber | CategoryMask.connector),
    ])
    /// Oniguruma's `\w`: outside brackets it counts the superscripts and fractions of Latin-1 in, but no others.
    static let word = ScalarSet([
        .nested(bracketWord), .range(0xb2, 0xb3), .range(0xb9, 0xb9), .range(0xbc, 0xbe),
    ])
    /// `[:punct:]`, which unlike `\p{Punct}` counts the symbols of ASCII in.
    static let bracketPunctuation = ScalarSet([
        .categories(CategoryMask.punctuation), .range(0x24, 0x24), .range(0x2b, 0x2b), .range(0x3c, 0x3e),
        .range(0x5e, 0x5e), .range(0x60, 0x60), .range(0x7c, 0x7c), .range(0x7e, 0x7e),
    ])
    static let digit = ScalarSet([.categories(CategoryMask.decimalNumber)])
    static let hexDigit = ScalarSet([.range(0x30, 0x39), .range(0x41, 0x46), .range(0x61, 0x66)])
    static let anything = ScalarSet([.range(0, 0x10ffff)])

    /// The set of `\p{name}`; nil when the name is not known.
    static func property(_ name: String) -> ScalarSet? {
        if let mask = CategoryMask.named(name) { return ScalarSet([.categories(mask)]) }
        switch name.lowercased() {
        case "any": return anything
        case "ascii": return ScalarSet([.range(0, 0x7f)])
        case "alnum": return ScalarSet([.nested(alphabetic), .categories(CategoryMask.decimalNumber)])
        case "alpha", "alphabetic": return alphabetic
        case "space", "white_space", "whitespace": return whiteSpace
        case "word": return bracketWord
        case "upper", "uppercase": return ScalarSet([.categories(1)])
        case "lower", "lowercase": return ScalarSet([.categories(2)])
        case "xdigit": return hexDigit
        case "han", "script=han": return ScalarSet(han)
        case "hiragana", "script=hiragana":
            return ScalarSet([
                .range(0x3041, 0x3096), .range(0x309d, 0x309f), .range(0x1b001, 0x1b11f), .range(0x1b132, 0x1b132),
                .range(0x1b150, 0x1b152), .range(0x1f200, 0x1f200),
            ])
        case "katakana", "script=katakana":
            return ScalarSet([
                .range(0x30a1, 0x30fa), .range(0x30fd, 0x30ff), .range(0x31f0, 0x31ff), .range(0x32d0, 0x32fe),
                .range(0x3300, 0x3357), .range(0xff66, 0xff6f), .range(0xff71, 0xff9d), .range(0x1aff0, 0x1aff3),
                .range(0x1aff5, 0x1affb), .range(0x1affd, 0x1affe), .range(0x1b000, 0x1b000),
                .range(0x1b120, 0x1b122), .range(0x1b155, 0x1b155), .range(0x1b164, 0x1b167),
            ])
        default: return nil
        }
    }

    private static let alphabetic = ScalarSet([.alphabetic])

    private static let han: [Item] = [
        .range(0x2e80, 0x2e99), .range(0x2e9b, 0x2ef3), .range(0x2f00, 0x2fd5), .range(0x3005, 0x3005),
        .range(0x3007, 0x3007), .range(0x3021, 0x3029), .range(0x3038, 0x303b), .range(0x3400, 0x4dbf),
        .range(0x4e00, 0x9fff), .range(0xf900, 0xfa6d), .range(0xfa70, 0xfad9), .range(0x16fe2, 0x16fe3),
        .range(0x16ff0, 0x16ff1), .range(0x20000, 0x2a6df), .range(0x2a700, 0x2b739), .range(0x2b740, 0x2b81d),
        .range(0x2b820, 0x2cea1), .range(0x2ceb0, 0x2ebe0), .range(0x2ebf0, 0x2ee5d), .range(0x2f800, 0x2fa1d),
        .range(0x30000, 0x3134a), .range(0x31350, 0x323af),
    ]
}

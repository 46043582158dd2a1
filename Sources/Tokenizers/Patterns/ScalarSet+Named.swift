extension ScalarSet {
    static let newline = ScalarSet(scalar: 0x0a)
    /// What `\R` takes besides `\r\n`.
    static let lineEnds = ScalarSet([.range(0x0a, 0x0d), .range(0x85, 0x85), .range(0x2028, 0x2029)])
    static let whiteSpace = ScalarSet([.flags(UnicodeData.whiteSpace)])
    static let bracketWord = ScalarSet([.flags(UnicodeData.bracketWord)])
    /// Oniguruma's `\w`: outside brackets it counts the superscripts and fractions of Latin-1 in, but no others.
    static let word = ScalarSet([.flags(UnicodeData.patternWord)])
    /// `[:punct:]`, which unlike `\p{Punct}` counts the symbols of ASCII in.
    static let bracketPunctuation = ScalarSet([.flags(UnicodeData.bracketPunctuation)])
    static let digit = ScalarSet([.categories(CategoryMask.decimalNumber)])
    static let hexDigit = ScalarSet([.range(0x30, 0x39), .range(0x41, 0x46), .range(0x61, 0x66)])
    static let anything = ScalarSet([.range(0, 0x10ffff)])

    /// The set of `\p{name}`; nil when the name is not known.
    static func property(_ name: String) -> ScalarSet? {
        if let mask = CategoryMask.named(name) { return ScalarSet([.categories(mask)]) }
        var key = CategoryMask.key(name)
        for prefix in ["script=", "sc=", "scriptextensions=", "generalcategory=", "gc="] where key.hasPrefix(prefix) {
            key.removeFirst(prefix.count)
            if prefix.hasPrefix("g") { return CategoryMask.named(key).map { ScalarSet([.categories($0)]) } }
        }
        if let script = ScriptTable.shared.index(named: key) { return ScalarSet([.script(script)]) }
        switch key {
        case "any": return anything
        case "assigned": return ScalarSet([.categories(CategoryMask.named("Cn") ?? 0)], isNegated: true)
        case "ascii": return ScalarSet([.range(0, 0x7f)])
        case "alnum":
            return ScalarSet([.flags(UnicodeData.alphabetic), .categories(CategoryMask.decimalNumber)])
        case "alpha", "alphabetic": return ScalarSet([.flags(UnicodeData.alphabetic)])
        case "blank": return ScalarSet([.categories(1 << 22), .range(0x09, 0x09)])
        case "space", "whitespace": return whiteSpace
        case "word": return bracketWord
        case "upper", "uppercase": return ScalarSet([.flags(UnicodeData.uppercase)])
        case "lower", "lowercase": return ScalarSet([.flags(UnicodeData.lowercase)])
        case "graph": return ScalarSet([.flags(UnicodeData.graph)])
        case "print": return ScalarSet([.flags(UnicodeData.print)])
        case "xdigit", "asciihexdigit", "ahex": return hexDigit
        case "emoji": return ScalarSet([.flags(UnicodeData.emoji)])
        case "extendedpictographic", "extpict": return ScalarSet([.flags(UnicodeData.pictographic)])
        default: return rarer[key].map { ScalarSet([.property($0)]) }
        }
    }

    private static let rarer: [String: @Sendable (Unicode.Scalar.Properties) -> Bool] = [
        "emojipresentation": { $0.isEmojiPresentation }, "emojimodifier": { $0.isEmojiModifier },
        "emojimodifierbase": { $0.isEmojiModifierBase }, "ideographic": { $0.isIdeographic },
        "unifiedideograph": { $0.isUnifiedIdeograph }, "math": { $0.isMath }, "dash": { $0.isDash },
        "diacritic": { $0.isDiacritic }, "extender": { $0.isExtender }, "hexdigit": { $0.isHexDigit },
        "quotationmark": { $0.isQuotationMark }, "idstart": { $0.isIDStart }, "idcontinue": { $0.isIDContinue },
        "xidstart": { $0.isXIDStart }, "xidcontinue": { $0.isXIDContinue }, "cased": { $0.isCased },
        "caseignorable": { $0.isCaseIgnorable }, "defaultignorablecodepoint": { $0.isDefaultIgnorableCodePoint },
        "variationselector": { $0.isVariationSelector }, "joincontrol": { $0.isJoinControl },
        "patternwhitespace": { $0.isPatternWhitespace }, "sentenceterminal": { $0.isSentenceTerminal },
        "graphemeextend": { $0.isGraphemeExtend }, "graphemebase": { $0.isGraphemeBase },
    ]
}

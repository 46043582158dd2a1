/// Unicode general categories, white space and word characters by scalar, looked up in one byte.
///
/// `Unicode.Scalar.Properties` costs tens of nanoseconds a call, too much for every character of a corpus. The first
/// two planes hold practically all text; the rest is asked of the standard library.
struct UnicodeTable: Sendable {
    static let shared = UnicodeTable()

    /// Bits 0-4: category index, bit 5: White_Space, bit 6: word character, bit 7: Alphabetic.
    private let entries: [UInt8]

    static let whiteSpaceBit: UInt8 = 0x20
    static let wordBit: UInt8 = 0x40
    static let alphabeticBit: UInt8 = 0x80

    private init() {
        entries = (0..<0x20000).map { Self.entry(of: UInt32($0)) }
    }

    @inline(__always)
    func entry(_ scalar: UInt32) -> UInt8 {
        scalar < 0x20000 ? entries[Int(scalar)] : Self.entry(of: scalar)
    }

    /// The category as a one-bit mask, to be tested against `CategoryMask`.
    @inline(__always)
    func mask(_ scalar: UInt32) -> UInt32 { 1 << UInt32(entry(scalar) & 0x1f) }

    @inline(__always)
    func isWhiteSpace(_ scalar: UInt32) -> Bool { entry(scalar) & Self.whiteSpaceBit != 0 }

    @inline(__always)
    func isWord(_ scalar: UInt32) -> Bool { entry(scalar) & Self.wordBit != 0 }

    @inline(__always)
    func isAlphabetic(_ scalar: UInt32) -> Bool { entry(scalar) & Self.alphabeticBit != 0 }

    @inline(__always)
    func isLetter(_ scalar: UInt32) -> Bool { mask(scalar) & CategoryMask.letter != 0 }

    @inline(__always)
    func isNumber(_ scalar: UInt32) -> Bool { mask(scalar) & CategoryMask.number != 0 }

    private static func entry(of value: UInt32) -> UInt8 {
        guard let scalar = Unicode.Scalar(value) else { return CategoryMask.surrogateIndex }
        let properties = scalar.properties
        let category = CategoryMask.index(of: properties.generalCategory)
        var entry = category
        if properties.isWhitespace { entry |= whiteSpaceBit }
        let mask: UInt32 = 1 << UInt32(category)
        let isWordCategory = mask & (CategoryMask.mark | CategoryMask.decimalNumber | CategoryMask.connector) != 0
        // The joiners U+200C and U+200D count as parts of words (Unicode TS 18).
        if isWordCategory || properties.isAlphabetic || properties.isJoinControl { entry |= wordBit }
        if properties.isAlphabetic { entry |= alphabeticBit }
        return entry
    }
}

/// Masks over the thirty general categories.
enum CategoryMask {
    static let names = [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
    ]
    static let surrogateIndex: UInt8 = 27
    static let letter: UInt32 = 0b11111
    static let mark: UInt32 = 0b111 << 5
    static let number: UInt32 = 0b111 << 8
    static let decimalNumber: UInt32 = 1 << 8
    static let punctuation: UInt32 = 0b111_1111 << 11
    static let connector: UInt32 = 1 << 11
    static let nonspacingMark: UInt32 = 1 << 5
    static let other: UInt32 = 0b11111 << 25

    /// The mask of `\p{name}`: a category (`Lu`), its first letter (`L`) or its long name (`Letter`).
    static func named(_ name: String) -> UInt32? {
        let key = String(name.lowercased().filter { $0 != "_" && $0 != " " && $0 != "-" })
        if let long = longNames[key] { return named(long) }
        var mask: UInt32 = 0
        for (index, category) in names.enumerated() {
            let category = category.lowercased()
            if category == key || (key.count == 1 && category.hasPrefix(key)) { mask |= 1 << UInt32(index) }
        }
        if key == "lc" { mask = 0b111 }
        return mask == 0 ? nil : mask
    }

    private static let longNames = [
        "letter": "L", "uppercaseletter": "Lu", "lowercaseletter": "Ll", "titlecaseletter": "Lt", "casedletter": "LC",
        "modifierletter": "Lm", "otherletter": "Lo", "mark": "M", "combiningmark": "M", "nonspacingmark": "Mn",
        "spacingmark": "Mc", "enclosingmark": "Me", "number": "N", "decimalnumber": "Nd", "digit": "Nd",
        "letternumber": "Nl", "othernumber": "No", "punctuation": "P", "punct": "P", "connectorpunctuation": "Pc",
        "dashpunctuation": "Pd", "openpunctuation": "Ps", "closepunctuation": "Pe", "initialpunctuation": "Pi",
        "finalpunctuation": "Pf", "otherpunctuation": "Po", "symbol": "S", "mathsymbol": "Sm", "currencysymbol": "Sc",
        "modifiersymbol": "Sk", "othersymbol": "So", "separator": "Z", "spaceseparator": "Zs", "lineseparator": "Zl",
        "paragraphseparator": "Zp", "other": "C", "control": "Cc", "cntrl": "Cc", "format": "Cf", "surrogate": "Cs",
        "privateuse": "Co", "unassigned": "Cn",
    ]

    static func index(of category: Unicode.GeneralCategory) -> UInt8 {
        switch category {
        case .uppercaseLetter: 0
        case .lowercaseLetter: 1
        case .titlecaseLetter: 2
        case .modifierLetter: 3
        case .otherLetter: 4
        case .nonspacingMark: 5
        case .spacingMark: 6
        case .enclosingMark: 7
        case .decimalNumber: 8
        case .letterNumber: 9
        case .otherNumber: 10
        case .connectorPunctuation: 11
        case .dashPunctuation: 12
        case .openPunctuation: 13
        case .closePunctuation: 14
        case .initialPunctuation: 15
        case .finalPunctuation: 16
        case .otherPunctuation: 17
        case .mathSymbol: 18
        case .currencySymbol: 19
        case .modifierSymbol: 20
        case .otherSymbol: 21
        case .spaceSeparator: 22
        case .lineSeparator: 23
        case .paragraphSeparator: 24
        case .control: 25
        case .format: 26
        case .surrogate: 27
        case .privateUse: 28
        case .unassigned: 29
        @unknown default: 29
        }
    }
}

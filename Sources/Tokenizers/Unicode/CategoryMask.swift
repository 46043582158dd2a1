/// Masks over the thirty general categories.
enum CategoryMask {
    static let names = [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
    ]
    static let letter: UInt32 = 0b11111
    static let mark: UInt32 = 0b111 << 5
    static let number: UInt32 = 0b111 << 8
    static let decimalNumber: UInt32 = 1 << 8
    static let punctuation: UInt32 = 0b111_1111 << 11
    static let connector: UInt32 = 1 << 11

    /// The mask of `\p{name}`: a category (`Lu`), its first letter (`L`) or its long name (`Letter`).
    static func named(_ name: String) -> UInt32? {
        let key = key(name)
        if let long = longNames[key] { return named(long) }
        var mask: UInt32 = 0
        for (index, category) in names.enumerated() {
            let category = category.lowercased()
            if category == key || (key.count == 1 && category.hasPrefix(key)) { mask |= 1 << UInt32(index) }
        }
        if key == "lc" { mask = 0b111 }
        return mask == 0 ? nil : mask
    }

    /// A name as names are compared: without case, spaces, hyphens and underscores.
    static func key(_ name: String) -> String {
        String(name.lowercased().filter { $0 != "_" && $0 != " " && $0 != "-" })
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
}

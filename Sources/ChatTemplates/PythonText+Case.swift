extension PythonText {
    private static let capitalSigma: Unicode.Scalar = "\u{03A3}"

    /// `str.lower`: a capital sigma that ends a word becomes the final form.
    static func lower(_ text: String) -> String {
        guard text.unicodeScalars.contains(capitalSigma) else { return text.lowercased() }
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.map { lower(scalars, at: $0) }.joined()
    }

    private static func lower(_ scalars: [Unicode.Scalar], at index: Int) -> String {
        guard scalars[index] == capitalSigma else { return scalars[index].properties.lowercaseMapping }
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        guard let before, before.properties.isCased else { return "\u{03C3}" }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return after?.properties.isCased == true ? "\u{03C3}" : "\u{03C2}"
    }

    /// `str.casefold`. Unicode's full folding is what lower, upper and lower again give, but for dotless i and Cherokee.
    static func fold(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
        return text.unicodeScalars.map { scalar in
            switch scalar.value {
            case 0x0131, 0x13A0...0x13F5: String(scalar)
            case 0x13F8...0x13FD, 0xAB70...0xABBF: scalar.properties.uppercaseMapping
            default: scalar.properties.lowercaseMapping.uppercased().lowercased()
            }
        }.joined()
    }

    static func capitalize(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first else { return "" }
        return first.properties.titlecaseMapping + scalars.indices.dropFirst().map { lower(scalars, at: $0) }.joined()
    }

    /// `str.title`: every run of letters starts with a capital.
    static func title(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = ""
        var continues = false
        for (index, scalar) in scalars.enumerated() {
            result += continues ? lower(scalars, at: index) : scalar.properties.titlecaseMapping
            continues = scalar.properties.isCased
        }
        return result
    }

    /// Jinja's `title` filter: only white space, hyphens and opening brackets start a word.
    static func wordTitle(_ text: String) -> String {
        var result = ""
        var word = String.UnicodeScalarView()
        func flush() {
            guard let first = word.first else { return }
            result += first.properties.uppercaseMapping + lower(String(word.dropFirst()))
            word = String.UnicodeScalarView()
        }
        for scalar in text.unicodeScalars {
            if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
                flush()
                result.unicodeScalars.append(scalar)
            } else {
                word.append(scalar)
            }
        }
        flush()
        return result
    }

    static func swapCase(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.map { index in
            let properties = scalars[index].properties
            return properties.isUppercase
                ? lower(scalars, at: index)
                : properties.isLowercase ? properties.uppercaseMapping : String(scalars[index])
        }.joined()
    }

    static func isUpper(_ text: String) -> Bool {
        let cased = text.unicodeScalars.filter(\.properties.isCased)
        return !cased.isEmpty && cased.allSatisfy(\.properties.isUppercase)
    }

    static func isLower(_ text: String) -> Bool {
        let cased = text.unicodeScalars.filter(\.properties.isCased)
        return !cased.isEmpty && cased.allSatisfy(\.properties.isLowercase)
    }

    static func isTitle(_ text: String) -> Bool {
        var found = false
        var continues = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
                if continues { return false }
                found = true
            } else if properties.isLowercase, !continues {
                return false
            }
            continues = properties.isCased
        }
        return found
    }

    static func escapeHTML(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "\"": result.append(contentsOf: "&#34;".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

extension Unicode.Scalar {
    var isASCIIDigit: Bool { ("0"..."9").contains(self) }

    /// What Python's `str.isspace` and `\s` take as white space.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// What `str.splitlines` takes as the end of a line.
    var isPythonLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    var isPythonPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }

    var isPythonAlphabetic: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    var isPythonDecimal: Bool { properties.numericType == .decimal }

    var isPythonDigit: Bool { properties.numericType == .digit || properties.numericType == .decimal }

    var isPythonAlphanumeric: Bool { isPythonAlphabetic || properties.numericType != nil }
}

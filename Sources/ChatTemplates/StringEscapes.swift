/// The backslash sequences of string literals, as Python's `unicode-escape` reads them.
enum StringEscapes {
    private static let simple: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{07}", "b": "\u{08}", "f": "\u{0C}",
        "v": "\u{0B}",
    ]

    static func decode(_ source: ArraySlice<Unicode.Scalar>) throws(Fault) -> String {
        var result = String.UnicodeScalarView()
        var index = source.startIndex
        while index < source.endIndex {
            let scalar = source[index]
            index += 1
            guard scalar == "\\", index < source.endIndex else {
                result.append(scalar)
                continue
            }
            let letter = source[index]
            index += 1
            if let plain = simple[letter] {
                result.append(plain)
            } else if letter == "\n" {
                continue
            } else if letter == "N" {
                throw .syntax("\\N escapes in strings are not supported; write the character itself, or its \\u escape")
            } else if letter == "x" || letter == "u" || letter == "U" {
                let length = letter == "x" ? 2 : letter == "u" ? 4 : 8
                let end = min(index + length, source.endIndex)
                guard end - index == length, let code = number(source[index..<end], radix: 16) else {
                    throw .syntax("truncated \\\(letter) escape in a string")
                }
                guard let decoded = Unicode.Scalar(code) else {
                    throw .syntax("\\\(letter) escape in a string names no character")
                }
                result.append(decoded)
                index = end
            } else if ("0"..."7").contains(letter) {
                var end = index
                while end < source.endIndex, end - index < 2, ("0"..."7").contains(source[end]) { end += 1 }
                if let code = number(source[index - 1..<end], radix: 8), let decoded = Unicode.Scalar(code) {
                    result.append(decoded)
                }
                index = end
            } else {
                result.append("\\")
                result.append(letter)
            }
        }
        return String(result)
    }

    private static func number(_ digits: ArraySlice<Unicode.Scalar>, radix: Int) -> UInt32? {
        guard digits.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
        return UInt32(String(String.UnicodeScalarView(digits)), radix: radix)
    }
}

/// Python's operations on strings. Everything counts in code points and compares bytes, never grapheme clusters.
enum PythonText {
    /// Python's `repr(float)`: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on.
    static func repr(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
        let (digits, exponent) = shortestDigits(value.magnitude)
        let sign = value < 0 ? "-" : ""
        if exponent < -4 || exponent >= 16 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let size = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size)"
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
        }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// The significant digits, and the power of ten of the first.
    private static func shortestDigits(_ value: Double) -> (digits: String, exponent: Int) {
        let text = "\(value)"
        let parts = text.split(separator: "e")
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        var digits = String(mantissa[0]) + fraction
        exponent += mantissa[0].count - 1
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, exponent)
    }

    static func repr(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        var result = String.UnicodeScalarView()
        result.append(quote)
        for scalar in scalars {
            switch scalar {
            case quote, "\\":
                result.append("\\")
                result.append(scalar)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            case "\t": result.append(contentsOf: "\\t".unicodeScalars)
            default:
                if scalar.isPythonPrintable {
                    result.append(scalar)
                } else {
                    result.append(contentsOf: escape(scalar).unicodeScalars)
                }
            }
        }
        result.append(quote)
        return String(result)
    }

    /// `ascii(value)`, of the text that `repr` gives.
    static func asciiOnly(_ text: String) -> String {
        text.unicodeScalars.map { $0.isASCII ? String($0) : escape($0) }.joined()
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16)
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + letter + String(repeating: "0", count: max(0, width - hex.count)) + hex
    }

    // MARK: Searching

    /// Byte offset of `part` at or after `start`.
    static func find(_ part: [UInt8], in text: [UInt8], from start: Int = 0) -> Int? {
        guard let first = part.first else { return start <= text.count ? start : nil }
        guard text.count >= part.count else { return nil }
        if part.count > longestPlainSearch { return search(part, in: text, from: start) }
        var index = start
        let last = text.count - part.count
        while index <= last {
            if text[index] == first, text[index..<index + part.count].elementsEqual(part) { return index }
            index += 1
        }
        return nil
    }

    /// Beyond this length a search that begins anew at every place could take very long.
    private static let longestPlainSearch = 16

    /// Knuth, Morris and Pratt's search: linear whatever the texts are.
    private static func search(_ part: [UInt8], in text: [UInt8], from start: Int) -> Int? {
        var borders = [Int](repeating: 0, count: part.count)
        var matched = 0
        for index in 1..<part.count {
            while matched > 0, part[index] != part[matched] { matched = borders[matched - 1] }
            if part[index] == part[matched] { matched += 1 }
            borders[index] = matched
        }
        matched = 0
        var index = start
        while index < text.count {
            while matched > 0, text[index] != part[matched] { matched = borders[matched - 1] }
            if text[index] == part[matched] { matched += 1 }
            index += 1
            if matched == part.count { return index - part.count }
        }
        return nil
    }

    static func findLast(_ part: [UInt8], in text: [UInt8], before end: Int) -> Int? {
        if part.count > longestPlainSearch {
            let stop = min(end, text.count)
            return search(part.reversed(), in: Array(text[..<stop].reversed()), from: 0).map { stop - $0 - part.count }
        }
        var index = min(end, text.count) - part.count
        while index >= 0 {
            if text[index..<index + part.count].elementsEqual(part) { return index }
            index -= 1
        }
        return nil
    }

    static func contains(_ text: String, _ part: String) -> Bool {
        find(Array(part.utf8), in: Array(text.utf8)) != nil
    }

    static func count(_ part: String, in text: String) -> Int {
        guard !part.utf8.isEmpty else { return text.unicodeScalars.count + 1 }
        let (bytes, needle) = (Array(text.utf8), Array(part.utf8))
        var (total, position) = (0, 0)
        while let found = find(needle, in: bytes, from: position) {
            total += 1
            position = found + needle.count
        }
        return total
    }

    static func replace(_ old: String, with new: String, in text: String, limit: Int) -> String {
        guard limit != 0 else { return text }
        if old.utf8.isEmpty {
            var result = String.UnicodeScalarView()
            var used = 0
            for scalar in text.unicodeScalars {
                if limit < 0 || used < limit { result.append(contentsOf: new.unicodeScalars) }
                used += 1
                result.append(scalar)
            }
            if limit < 0 || used < limit { result.append(contentsOf: new.unicodeScalars) }
            return String(result)
        }
        let (bytes, needle, other) = (Array(text.utf8), Array(old.utf8), Array(new.utf8))
        var result: [UInt8] = []
        var (position, used) = (0, 0)
        while limit < 0 || used < limit, let found = find(needle, in: bytes, from: position) {
            result += bytes[position..<found]
            result += other
            position = found + needle.count
            used += 1
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: Cutting

    static func strip(
        _ text: String, characters: String? = nil, left: Bool = true, right: Bool = true
    ) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        let drops = { (scalar: Unicode.Scalar) in set.map { $0.contains(scalar) } ?? scalar.isPythonSpace }
        var rest = Substring(text).unicodeScalars
        if left { while let first = rest.first, drops(first) { rest.removeFirst() } }
        if right { while let last = rest.last, drops(last) { rest.removeLast() } }
        return String(rest)
    }

    static func split(_ text: String, separator: String, limit: Int) -> [String] {
        let (bytes, needle) = (Array(text.utf8), Array(separator.utf8))
        var parts: [String] = []
        var position = 0
        while limit < 0 || parts.count < limit, let found = find(needle, in: bytes, from: position) {
            parts.append(String(decoding: bytes[position..<found], as: UTF8.self))
            position = found + needle.count
        }
        parts.append(String(decoding: bytes[position...], as: UTF8.self))
        return parts
    }

    static func splitFromRight(_ text: String, separator: String, limit: Int) -> [String] {
        let (bytes, needle) = (Array(text.utf8), Array(separator.utf8))
        var parts: [String] = []
        var end = bytes.count
        while limit < 0 || parts.count < limit, let found = findLast(needle, in: bytes, before: end) {
            parts.append(String(decoding: bytes[found + needle.count..<end], as: UTF8.self))
            end = found
        }
        parts.append(String(decoding: bytes[..<end], as: UTF8.self))
        return parts.reversed()
    }

    /// Words between runs of white space; with a limit the last part keeps the rest of the text.
    static func words(_ text: String, limit: Int) -> [String] {
        var parts: [String] = []
        var rest = Substring(text).unicodeScalars
        while true {
            rest = rest.drop { $0.isPythonSpace }
            if rest.isEmpty { return parts }
            if limit >= 0, parts.count >= limit {
                parts.append(String(rest))
                return parts
            }
            let word = rest.prefix { !$0.isPythonSpace }
            parts.append(String(word))
            rest = rest[word.endIndex...]
        }
    }

    static func wordsFromRight(_ text: String, limit: Int) -> [String] {
        guard limit >= 0 else { return words(text, limit: -1) }
        var parts: [String] = []
        var rest = Substring(text).unicodeScalars
        while true {
            while let last = rest.last, last.isPythonSpace { rest.removeLast() }
            if rest.isEmpty { return parts.reversed() }
            if parts.count >= limit {
                parts.append(String(rest))
                return parts.reversed()
            }
            var word = rest.endIndex
            while word > rest.startIndex, !rest[rest.index(before: word)].isPythonSpace {
                word = rest.index(before: word)
            }
            parts.append(String(rest[word...]))
            rest = rest[..<word]
        }
    }

    static func lines(_ text: String, keepsEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\n", previous == "\r" {
                if keepsEnds, let last = lines.popLast() { lines.append(String(last.unicodeScalars + [scalar])) }
            } else if scalar.isPythonLineBreak {
                if keepsEnds { line.append(scalar) }
                lines.append(String(line))
                line = String.UnicodeScalarView()
            } else {
                line.append(scalar)
            }
            previous = scalar
        }
        if !line.isEmpty { lines.append(String(line)) }
        return lines
    }
}

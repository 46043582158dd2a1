/// Python's `textwrap.wrap` of one line, with white space kept as it is.
struct WordWrap {
    let width: Int
    let breaksLongWords: Bool
    let breaksOnHyphens: Bool

    func lines(_ text: String) throws(Fault) -> [String] {
        guard width > 0 else { throw .value("invalid width \(width) (must be > 0)") }
        var chunks = Array(chunks(Array(text.unicodeScalars)).reversed())
        var lines: [String] = []
        while let first = chunks.last {
            if first.allSatisfy(Self.isSpace), !lines.isEmpty { chunks.removeLast() }
            var line: [ArraySlice<Unicode.Scalar>] = []
            var length = 0
            while let chunk = chunks.last, length + chunk.count <= width {
                line.append(chunk)
                length += chunk.count
                chunks.removeLast()
            }
            if let long = chunks.last, long.count > width {
                takeLong(&chunks, &line, length, long)
            }
            if let last = line.last, last.allSatisfy(Self.isSpace) { line.removeLast() }
            if !line.isEmpty { lines.append(String(String.UnicodeScalarView(line.joined()))) }
        }
        return lines
    }

    /// A word longer than a line is cut to the room that is left, or stands alone.
    private func takeLong(
        _ chunks: inout [ArraySlice<Unicode.Scalar>], _ line: inout [ArraySlice<Unicode.Scalar>], _ length: Int,
        _ long: ArraySlice<Unicode.Scalar>
    ) {
        if breaksLongWords {
            var head = long.prefix(max(1, width - length))
            if breaksOnHyphens, long.count > head.count, let hyphen = head.lastIndex(of: "-"),
                head[..<hyphen].contains(where: { $0 != "-" })
            {
                head = head[...hyphen]
            }
            line.append(head)
            chunks[chunks.count - 1] = long[head.endIndex...]
        } else if line.isEmpty {
            line.append(long)
            chunks.removeLast()
        }
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.isPythonSpace }

    /// White space that separates words here: ASCII alone.
    private static func separates(_ scalar: Unicode.Scalar) -> Bool {
        " \t\n\r\u{0B}\u{0C}".unicodeScalars.contains(scalar)
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.isPythonAlphanumeric
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool { isWord(scalar) && !scalar.isPythonDecimal }

    /// Words and the spaces between them, words cut after hyphens and around dashes.
    private func chunks(_ scalars: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
        var result: [ArraySlice<Unicode.Scalar>] = []
        var start = 0
        while start < scalars.count {
            var end = start + 1
            if Self.separates(scalars[start]) {
                while end < scalars.count, Self.separates(scalars[end]) { end += 1 }
            } else {
                end = breaksOnHyphens ? wordEnd(scalars, start) : plainEnd(scalars, start)
            }
            result.append(scalars[start..<end])
            start = end
        }
        return result
    }

    private func plainEnd(_ scalars: [Unicode.Scalar], _ start: Int) -> Int {
        scalars[start...].firstIndex(where: Self.separates) ?? scalars.count
    }

    /// What `textwrap`'s pattern takes from `start`: a dash of two or more between words, or a word up to white space,
    /// a dash, or a hyphen between letters.
    private func wordEnd(_ scalars: [Unicode.Scalar], _ start: Int) -> Int {
        let isPunctuated: (Unicode.Scalar) -> Bool = { Self.isWord($0) || "!\"'&.,?".unicodeScalars.contains($0) }
        func dashEnd(_ index: Int) -> Int? {
            var end = index
            while end < scalars.count, scalars[end] == "-" { end += 1 }
            return end - index >= 2 && end < scalars.count && Self.isWord(scalars[end]) ? end : nil
        }
        if start > 0, isPunctuated(scalars[start - 1]), let end = dashEnd(start) { return end }
        var end = start + 1
        while end <= scalars.count {
            if end == scalars.count || Self.separates(scalars[end]) { return end }
            if breaksAfterHyphen(scalars, start, end) { return end }
            if isPunctuated(scalars[end - 1]), dashEnd(end) != nil { return end }
            end += 1
        }
        return scalars.count
    }

    private func breaksAfterHyphen(_ scalars: [Unicode.Scalar], _ start: Int, _ end: Int) -> Bool {
        guard scalars[end - 1] == "-", end - 1 > start else { return false }
        let hyphen = end - 1
        func letters(_ range: Range<Int>) -> Bool {
            range.lowerBound >= 0 && range.upperBound <= scalars.count && scalars[range].allSatisfy(Self.isLetter)
        }
        let before =
            letters(hyphen - 2..<hyphen)
            || (hyphen >= 3 && letters(hyphen - 1..<hyphen) && scalars[hyphen - 2] == "-"
                && letters(hyphen - 3..<hyphen - 2))
        let after =
            letters(end..<end + 2)
            || (end + 2 < scalars.count && letters(end..<end + 1) && scalars[end + 1] == "-"
                && letters(end + 2..<end + 3))
        return before && after
    }
}

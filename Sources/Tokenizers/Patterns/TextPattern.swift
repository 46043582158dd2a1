import OrderedJSON

/// What a `Split` or `Replace` step looks for: a plain text or a regular expression.
enum TextPattern: Sendable {
    case text([UInt8])
    case words(WordScanner)
    case expression(Pattern)

    /// From `{"String": …}` or `{"Regex": …}` (or a plain string, as some old files have it).
    init(_ section: TokenizerSection) throws(TokenizerError) {
        if let text = section.value.string ?? section.member("String")?.value.string {
            // Nothing is found before and behind every character.
            self = text.isEmpty ? try section.pattern("") : .text(Array(text.utf8))
        } else if section.member("Regex") != nil {
            self = try section.pattern(try section.text("Regex"))
        } else {
            throw section.failure("expected a pattern {\"String\": …} or {\"Regex\": …}")
        }
    }

    /// Matches in `bytes[range]` from left to right; those of an expression may be empty.
    func matches(in bytes: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
        switch self {
        case .words(let scanner):
            var pieces: [Range<Int>] = []
            scanner.scan(bytes, range, into: &pieces)
            return pieces
        case .expression(let pattern): return pattern.matches(in: bytes, range)
        case .text(let wanted):
            guard let first = wanted.first else { return [] }
            var found: [Range<Int>] = []
            var position = range.lowerBound
            while position + wanted.count <= range.upperBound {
                if bytes[position] == first, bytes.matches(wanted, at: position, end: range.upperBound) {
                    found.append(position..<(position + wanted.count))
                    position += wanted.count
                } else {
                    position += 1
                }
            }
            return found
        }
    }
}

/// What becomes of the matches when text is cut at them.
enum SplitBehavior: Sendable {
    case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous

    init(_ section: TokenizerSection) throws(TokenizerError) {
        switch try section.text() {
        case "Removed", "removed": self = .removed
        case "Isolated", "isolated": self = .isolated
        case "MergedWithPrevious", "merged_with_previous": self = .mergedWithPrevious
        case "MergedWithNext", "merged_with_next": self = .mergedWithNext
        case "Contiguous", "contiguous": self = .contiguous
        case let other: throw section.unsupported("split behaviour", other)
        }
    }

    /// Cuts `range` at its matches and appends the pieces that remain, none empty.
    /// `inverts`: whether the text between the matches counts as the match.
    func cut(
        _ range: Range<Int>, at matches: [Range<Int>], inverts: Bool = false, into output: inout [Range<Int>]
    ) {
        var pieces: [Range<Int>] = []
        defer { for piece in pieces where !piece.isEmpty { output.append(piece) } }
        var parts: [(range: Range<Int>, isMatch: Bool)] = []
        var position = range.lowerBound
        for match in matches {
            if position < match.lowerBound { parts.append((position..<match.lowerBound, inverts)) }
            parts.append((match, !inverts))
            position = match.upperBound
        }
        if position < range.upperBound { parts.append((position..<range.upperBound, inverts)) }

        var previousMatch = false
        switch self {
        case .removed: for part in parts where !part.isMatch { pieces.append(part.range) }
        case .isolated: for part in parts { pieces.append(part.range) }
        case .contiguous:
            for part in parts {
                if part.isMatch == previousMatch, !pieces.isEmpty {
                    pieces[pieces.count - 1] = pieces[pieces.count - 1].lowerBound..<part.range.upperBound
                } else {
                    pieces.append(part.range)
                }
                previousMatch = part.isMatch
            }
        case .mergedWithPrevious:
            for part in parts {
                if part.isMatch, !previousMatch, !pieces.isEmpty {
                    pieces[pieces.count - 1] = pieces[pieces.count - 1].lowerBound..<part.range.upperBound
                } else {
                    pieces.append(part.range)
                }
                previousMatch = part.isMatch
            }
        case .mergedWithNext:
            var backwards: [Range<Int>] = []
            for part in parts.reversed() {
                if part.isMatch, !previousMatch, let last = backwards.last {
                    backwards[backwards.count - 1] = part.range.lowerBound..<last.upperBound
                } else {
                    backwards.append(part.range)
                }
                previousMatch = part.isMatch
            }
            pieces.append(contentsOf: backwards.reversed())
        }
    }
}

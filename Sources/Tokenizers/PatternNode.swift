/// A pattern as a tree, between its text and its program.
indirect enum PatternNode: Sendable {
    enum Greed: Sendable { case greedy, lazy, possessive }

    enum Anchor: Sendable {
        case lineStart, lineEnd, textStart, textEnd, textEndOrLastNewline, wordBoundary, noWordBoundary
    }

    case empty
    case set(ScalarSet)
    case sequence([PatternNode])
    case alternation([PatternNode])
    case repetition(PatternNode, atLeast: Int, atMost: Int, Greed)
    case atomic(PatternNode)
    case look(PatternNode, isAhead: Bool, isNegative: Bool)
    case anchor(Anchor)

    static let unbounded = Int.max

    /// The number of scalars it matches, when that is the same for every match: lookbehind steps back by it.
    var width: Int? {
        switch self {
        case .empty, .look, .anchor: return 0
        case .set: return 1
        case .sequence(let nodes):
            var total = 0
            for node in nodes {
                guard let width = node.width else { return nil }
                total += width
            }
            return total
        case .alternation(let nodes):
            guard let first = nodes.first?.width, nodes.allSatisfy({ $0.width == first }) else { return nil }
            return first
        case .repetition(let node, let low, let high, _):
            guard low == high, let width = node.width else { return nil }
            return width * low
        case .atomic(let node): return node.width
        }
    }

    var canBeEmpty: Bool {
        switch self {
        case .empty, .look, .anchor: true
        case .set: false
        case .sequence(let nodes): nodes.allSatisfy(\.canBeEmpty)
        case .alternation(let nodes): nodes.contains(where: \.canBeEmpty)
        case .repetition(let node, let low, _, _): low == 0 || node.canBeEmpty
        case .atomic(let node): node.canBeEmpty
        }
    }
}

/// Why a pattern is not understood.
struct PatternError: Error {
    let reason: String
}

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

    /// The least and the most scalars that it matches (nil: without bound): lookbehind steps back by these.
    var widths: (least: Int, most: Int?) {
        func sum(_ a: Int?, _ b: Int?) -> Int? {
            guard let a, let b, a <= 10_000, b <= 10_000 else { return nil }
            return a + b
        }
        switch self {
        case .empty, .look, .anchor: return (0, 0)
        case .set: return (1, 1)
        case .sequence(let nodes):
            return nodes.reduce((0, 0)) { total, node in
                let widths = node.widths
                return (min(total.0 + widths.least, 100_000), sum(total.1, widths.most))
            }
        case .alternation(let nodes):
            let widths = nodes.map(\.widths)
            let most = widths.contains { $0.most == nil } ? nil : widths.compactMap(\.most).max()
            return (widths.map(\.least).min() ?? 0, most)
        case .repetition(let node, let low, let high, _):
            let widths = node.widths
            let least = min(low.multipliedReportingOverflow(by: widths.least).partialValue, 100_000)
            guard let most = widths.most, high != Self.unbounded || most == 0 else { return (least, nil) }
            guard most > 0 else { return (0, 0) }
            return (least, high <= 10_000 / most ? high * most : nil)
        case .atomic(let node): return node.widths
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

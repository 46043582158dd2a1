/// A pattern as Python's `fnmatch` reads it, which the hub's own clients use: `*` stands for any text, slashes included,
/// `?` for one character, `[abc]`, `[a-z]` and `[!a]` for one of a set. A pattern that ends in `/` means all below.
public struct GlobPattern: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case any
        case one
        case literal(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }
    public let text: String
    private let pieces: [Piece]

    public init(_ text: String) {
        self.text = text
        let scalars = Array((text.hasSuffix("/") ? text + "*" : text).unicodeScalars)
        var pieces: [Piece] = []
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": if pieces.last != .any { pieces.append(.any) }
            case "?": pieces.append(.one)
            case "[":
                if let (set, next) = Self.set(scalars, from: index) {
                    pieces.append(set)
                    index = next
                } else {
                    pieces.append(.literal(scalar))
                }
            default: pieces.append(.literal(scalar))
            }
        }
        self.pieces = pieces
    }

    /// Nil when no bracket closes: then `[` stands for itself.
    private static func set(_ scalars: [Unicode.Scalar], from start: Int) -> (Piece, next: Int)? {
        var index = start
        let isNegated = index < scalars.count && scalars[index] == "!"
        if isNegated { index += 1 }
        // A bracket right at the start is a member.
        guard let end = scalars.indices.first(where: { $0 > index && scalars[$0] == "]" }) else { return nil }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while index < end {
            if index + 2 < end, scalars[index + 1] == "-" {
                if scalars[index] <= scalars[index + 2] { ranges.append(scalars[index]...scalars[index + 2]) }
                index += 3
            } else {
                ranges.append(scalars[index]...scalars[index])
                index += 1
            }
        }
        return (.set(ranges, isNegated: isNegated), end + 1)
    }

    /// In time proportional to the product of both lengths at worst.
    public func matches(_ path: String) -> Bool {
        let scalars = Array(path.unicodeScalars)
        var (piece, position) = (0, 0)
        // Where the last star stands, and how much it has swallowed so far.
        var star: (piece: Int, position: Int)?
        while position < scalars.count {
            if piece < pieces.count, pieces[piece] == .any {
                star = (piece, position)
                piece += 1
            } else if piece < pieces.count, fits(pieces[piece], scalars[position]) {
                piece += 1
                position += 1
            } else if let last = star {
                star = (last.piece, last.position + 1)
                piece = last.piece + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .any }
    }

    private func fits(_ piece: Piece, _ scalar: Unicode.Scalar) -> Bool {
        switch piece {
        case .any: false
        case .one: true
        case .literal(let wanted): wanted == scalar
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
        }
    }
}

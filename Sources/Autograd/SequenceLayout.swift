/// How N tokens form sequences: segments laid end to end, and each token's position in its own. No padding exists.
public struct SequenceLayout: Sendable, Equatable {
    public var segments: [Range<Int>]
    public var positions: [Int32]

    public init(segments: [Range<Int>], positions: [Int32]) {
        self.segments = segments
        self.positions = positions
    }

    /// Sequences of these lengths, end to end, each from position 0.
    public init(lengths: [Int]) {
        self.init(lengths: lengths, starts: lengths.map { _ in 0 })
    }

    /// Sequences of these lengths, each from its own first position.
    public init(lengths: [Int], starts: [Int]) {
        var segments: [Range<Int>] = []
        var positions: [Int32] = []
        for (length, start) in zip(lengths, starts) {
            segments.append(positions.count..<positions.count + length)
            positions.append(contentsOf: (start..<start + length).map { Int32($0) })
        }
        self.init(segments: segments, positions: positions)
    }

    /// Tokens in all.
    public var count: Int { positions.count }
}

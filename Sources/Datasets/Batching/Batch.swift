/// Sequences of a micro-batch laid end to end; no padding exists.
public struct Batch: Sendable, Equatable {
    /// (N) token ids.
    public var ids: [Int32]
    /// (N) the token to be predicted after each, or −1 where nothing is trained.
    public var targets: [Int32]
    /// (N) positions, from 0 in each segment.
    public var positions: [Int32]
    /// The tokens of each row; attention stays within a segment.
    public var segments: [Range<Int>]
    /// Index of each segment's row among the tokenized sequences.
    public var rows: [Int]

    public init() {
        (ids, targets, positions, segments, rows) = ([], [], [], [], [])
    }

    public init(_ sequences: [TokenizedExample]) {
        self.init()
        for (index, sequence) in sequences.enumerated() { append(sequence, row: index) }
    }

    public mutating func append(_ sequence: TokenizedExample, row: Int) {
        let start = ids.count
        let count = sequence.ids.count
        guard count > 0 else { return }
        ids += sequence.ids
        for index in 0..<count {
            let isTarget = index + 1 < count && sequence.trained[index + 1]
            targets.append(isTarget ? sequence.ids[index + 1] : -1)
            positions.append(Int32(truncatingIfNeeded: index))
        }
        segments.append(start..<(start + count))
        rows.append(row)
    }

    public var count: Int { ids.count }
    public var targetCount: Int { targets.count { $0 >= 0 } }
}

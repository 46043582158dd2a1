import Tensors

/// Keys and values of the tokens seen so far, for each layer and sequence, so that a new token costs one row.
///
/// Sequence i of the cache belongs to segment i of the layout of a call. Buffers are (capacity, K·D) and double.
public final class KeyValueCache {
    private struct Entry {
        var keys: Tensor
        var values: Tensor
        var count = 0
    }

    public let layers: Int
    public let sequences: Int
    private let width: Int
    private var entries: [Entry]

    /// `width` is key/value heads times head width; `capacity`, the tokens to make room for at once.
    public init(layers: Int, width: Int, sequences: Int = 1, capacity: Int = 256) {
        self.layers = layers
        self.sequences = sequences
        self.width = width
        entries = (0..<layers * sequences).map { _ in
            Entry(
                keys: .uninitialized([max(1, capacity), width]), values: .uninitialized([max(1, capacity), width]))
        }
    }

    /// Tokens kept of a sequence.
    public func length(of sequence: Int = 0) -> Int { entries[sequence].count }

    /// The layout of a call that appends `counts[i]` tokens to sequence i.
    public func layout(appending counts: [Int]) -> SequenceLayout {
        precondition(counts.count == sequences, "\(counts.count) counts for \(sequences) sequences")
        return SequenceLayout(lengths: counts, starts: counts.indices.map { length(of: $0) })
    }

    /// The layout of a call that appends `count` tokens to one sequence and none to the others.
    public func layout(appending count: Int, to sequence: Int) -> SequenceLayout {
        layout(appending: (0..<sequences).map { $0 == sequence ? count : 0 })
    }

    /// Forgets all but the first `length` tokens of a sequence: to go back, or to share a prompt.
    public func truncate(_ sequence: Int = 0, to length: Int) {
        for layer in 0..<layers {
            let index = layer * sequences + sequence
            entries[index].count = min(entries[index].count, max(0, length))
        }
    }

    public func removeAll() {
        for sequence in 0..<sequences { truncate(sequence, to: 0) }
    }

    /// Appends the rows of each segment of k and v (N, K·D) to its sequence.
    func append(keys: Tensor, values: Tensor, segments: [Range<Int>], layer: Int) {
        precondition(segments.count == sequences, "\(segments.count) segments for \(sequences) sequences")
        precondition(keys.width == width && values.width == width, "keys \(keys.shape) for a cache of width \(width)")
        for (sequence, segment) in segments.enumerated() {
            let index = layer * sequences + sequence
            let end = entries[index].count + segment.count
            grow(index, to: end)
            let place = entries[index].count..<end
            entries[index].keys.rows(place).assign(keys.rows(segment))
            entries[index].values.rows(place).assign(values.rows(segment))
            entries[index].count = end
        }
    }

    /// What `layer` keeps of every sequence.
    func contents(layer: Int) -> [(keys: Tensor, values: Tensor, count: Int)] {
        (0..<sequences).map { sequence in
            let entry = entries[layer * sequences + sequence]
            return (entry.keys, entry.values, entry.count)
        }
    }

    private func grow(_ index: Int, to needed: Int) {
        var capacity = entries[index].keys.rowCount
        guard needed > capacity else { return }
        while capacity < needed { capacity *= 2 }
        let kept = 0..<entries[index].count
        let keys = Tensor.uninitialized([capacity, width])
        let values = Tensor.uninitialized([capacity, width])
        keys.rows(kept).assign(entries[index].keys.rows(kept))
        values.rows(kept).assign(entries[index].values.rows(kept))
        entries[index].keys = keys
        entries[index].values = values
    }
}

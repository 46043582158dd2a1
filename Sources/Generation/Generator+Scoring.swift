import Autograd
import Models
import Tensors

extension Generator {
    /// log p of each token given those before it; the first has none. Logits are made block by block, never all.
    ///
    /// - Returns: `ids.count − 1` values: the i-th belongs to `ids[i + 1]`.
    /// - Throws: `ModelError` for ids outside the vocabulary.
    public func tokenLogProbabilities(_ ids: [Int32]) throws -> [Float] {
        try tokenLogProbabilities([ids])[0]
    }

    /// The same for several sequences in one pass.
    public func tokenLogProbabilities(_ sequences: [[Int32]]) throws -> [[Float]] {
        for ids in sequences {
            try model.check(ids)
            try model.checkLength(ids.count)
        }
        guard sequences.contains(where: { !$0.isEmpty }) else { return sequences.map { _ in [] } }
        let layout = SequenceLayout(lengths: sequences.map(\.count))
        let hidden = model(sequences.flatMap { $0 }, layout: layout, in: .inference).value
        return zip(sequences, layout.segments).map { ids, segment in
            guard ids.count > 1 else { return [] }
            return model.logProbabilities(
                hidden.rows(segment.lowerBound..<segment.upperBound - 1), targets: Array(ids[1...]))
        }
    }
}

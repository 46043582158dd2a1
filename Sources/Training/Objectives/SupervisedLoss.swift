public import Autograd
public import Datasets
public import Models

/// A loss as a sum and the tokens it was summed over: never a mean, so that micro-batches add up by their tokens.
public struct LossSum {
    /// Scalar: −log p summed over the trained tokens, in nats.
    public let sum: Variable
    public let tokens: Int
}

/// Next-token cross entropy over the trained tokens of a batch.
public enum SupervisedLoss {
    /// Hidden states are computed for every token, the head only where a target is trained.
    ///
    /// - Returns: nil when the batch trains nothing.
    public static func of(
        _ batch: Batch, _ model: Decoder, checkpointing: Bool = false, in pass: Pass
    ) -> LossSum? {
        let rows = batch.targets.indices.filter { batch.targets[$0] >= 0 }
        guard !rows.isEmpty else { return nil }
        let layout = SequenceLayout(segments: batch.segments, positions: batch.positions)
        let hidden = model(batch.ids, layout: layout, checkpointing: checkpointing, in: pass)
        let trained =
            rows.count == batch.ids.count
            ? hidden : gatherRows(hidden, rows.map(Int32.init), in: pass)
        let sum = model.crossEntropySum(trained, targets: rows.map { batch.targets[$0] }, in: pass)
        return LossSum(sum: sum, tokens: rows.count)
    }
}

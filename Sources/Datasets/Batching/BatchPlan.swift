/// A place in the data: what a checkpoint keeps so that a resumed run goes on with the next step.
public struct BatchCursor: Sendable, Equatable, Hashable {
    public var epoch: Int
    /// Optimiser steps done in this epoch.
    public var step: Int

    public init(epoch: Int = 0, step: Int = 0) {
        self.epoch = epoch
        self.step = step
    }
}

/// One pass over the rows: which rows lie in which sequence, in order.
public struct EpochOrder: Sendable, Equatable {
    public let epoch: Int
    /// Rows of each sequence; several when packed.
    public let sequences: [[Int]]
}

/// The order of rows in every epoch, a function of lengths, settings and seed alone.
public struct BatchPlan: Sendable {
    /// Tokens of each row.
    public let lengths: [Int]
    public let sequenceLength: Int
    public let packing: Bool
    /// Sequences computed at a time.
    public let microBatchSize: Int
    public let gradientAccumulationSteps: Int
    public let seed: UInt64

    public init(
        lengths: [Int], sequenceLength: Int, packing: Bool, microBatchSize: Int, gradientAccumulationSteps: Int,
        seed: UInt64
    ) {
        self.lengths = lengths
        self.sequenceLength = max(sequenceLength, 1)
        self.packing = packing
        self.microBatchSize = max(microBatchSize, 1)
        self.gradientAccumulationSteps = max(gradientAccumulationSteps, 1)
        self.seed = seed
    }

    public var sequencesPerStep: Int { microBatchSize * gradientAccumulationSteps }

    /// The order of an epoch. Every row occurs exactly once.
    public func order(epoch: Int) -> EpochOrder {
        var random = SeededOrder(seed: seed, stream: UInt64(truncatingIfNeeded: epoch))
        var order = Array(lengths.indices)
        random.shuffle(&order)
        guard packing else { return EpochOrder(epoch: epoch, sequences: order.map { [$0] }) }
        let bins = SequencePacker(sequenceLength: sequenceLength).pack(order, lengths: lengths)
        // Packing leaves full sequences first and leftovers last: a second shuffle mixes them again.
        var places = Array(bins.indices)
        random.shuffle(&places)
        return EpochOrder(epoch: epoch, sequences: places.map { bins[$0] })
    }

    /// Optimiser steps of an epoch; the last may hold fewer sequences.
    public func stepCount(of order: EpochOrder) -> Int {
        (order.sequences.count + sequencesPerStep - 1) / sequencesPerStep
    }

    /// Optimiser steps of a run over that many epochs; a part of an epoch counts in proportion.
    public func stepCount(epochs: Double) -> Int {
        guard epochs > 0, epochs.isFinite, !lengths.isEmpty else { return 0 }
        let whole = Int(min(epochs.rounded(.down), 1_000_000))
        // Without packing every epoch has the same number of steps.
        if !packing {
            let steps = (lengths.count + sequencesPerStep - 1) / sequencesPerStep
            return whole * steps + Int((epochs - Double(whole)) * Double(steps) + 0.5)
        }
        var steps = (0..<whole).reduce(0) { $0 + stepCount(of: order(epoch: $1)) }
        if epochs > Double(whole) {
            steps += Int((epochs - Double(whole)) * Double(stepCount(of: order(epoch: whole))) + 0.5)
        }
        return steps
    }

    /// The rows of each micro-batch of a step: outer list micro-batches, inner list sequences.
    public func microBatches(step: Int, of order: EpochOrder) -> [[[Int]]] {
        let (start, overflow) = max(step, 0).multipliedReportingOverflow(by: sequencesPerStep)
        guard !overflow, start < order.sequences.count else { return [] }
        let end = min(start + sequencesPerStep, order.sequences.count)
        return stride(from: start, to: end, by: microBatchSize).map { first in
            Array(order.sequences[first..<min(first + microBatchSize, end)])
        }
    }

    /// The cursor after that many steps from the start: for runs that keep only their step number.
    public func cursor(afterSteps steps: Int) -> BatchCursor {
        var left = max(steps, 0)
        var epoch = 0
        guard !lengths.isEmpty else { return BatchCursor() }
        while true {
            let count = stepCount(of: order(epoch: epoch))
            if left < count { return BatchCursor(epoch: epoch, step: left) }
            left -= count
            epoch += 1
        }
    }
}

/// Walks through the steps of a plan, keeping the order of the current epoch.
public struct BatchStream: Sendable {
    public let plan: BatchPlan
    public let sequences: [TokenizedExample]
    /// The step that `next()` gives; keep it in the checkpoint.
    public private(set) var cursor: BatchCursor
    private var order: EpochOrder

    public init(plan: BatchPlan, sequences: [TokenizedExample], cursor: BatchCursor = BatchCursor()) {
        self.plan = plan
        self.sequences = sequences
        self.cursor = cursor
        order = plan.order(epoch: cursor.epoch)
    }

    /// Share of the data seen, in epochs.
    public var epochs: Double {
        Double(cursor.epoch) + Double(cursor.step) / Double(max(plan.stepCount(of: order), 1))
    }

    /// The micro-batches of the next optimiser step; goes on to the next epoch by itself. Empty only without rows.
    public mutating func next() -> [Batch] {
        if cursor.step >= plan.stepCount(of: order) {
            cursor = BatchCursor(epoch: cursor.epoch + 1)
            order = plan.order(epoch: cursor.epoch)
        }
        let batches = plan.microBatches(step: cursor.step, of: order).map(batch)
        cursor.step += 1
        return batches
    }

    private func batch(_ rows: [[Int]]) -> Batch {
        var batch = Batch()
        for row in rows.joined() where sequences.indices.contains(row) { batch.append(sequences[row], row: row) }
        return batch
    }
}

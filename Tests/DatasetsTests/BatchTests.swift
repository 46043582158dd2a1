import Testing

@testable import Datasets

@Suite struct BatchTests {
    private func lengths(_ count: Int, upTo most: Int) -> [Int] {
        var random = SeededOrder(seed: 7, stream: 0)
        return (0..<count).map { _ in 1 + Int(random.next() % UInt64(most)) }
    }

    @Test(arguments: [1, 2, 64, 65, 511, 512]) func packingNeverSplitsOrLosesARow(most: Int) {
        let lengths = lengths(1_500, upTo: most)
        let bins = SequencePacker(sequenceLength: 512).pack(Array(lengths.indices), lengths: lengths)
        #expect(bins.flatMap { $0 }.sorted() == Array(lengths.indices))
        #expect(bins.allSatisfy { $0.reduce(0) { $0 + lengths[$1] } <= 512 })
    }

    @Test func packingFillsSequencesWell() {
        let lengths = lengths(2_048, upTo: 200)
        let bins = SequencePacker(sequenceLength: 512).pack(Array(lengths.indices), lengths: lengths)
        let filled = Double(lengths.reduce(0, +)) / Double(bins.count * 512)
        #expect(filled > 0.99)
    }

    @Test func aRowLongerThanASequenceStandsAlone() {
        let bins = SequencePacker(sequenceLength: 8).pack([0, 1, 2], lengths: [20, 3, 4])
        #expect(bins.contains([0]))
        #expect(bins.flatMap { $0 }.sorted() == [0, 1, 2])
    }

    @Test(arguments: [true, false]) func everyEpochIsAnotherPermutation(packing: Bool) {
        let plan = BatchPlan(
            lengths: lengths(500, upTo: 100), sequenceLength: 256, packing: packing, microBatchSize: 3,
            gradientAccumulationSteps: 2, seed: 42)
        let orders = (0..<3).map { plan.order(epoch: $0) }
        for order in orders {
            #expect(order.sequences.flatMap { $0 }.sorted() == Array(0..<500))
            let steps = (0..<plan.stepCount(of: order)).flatMap { plan.microBatches(step: $0, of: order) }
            #expect(steps.flatMap { $0 } == order.sequences)
            #expect(steps.allSatisfy { $0.count <= 3 })
        }
        #expect(orders[0] != orders[1])
        #expect(plan.order(epoch: 1) == orders[1])
    }

    @Test func anotherSeedIsAnotherOrder() {
        func order(_ seed: UInt64) -> EpochOrder {
            BatchPlan(
                lengths: Array(repeating: 4, count: 50), sequenceLength: 16, packing: false, microBatchSize: 1,
                gradientAccumulationSteps: 1, seed: seed
            ).order(epoch: 0)
        }
        #expect(order(1) != order(2))
        #expect(order(1) == order(1))
    }

    @Test func resumingFromACursorGivesTheSameBatches() {
        let sequences = lengths(60, upTo: 30).map { length in
            TokenizedExample(
                ids: (0..<length).map { Int32($0) }, trained: (0..<length).map { $0 > 0 && $0.isMultiple(of: 2) })
        }
        let plan = BatchPlan(
            lengths: sequences.map(\.count), sequenceLength: 64, packing: true, microBatchSize: 2,
            gradientAccumulationSteps: 3, seed: 9)
        var straight = BatchStream(plan: plan, sequences: sequences)
        let steps = plan.stepCount(epochs: 2.5)
        var all: [[Batch]] = []
        for step in 0..<steps {
            #expect(plan.cursor(afterSteps: step) == straightCursor(straight, plan))
            all.append(straight.next())
        }
        for cut in [1, steps / 2, steps - 1] {
            var resumed = BatchStream(plan: plan, sequences: sequences, cursor: plan.cursor(afterSteps: cut))
            for step in cut..<steps { #expect(resumed.next() == all[step]) }
        }
    }

    /// The end of an epoch and the start of the next are the same place.
    private func straightCursor(_ stream: BatchStream, _ plan: BatchPlan) -> BatchCursor {
        let cursor = stream.cursor
        let isPast = cursor.step >= plan.stepCount(of: plan.order(epoch: cursor.epoch))
        return isPast ? BatchCursor(epoch: cursor.epoch + 1) : cursor
    }

    @Test func batchLaysSequencesEndToEndWithOwnPositionsAndTargets() {
        let batch = Batch([
            TokenizedExample(ids: [10, 11, 12], trained: [false, false, true]),
            TokenizedExample(ids: [20, 21], trained: [false, true]),
        ])
        #expect(batch.ids == [10, 11, 12, 20, 21])
        #expect(batch.targets == [-1, 12, -1, 21, -1])
        #expect(batch.positions == [0, 1, 2, 0, 1])
        #expect(batch.segments == [0..<3, 3..<5])
        #expect(batch.targetCount == 2)
    }

    @Test func plansWithoutRowsHaveNoSteps() {
        let plan = BatchPlan(
            lengths: [], sequenceLength: 8, packing: true, microBatchSize: 1, gradientAccumulationSteps: 1, seed: 1)
        #expect(plan.stepCount(epochs: 3) == 0)
        var stream = BatchStream(plan: plan, sequences: [])
        #expect(stream.next().isEmpty)
    }
}

import Foundation
import Testing
import Training

@Suite struct ScheduleTests {
    /// transformers' get_cosine_schedule_with_warmup, whose first step has rate 0.
    func transformersCosine(_ step: Int, _ steps: Int, _ warmup: Int) -> Double {
        if step < warmup { return Double(step) / Double(max(1, warmup)) }
        let progress = Double(step - warmup) / Double(max(1, steps - warmup))
        return max(0, 0.5 * (1 + cos(.pi * 0.5 * 2 * progress)))
    }

    @Test func cosineIsTheOneOfTransformersAfterWarmup() {
        for step in 3..<40 {
            let ours = LearningRateSchedule.cosine(to: 0).rate(at: step, of: 40, peak: 2e-4, warmup: 3)
            #expect(abs(ours - 2e-4 * transformersCosine(step, 40, 3)) < 1e-18)
        }
    }

    @Test func warmupStartsAboveZeroAndReachesThePeak() {
        let rates = (0..<6).map { LearningRateSchedule.constant.rate(at: $0, of: 10, peak: 1, warmup: 4) }
        #expect(rates == [0.25, 0.5, 0.75, 1, 1, 1])
    }

    @Test func tables() {
        let linear = (0..<5).map { LearningRateSchedule.linear(to: 0).rate(at: $0, of: 4, peak: 8, warmup: 0) }
        #expect(linear == [8, 6, 4, 2, 0])
        let floor = (0..<5).map { LearningRateSchedule.linear(to: 0.5).rate(at: $0, of: 4, peak: 8, warmup: 0) }
        #expect(floor == [8, 7, 6, 5, 4])
        let cosine = (0..<5).map { LearningRateSchedule.cosine(to: 0).rate(at: $0, of: 4, peak: 1, warmup: 0) }
        for (ours, wanted) in zip(cosine, [1, 0.5 + 0.5 * 0.5.squareRoot(), 0.5, 0.5 - 0.5 * 0.5.squareRoot(), 0]) {
            #expect(abs(ours - wanted) < 1e-15)
        }
        #expect(LearningRateSchedule.cosine(to: 0.1).rate(at: 100, of: 100, peak: 1, warmup: 5) == 0.1)
    }

    @Test func pastTheEndTheRateStaysAtItsEnd() {
        #expect(LearningRateSchedule.linear(to: 0).rate(at: 50, of: 10, peak: 1, warmup: 0) == 0)
        #expect(LearningRateSchedule.cosine(to: 0.2).rate(at: 50, of: 10, peak: 1, warmup: 0) == 0.2)
    }

    @Test(arguments: [(0.03, 100, 3), (0.03, 101, 4), (0, 10, 0), (1, 10, 10), (0.1, 5, 1), (0.5, 1, 1)])
    func warmupShareIsRoundedUp(ratio: Double, steps: Int, wanted: Int) {
        #expect(LearningRateSchedule.warmupSteps(ratio: ratio, of: steps) == wanted)
    }
}

import Statistics
import Testing

@Suite("Statistics")
struct StatisticsTests {
    // Expected values: scipy 1.17, `binomtest(k, n, p)` and its `proportion_ci(method="exact")`.
    @Test(
        "intervals are those of Clopper and Pearson",
        arguments: [
            (0, 10, 0.0, 0.3084971), (10, 10, 0.6915029, 1.0), (23, 35, 0.4778900, 0.8086759),
            (1, 2, 0.0125791, 0.9874209),
            (107, 120, 0.8218726, 0.9410417),
        ])
    func intervals(successes: Int, trials: Int, low: Double, high: Double) {
        let interval = Binomial(successes: successes, of: trials).interval()
        #expect(abs(interval.lowerBound - low) < 1e-5)
        #expect(abs(interval.upperBound - high) < 1e-5)
    }

    @Test(
        "p-values are those of the exact two-sided test",
        arguments: [
            (23, 35, 0.5, 0.0895311), (5, 10, 0.5, 1.0), (0, 8, 0.5, 0.0078125), (3, 10, 0.2, 0.4295747),
        ])
    func pValues(successes: Int, trials: Int, share: Double, p: Double) {
        #expect(abs(Binomial(successes: successes, of: trials).pValue(against: share) - p) < 1e-5)
    }

    @Test("nothing is claimed without a trial")
    func empty() {
        let none = Binomial(successes: 0, of: 0)
        #expect(none.share == nil)
        #expect(none.interval() == 0...1)
        #expect(none.pValue() == 1)
    }

    @Test("votes count by model, whatever the side; votes with the names shown stand apart")
    func tally() {
        let tally = VoteTally([
            JudgedPair(verdict: .second, firstIsLeft: true, firstLength: 10, secondLength: 20, wasBlind: true),
            JudgedPair(verdict: .second, firstIsLeft: false, firstLength: 10, secondLength: 5, wasBlind: true),
            JudgedPair(verdict: .first, firstIsLeft: true, firstLength: 10, secondLength: 10, wasBlind: true),
            JudgedPair(verdict: .second, firstIsLeft: true, firstLength: 1, secondLength: 2, wasBlind: false),
            JudgedPair(verdict: .tie, firstIsLeft: true, firstLength: 1, secondLength: 2, wasBlind: true),
            JudgedPair(verdict: .skipped, firstIsLeft: true, firstLength: 1, secondLength: 2, wasBlind: true),
        ])
        #expect(tally.secondWins == Binomial(successes: 2, of: 3))
        #expect(tally.leftPreference == Binomial(successes: 2, of: 3))
        #expect(tally.longerPreference == Binomial(successes: 1, of: 2))
        #expect((tally.ties, tally.skipped, tally.open, tally.judged) == (1, 1, 1, 4))
    }

    @Test("the paired test looks only at items on which the two differ")
    func paired() {
        let outcomes = PairedOutcomes(
            (0..<100).map { (first: $0 < 60, second: $0 < 50 || (60..<61).contains($0)) })
        #expect((outcomes.onlyFirst, outcomes.onlySecond) == (10, 1))
        #expect(abs(outcomes.pValue - 0.01171875) < 1e-9)
    }
}

import Foundation

/// Exact statements about a share of successes.
public struct Binomial: Sendable, Equatable {
    public var successes: Int
    public var trials: Int

    public init(successes: Int, of trials: Int) {
        self.successes = max(0, min(successes, trials))
        self.trials = max(0, trials)
    }

    /// Nil without a trial.
    public var share: Double? { trials > 0 ? Double(successes) / Double(trials) : nil }

    /// The interval that holds the true share with at least this confidence, however few the trials.
    ///
    /// Source: Clopper and Pearson 1934, Biometrika 26. Found by bisection on the exact tails.
    public func interval(confidence: Double = 0.95) -> ClosedRange<Double> {
        guard trials > 0 else { return 0...1 }
        let tail = (1 - confidence) / 2
        let low = successes == 0 ? 0 : Self.bisect { upperTail(from: successes, share: $0) < tail }
        let high = successes == trials ? 1 : Self.bisect { lowerTail(to: successes, share: $0) > tail }
        return low...max(low, high)
    }

    /// Two-sided p-value against a true share: the chance of an outcome no likelier than the one seen.
    public func pValue(against share: Double = 0.5) -> Double {
        guard trials > 0 else { return 1 }
        let seen = logProbability(successes, share: share)
        var total = 0.0
        for count in 0...trials {
            let value = logProbability(count, share: share)
            // The allowance keeps outcomes that are equally likely on paper from falling to rounding.
            if value <= seen + 1e-7 { total += exp(value) }
        }
        return min(1, total)
    }

    private func logProbability(_ count: Int, share: Double) -> Double {
        guard share > 0 else { return count == 0 ? 0 : -.infinity }
        guard share < 1 else { return count == trials ? 0 : -.infinity }
        let ways = lgamma(Double(trials + 1)) - lgamma(Double(count + 1)) - lgamma(Double(trials - count + 1))
        return ways + Double(count) * log(share) + Double(trials - count) * log1p(-share)
    }

    private func upperTail(from count: Int, share: Double) -> Double {
        (count...trials).reduce(0) { $0 + exp(logProbability($1, share: share)) }
    }

    private func lowerTail(to count: Int, share: Double) -> Double {
        (0...count).reduce(0) { $0 + exp(logProbability($1, share: share)) }
    }

    /// The share at which `isBelow` turns false.
    private static func bisect(_ isBelow: (Double) -> Bool) -> Double {
        var low = 0.0
        var high = 1.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if isBelow(middle) { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

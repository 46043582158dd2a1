/// Two systems scored right or wrong on the same items.
public struct PairedOutcomes: Sendable, Equatable {
    public private(set) var bothRight = 0
    public private(set) var onlyFirst = 0
    public private(set) var onlySecond = 0
    public private(set) var bothWrong = 0

    public init(_ outcomes: some Sequence<(first: Bool, second: Bool)>) {
        for outcome in outcomes {
            switch (outcome.first, outcome.second) {
            case (true, true): bothRight += 1
            case (true, false): onlyFirst += 1
            case (false, true): onlySecond += 1
            case (false, false): bothWrong += 1
            }
        }
    }

    public var count: Int { bothRight + onlyFirst + onlySecond + bothWrong }
    public var first: Binomial { Binomial(successes: bothRight + onlyFirst, of: count) }
    public var second: Binomial { Binomial(successes: bothRight + onlySecond, of: count) }

    /// Exact two-sided test that both are right equally often, from the items on which they differ.
    ///
    /// Source: McNemar 1947, Psychometrika 12.
    public var pValue: Double { Binomial(successes: onlyFirst, of: onlyFirst + onlySecond).pValue() }
}

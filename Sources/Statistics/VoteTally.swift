/// A person's verdict on two completions, by model and not by side.
public enum Verdict: String, Sendable, CaseIterable {
    case first, second, tie, bothBad, skipped
}

/// One judged pair, with what could have misled the judge.
public struct JudgedPair: Sendable, Equatable {
    public var verdict: Verdict
    /// Whether the first model stood on the left.
    public var firstIsLeft: Bool
    public var firstLength: Int
    public var secondLength: Int
    public var wasBlind: Bool

    public init(verdict: Verdict, firstIsLeft: Bool, firstLength: Int, secondLength: Int, wasBlind: Bool) {
        self.verdict = verdict
        self.firstIsLeft = firstIsLeft
        self.firstLength = firstLength
        self.secondLength = secondLength
        self.wasBlind = wasBlind
    }
}

/// What the votes say, and how far they can be trusted. Votes cast with the names shown are counted apart:
/// they are no evidence.
public struct VoteTally: Sendable, Equatable {
    public private(set) var first = 0
    public private(set) var second = 0
    public private(set) var ties = 0
    public private(set) var bothBad = 0
    public private(set) var skipped = 0
    public private(set) var open = 0
    private var leftWins = 0
    private var longerWins = 0
    private var unequalLengths = 0

    public init(_ pairs: [JudgedPair]) {
        for pair in pairs { add(pair) }
    }

    private mutating func add(_ pair: JudgedPair) {
        guard pair.verdict != .skipped else {
            skipped += 1
            return
        }
        guard pair.wasBlind else {
            open += 1
            return
        }
        switch pair.verdict {
        case .tie: ties += 1
        case .bothBad: bothBad += 1
        case .first, .second:
            let firstWon = pair.verdict == .first
            if firstWon { first += 1 } else { second += 1 }
            if firstWon == pair.firstIsLeft { leftWins += 1 }
            if pair.firstLength != pair.secondLength {
                unequalLengths += 1
                if firstWon == (pair.firstLength > pair.secondLength) { longerWins += 1 }
            }
        case .skipped: break
        }
    }

    /// Blind votes of any kind.
    public var judged: Int { first + second + ties + bothBad }

    /// Wins of the second model among the decided pairs; ties and both-bad say nothing about which is better.
    public var secondWins: Binomial { Binomial(successes: second, of: first + second) }

    /// How often the left side won: far from half means that the judge favours a side.
    public var leftPreference: Binomial { Binomial(successes: leftWins, of: first + second) }

    /// How often the longer completion won.
    public var longerPreference: Binomial { Binomial(successes: longerWins, of: unequalLengths) }
}

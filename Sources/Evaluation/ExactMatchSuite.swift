public import Datasets
public import Generation
import Models
public import Statistics
import Tokenizers

/// Held-out rows answered greedily by the engine itself, judged by exact match.
public struct ExactMatchSuite: Sendable {
    public let name: String
    public let items: [HeldOutItem]
    /// Rows without an answer to compare with.
    public let leftOut: Int
    private let text: ModelText

    /// - Throws: `EvaluationError.nothingToJudge` when no row has an answer; what the template refuses.
    public init(name: String, examples: [Example], text: ModelText) throws {
        self.name = name
        self.text = text
        items = try examples.compactMap { try HeldOutItem($0, text: text) }
        leftOut = examples.count - items.count
        if items.isEmpty { throw EvaluationError.nothingToJudge(name: name, rows: examples.count) }
    }

    /// Answers every item with whatever adapter is on the generator's model.
    ///
    /// An answer may be `slack` tokens longer than the one wanted before it is cut: it cannot match any more then.
    /// `progress` gets the items done and in all; false cancels.
    /// - Throws: `ModelError`, or `EvaluationError.cancelled`.
    public func run(
        _ generator: Generator, slack: Int = 16, progress: (Int, Int) -> Bool = { _, _ in true }
    ) throws -> SuiteResult {
        var answers: [SuiteResult.Answer] = []
        answers.reserveCapacity(items.count)
        let clock = ContinuousClock()
        let start = clock.now
        var tokens = 0
        let ends = Set(text.endTokenIDs)
        for (place, item) in items.enumerated() {
            let settings = SamplingSettings(maxTokens: item.wantedTokens + max(1, slack))
            let made = try generator.generate(prompt: item.prompt, settings: settings, endTokens: ends)
            tokens += made.ids.count
            let answer = text.tokenizer.decode(made.ids)
            answers.append(
                .init(
                    item: item, text: answer, match: AnswerMatch(answer: answer, wanted: item.wanted), stop: made.stop))
            if !progress(place + 1, items.count) { throw EvaluationError.cancelled(name: name) }
        }
        return SuiteResult(name: name, answers: answers, tokens: tokens, seconds: (clock.now - start) / .seconds(1))
    }
}

/// Why nothing could be evaluated.
public enum EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
    case nothingToJudge(name: String, rows: Int)
    case cancelled(name: String)

    public var description: String {
        switch self {
        case .nothingToJudge(let name, let rows):
            "\(name): none of \(rows) rows has a prompt and an answer to compare with. Give rows of conversations or "
                + "of prompts and completions."
        case .cancelled(let name): "evaluating on \(name) was cancelled"
        }
    }
}

/// What a model answered, and how often it was right.
public struct SuiteResult: Sendable, Equatable {
    public struct Answer: Sendable, Equatable {
        public let item: HeldOutItem
        public let text: String
        public let match: AnswerMatch
        public let stop: GeneratedTokens.StopReason

        public init(item: HeldOutItem, text: String, match: AnswerMatch, stop: GeneratedTokens.StopReason) {
            self.item = item
            self.text = text
            self.match = match
            self.stop = stop
        }
    }

    public let name: String
    public let answers: [Answer]
    public let tokens: Int
    public let seconds: Double

    public init(name: String, answers: [Answer], tokens: Int, seconds: Double) {
        self.name = name
        self.answers = answers
        self.tokens = tokens
        self.seconds = seconds
    }

    public var exact: Binomial { Binomial(successes: answers.count(where: \.match.isExact), of: answers.count) }

    /// Answers that are JSON objects, among the items that want one.
    public var validJSON: Binomial {
        let wanting = answers.compactMap(\.match.isJSON)
        return Binomial(successes: wanting.count(where: \.self), of: wanting.count)
    }

    /// How often each field of the objects wanted was right, in the order the fields first occur.
    public var fields: [(name: String, share: Binomial)] {
        var names: [String] = []
        var right: [String: Int] = [:]
        var all: [String: Int] = [:]
        for field in answers.flatMap(\.match.fields) {
            if all[field.name] == nil { names.append(field.name) }
            all[field.name, default: 0] += 1
            if field.isRight { right[field.name, default: 0] += 1 }
        }
        return names.map { ($0, Binomial(successes: right[$0] ?? 0, of: all[$0] ?? 0)) }
    }

    /// Item by item beside another model's answers to the same suite; this one is the first.
    public func paired(with other: SuiteResult) -> PairedOutcomes {
        PairedOutcomes(zip(answers, other.answers).map { (first: $0.match.isExact, second: $1.match.isExact) })
    }
}

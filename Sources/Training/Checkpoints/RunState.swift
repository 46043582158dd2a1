import Datasets
import OrderedJSON
import Recipes
public import Runs

/// What a run must know, beside weights and optimiser state, to go on as if nothing had happened.
///
/// Randomness is a function of (seed, step, site) and the batches of (seed, step): the step is the whole cursor.
public struct RunState: Sendable, Equatable {
    /// Updates made.
    public var step = 0
    public var tokens = 0
    public var trainedTokens = 0
    public var elapsedSeconds = 0.0
    public var latestEvaluation: EvaluationPoint?
    public var bestEvaluation: EvaluationPoint?
    public var bestCheckpoint: String?
    /// Set by hand while the run was live; nil: the recipe's.
    public var peakLearningRate: Double?
    public var evaluationInterval: Int?
    /// Threads that computed it: another number may change the last bits of sums inside matrix products.
    public var threads = 0
    /// Seconds since 1970 that templates took for now.
    public var templateClock = 0.0
    public var fingerprint = RunFingerprint()

    public init() {}
}

/// What must be the same for a resumed run to be the same run.
public struct RunFingerprint: Sendable, Equatable {
    /// Of the tokenised training rows in order, with their masks.
    public var rows = ""
    public var tokenizer = ""
    public var template = ""
    /// Of the base model's configuration and the sizes of its weights.
    public var model = ""
    public init() {}
}

extension RunState {
    static let format = 1

    /// `files` are the names and sizes of what lies beside it in the checkpoint.
    func asJSON(files: [(name: String, bytes: Int)]) -> JSONValue {
        var members: JSONObject = [
            "format": .integer(Self.format), "step": .integer(step), "tokens": .integer(tokens),
            "trained_tokens": .integer(trainedTokens), "elapsed_seconds": .number(elapsedSeconds),
            "threads": .integer(threads), "template_clock": .number(templateClock),
        ]
        if let latestEvaluation { members["latest_evaluation"] = latestEvaluation.asJSON }
        if let bestEvaluation { members["best_evaluation"] = bestEvaluation.asJSON }
        if let bestCheckpoint { members["best_checkpoint"] = .string(bestCheckpoint) }
        if let peakLearningRate { members["peak_learning_rate"] = .number(peakLearningRate) }
        if let evaluationInterval { members["evaluation_interval"] = .integer(evaluationInterval) }
        members["fingerprint"] = .object([
            "rows": .string(fingerprint.rows), "tokenizer": .string(fingerprint.tokenizer),
            "template": .string(fingerprint.template), "model": .string(fingerprint.model),
        ])
        var sizes: JSONObject = [:]
        for file in files { sizes[file.name] = .integer(file.bytes) }
        members["files"] = .object(sizes)
        return .object(members)
    }

    /// Nil when a needed member is missing or of the wrong kind.
    init?(json: JSONValue) {
        guard json["format"]?.int == Self.format, let step = json["step"]?.int, step >= 0,
            let tokens = json["tokens"]?.int, let trained = json["trained_tokens"]?.int,
            let elapsed = json["elapsed_seconds"]?.double, let print = json["fingerprint"]
        else { return nil }
        self.step = step
        self.tokens = tokens
        trainedTokens = trained
        elapsedSeconds = elapsed
        threads = json["threads"]?.int ?? 0
        templateClock = json["template_clock"]?.double ?? 0
        latestEvaluation = json["latest_evaluation"].flatMap(EvaluationPoint.init(json:))
        bestEvaluation = json["best_evaluation"].flatMap(EvaluationPoint.init(json:))
        bestCheckpoint = json["best_checkpoint"]?.string
        peakLearningRate = json["peak_learning_rate"]?.double
        evaluationInterval = json["evaluation_interval"]?.int
        fingerprint.rows = print["rows"]?.string ?? ""
        fingerprint.tokenizer = print["tokenizer"]?.string ?? ""
        fingerprint.template = print["template"]?.string ?? ""
        fingerprint.model = print["model"]?.string ?? ""
    }
}

extension EvaluationPoint {
    fileprivate var asJSON: JSONValue {
        .object([
            "step": .integer(step), "loss": .number(loss), "tokens": .integer(tokens), "is_best": .bool(isBest),
        ])
    }

    fileprivate init?(json: JSONValue) {
        guard let step = json["step"]?.int, let loss = json["loss"]?.double, let tokens = json["tokens"]?.int
        else { return nil }
        self.init(step: step, loss: loss, tokens: tokens, isBest: json["is_best"]?.bool ?? false)
    }
}

extension RunFingerprint {
    /// What differs from `other`, in words; empty when nothing does.
    func differences(from other: RunFingerprint) -> [String] {
        var found: [String] = []
        if rows != other.rows { found.append("the training rows or their masks are not the same") }
        if tokenizer != other.tokenizer { found.append("the tokenizer is not the same") }
        if template != other.template { found.append("the chat template is not the same") }
        if model != other.model { found.append("the base model is not the same") }
        return found
    }
}

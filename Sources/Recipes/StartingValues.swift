/// Values to begin with that fit the size of a model and of a data set, each with its reason.
///
/// The catalogue's defaults are those usual for models of some billion weights and some thousand rows. A small model
/// hardly moves at their rate, and a small set packed into their batches is over after a few updates. Only what should
/// differ from a default is named here.
public struct StartingValues: Sendable, Equatable {
    public struct Facts: Sendable, Equatable {
        /// Weights of the model.
        public var parameters: Int
        /// Longest sequence of the model, in tokens.
        public var contextLength: Int
        /// Rows to train on.
        public var rows: Int
        /// Tokens of one pass over them, roughly.
        public var tokens: Int

        public init(parameters: Int, contextLength: Int, rows: Int, tokens: Int) {
            self.parameters = parameters
            self.contextLength = contextLength
            self.rows = rows
            self.tokens = tokens
        }
    }

    public struct Value: Sendable, Equatable {
        /// Dotted key of the recipe field.
        public var key: String
        /// The value as it is typed.
        public var text: String
        /// Why this and not the default.
        public var reason: String
    }

    public let facts: Facts
    /// In the order of the catalogue; empty when the defaults fit.
    public let values: [Value]

    public init(_ facts: Facts) {
        self.facts = facts
        var chosen: [String: Value] = [:]
        func choose(_ key: String, _ value: Double, _ reason: String) {
            let text = NumberText.shortest(value)
            guard let field = RecipeField.named(key), field.defaultText != text else { return }
            chosen[key] = Value(key: key, text: text, reason: reason)
        }
        let batch = Batch(facts)
        let epochs = Self.epochs(facts, updatesPerEpoch: batch.updates(facts.tokens))
        let updates = batch.updates(facts.tokens) * epochs
        let size = "a model of \(Self.rounded(facts.parameters)) weights"
        let amount = "\(facts.rows) rows with about \(Self.rounded(facts.tokens)) tokens"
        let rate = Self.rate(facts.parameters)
        choose(
            "optimizer.learning_rate", rate,
            rate > 2e-4 ? "\(size) bears, and needs, a higher rate" : "\(size) is easily spoilt by a higher rate")
        choose("batch.sequence_length", Double(batch.length), "the model's context ends there")
        let small = "\(amount) would make few updates in larger batches"
        choose("batch.micro_batch_size", Double(batch.size), small)
        choose("batch.gradient_accumulation_steps", Double(batch.accumulation), small)
        choose(
            "epochs", Double(epochs),
            epochs > 3
                ? "\(amount) make about \(batch.updates(facts.tokens)) updates a pass; a task takes a few hundred"
                : "\(amount) teach enough in fewer passes")
        choose(
            "evaluation.every_steps", Double(Self.evaluationDistance(updates)),
            "about ten measurements in about \(updates) updates")
        values = RecipeField.all.compactMap { chosen[$0.key] }
    }

    public func value(of key: String) -> Value? { values.first { $0.key == key } }

    /// The fields that are looked at; those without a value stay at their default.
    static let keys = [
        "optimizer.learning_rate", "batch.sequence_length", "batch.micro_batch_size",
        "batch.gradient_accumulation_steps", "epochs", "evaluation.every_steps",
    ]

    /// The values as a set of changes, defaults included.
    public var preset: RecipePreset {
        RecipePreset(
            name: "fitted", explanation: "What fits this model and this data set: where a new recipe begins.",
            changes: Self.keys.map { key in
                (key, value(of: key)?.text ?? RecipeField.named(key)?.defaultText ?? "")
            } + [("method", "lora"), ("max_steps", "")])
    }

    /// The recipe with the values in the fields that are as in `base`: what a person has changed stays.
    public func applied(to recipe: Recipe, where base: Recipe) -> Recipe {
        var copy = recipe
        for key in Self.keys {
            guard let field = RecipeField.named(key), field.text(in: recipe) == field.text(in: base) else { continue }
            try? field.set(value(of: key)?.text ?? field.defaultText, in: &copy)
        }
        return copy
    }

    // MARK: Rules

    /// Peak rate for LoRA. 2e-4 up to 13 billion weights and 1e-4 above are those of Dettmers et al. 2023 (arXiv
    /// 2305.14314); best rates rise as models shrink, below a billion weights by about ten from end to end.
    private static func rate(_ parameters: Int) -> Double {
        switch parameters {
        case ..<20_000_000: 2e-3
        case ..<100_000_000: 1e-3
        case ..<1_000_000_000: 5e-4
        case ..<20_000_000_000: 2e-4
        default: 1e-4
        }
    }

    /// What one update is computed from.
    private struct Batch {
        var length: Int
        var size = 4
        var accumulation = 2

        /// The default batch, made smaller until a pass has forty updates.
        init(_ facts: Facts) {
            length = facts.contextLength > 0 ? min(512, max(8, facts.contextLength)) : 512
            while updates(facts.tokens) < 40, accumulation > 1 || size > 1 {
                if accumulation > 1 { accumulation /= 2 } else { size /= 2 }
            }
        }

        func updates(_ tokens: Int) -> Int { max(1, tokens / (length * size * accumulation)) }
    }

    /// Enough passes for three hundred updates, but no more than ten; fewer than three for much data.
    private static func epochs(_ facts: Facts, updatesPerEpoch: Int) -> Int {
        let usual = facts.rows > 50_000 ? 1 : facts.rows > 10_000 ? 2 : 3
        let needed = (300 + updatesPerEpoch - 1) / updatesPerEpoch
        return min(10, max(usual, needed))
    }

    private static func evaluationDistance(_ updates: Int) -> Int {
        [10, 20, 50, 100, 200, 500, 1000].last { $0 <= updates / 10 } ?? 10
    }

    /// `3.2 million`: two digits are enough to know what is meant.
    private static func rounded(_ count: Int) -> String {
        for (unit, name) in [(1_000_000_000, "billion"), (1_000_000, "million")] where count >= unit {
            let tenths = count / (unit / 10)
            return tenths < 100 && tenths % 10 > 0 ? "\(tenths / 10).\(tenths % 10) \(name)" : "\(tenths / 10) \(name)"
        }
        return count >= 10_000 ? "\(count / 1000) thousand" : "\(count)"
    }
}

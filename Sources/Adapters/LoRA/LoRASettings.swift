/// The choices of a LoRA adapter. Hu et al. 2021, arXiv 2106.09685; rank-stabilised scale: Kalajdzievski 2023,
/// arXiv 2312.03732; DoRA: Liu et al. 2024, arXiv 2402.09353.
///
/// Names of modules are matched as PEFT matches them; see `LoRASettings+Matching`.
public struct LoRASettings: Sendable, Equatable {
    /// R, the inner width.
    public var rank: Int
    /// The update is scaled by alpha / rank, or alpha / √rank when rank-stabilised.
    public var alpha: Double
    /// Share of the inputs dropped before A while training.
    public var dropout: Double
    public var targets: Targets
    /// Modules that are no targets although `targets` names them.
    public var excluded: Targets?
    public var isRankStabilized: Bool
    /// Learns the length of each output's weights apart from their direction.
    public var usesDoRA: Bool
    /// Whether B has a bias of its own (`lora_bias`).
    public var hasBias: Bool
    /// Which biases of the base are trained and saved along.
    public var trainedBiases: TrainedBiases
    /// Modules trained and saved as a whole, beside the adapter.
    public var modulesToSave: [String]
    /// Rows of the token tables that are trained: module name and token ids.
    public var trainedTokens: OrderedTokens
    /// Layers that are adapted; nil means all.
    public var layers: [Int]?
    /// What stands before the number of a layer in a module's name; empty means anything.
    public var layersPattern: [String]
    /// Other ranks and alphas for modules whose name ends with the key (a regular expression, as PEFT has it). The
    /// first that matches counts.
    public var rankPattern: Ranks
    public var alphaPattern: Alphas
    /// What is trained in the table of a tied model changes the head as well.
    public var keepsTying: Bool

    public typealias Ranks = OrderedPatterns<Int>
    public typealias Alphas = OrderedPatterns<Double>
    public typealias OrderedTokens = OrderedPatterns<[Int32]>

    public enum Targets: Sendable, Equatable {
        /// Every projection of every layer; not the head.
        case allLinear
        /// Names as `q_proj`, `self_attn.q_proj` or the whole key.
        case modules([String])
        /// A regular expression that the whole key must match.
        case pattern(String)
    }

    public enum TrainedBiases: String, Sendable, CaseIterable {
        case none
        case all
        /// Those of the adapted projections.
        case adapted = "lora_only"
    }

    public init(
        rank: Int = 8, alpha: Double = 16, dropout: Double = 0, targets: Targets = .allLinear,
        excluded: Targets? = nil, isRankStabilized: Bool = false, usesDoRA: Bool = false, hasBias: Bool = false,
        trainedBiases: TrainedBiases = .none, modulesToSave: [String] = [], trainedTokens: OrderedTokens = [:],
        layers: [Int]? = nil, layersPattern: [String] = [], rankPattern: Ranks = [:], alphaPattern: Alphas = [:],
        keepsTying: Bool = false
    ) {
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.targets = targets
        self.excluded = excluded
        self.isRankStabilized = isRankStabilized
        self.usesDoRA = usesDoRA
        self.hasBias = hasBias
        self.trainedBiases = trainedBiases
        self.modulesToSave = modulesToSave
        self.trainedTokens = trainedTokens
        self.layers = layers
        self.layersPattern = layersPattern
        self.rankPattern = rankPattern
        self.alphaPattern = alphaPattern
        self.keepsTying = keepsTying
    }
}

/// Values by pattern, in the order in which the patterns are tried.
public struct OrderedPatterns<Value: Sendable & Equatable>: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public private(set) var entries: [(pattern: String, value: Value)] = []

    public init(dictionaryLiteral elements: (String, Value)...) {
        for (pattern, value) in elements { self[pattern] = value }
    }

    public var isEmpty: Bool { entries.isEmpty }

    public subscript(pattern: String) -> Value? {
        get { entries.first { $0.pattern == pattern }?.value }
        set {
            let index = entries.firstIndex { $0.pattern == pattern }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append((pattern, value))
            case (nil, nil): break
            }
        }
    }

    public static func == (a: Self, b: Self) -> Bool { a.entries.elementsEqual(b.entries) { $0 == $1 } }
}

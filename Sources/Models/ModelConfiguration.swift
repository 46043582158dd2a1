public import Autograd
public import OrderedJSON

/// The sizes and switches of a decoder, as config.json gives them. Letters: C `hiddenSize`, L `layers`, H `heads`,
/// K `keyValueHeads`, D `headWidth`, F `feedForward`, V `vocabularySize`.
///
/// Every value is checked on reading: sizes are positive, fit each other, and their products fit memory arithmetic.
public struct ModelConfiguration: Sendable, Equatable {
    public let family: ModelFamily
    public let vocabularySize: Int
    public let hiddenSize: Int
    public let feedForward: Int
    public let layers: Int
    public let heads: Int
    public let keyValueHeads: Int
    public let headWidth: Int
    /// Tokens the model was made for: `max_position_embeddings`, times the factor where dynamic RoPE stretches it.
    public let contextLength: Int
    public let normEpsilon: Float
    public let activation: Activation
    /// Of the layers that see everything; nil with learned positions.
    public let rope: RoPESettings?
    /// Of the layers with a window.
    public let windowRope: RoPESettings?
    /// Whether the head is the embedding table.
    public let tiesEmbeddings: Bool
    /// Biases of q, k and v; of o; of gate, up and down.
    public let queryKeyValueBias: Bool
    public let outputBias: Bool
    public let feedForwardBias: Bool
    /// Tokens that layer i sees back, its own included; nil means all.
    public let windows: [Int?]
    public let bosID: Int32?
    public let eosIDs: [Int32]
    public let padID: Int32?
    /// Deviation of fresh weights.
    public let initializerRange: Float
    /// `dtype` (or the older `torch_dtype`) as written, for example "bfloat16".
    public let dtype: String?
    /// The whole of config.json, so that saving a model keeps what the engine does not read.
    public internal(set) var source: JSONObject

    // MARK: What some families have

    /// Embeddings are multiplied by this.
    public internal(set) var embeddingScale: Float = 1
    /// What each half of a block adds to the residual stream is multiplied by this.
    public internal(set) var residualScale: Float = 1
    /// Scores of layer i are multiplied by this.
    public internal(set) var attentionScales: [Float]
    /// Scores stay within ± this.
    public internal(set) var attentionSoftCap: Float?
    /// Logits are multiplied by this, and then stay within ± the cap.
    public internal(set) var logitScale: Float = 1
    public internal(set) var logitSoftCap: Float?
    /// Whether attention and feed-forward read the same input.
    public internal(set) var isParallel = false

    /// The window of the layers that have one.
    public var slidingWindow: Int? { windows.lazy.compactMap { $0 }.first }
    /// Of the layers that see everything; 0 without rotary positions.
    public var ropeTheta: Double { rope?.theta ?? 0 }
    public var ropeScaling: RoPEScaling { rope?.scaling ?? .none }
    /// Positions come from a table of `contextLength` rows: longer sequences cannot be computed at all.
    public var hasLearnedPositions: Bool { family.traits.names.positions != nil }

    /// Whether both describe the same model, whatever else their files say and however they say it.
    public func describesTheSame(as other: ModelConfiguration) -> Bool {
        var copy = self
        copy.source = other.source
        return copy == other
    }

    /// Whether hidden states of the first `kept` tokens stay what they are when a sequence grows to `total`. Where they
    /// do not, what a cache holds of them is void: dynamic and long RoPE turn all positions by the length.
    public func keepsPast(of kept: Int, in total: Int) -> Bool {
        [rope, windowRope].allSatisfy { settings in
            settings.map { $0.scaling.regime(length: kept) == $0.scaling.regime(length: total) } ?? true
        }
    }
}

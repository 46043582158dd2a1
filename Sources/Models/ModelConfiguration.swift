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
    /// Tokens the model was made for (`max_position_embeddings`).
    public let contextLength: Int
    public let rmsNormEpsilon: Float
    public let ropeTheta: Double
    public let ropeScaling: RoPEScaling
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
    public let source: JSONObject

    /// The window of the layers that have one.
    public var slidingWindow: Int? { windows.lazy.compactMap { $0 }.first }

    /// The number of weights, a tied head counted once.
    public var parameterCount: Int {
        let (c, q, kv) = (hiddenSize, heads * headWidth, keyValueHeads * headWidth)
        var block = c * q * 2 + c * kv * 2 + 3 * c * feedForward + 2 * c
        if queryKeyValueBias { block += q + 2 * kv }
        if outputBias { block += c }
        if feedForwardBias { block += 2 * feedForward + c }
        return vocabularySize * c * (tiesEmbeddings ? 1 : 2) + layers * block + c
    }
}

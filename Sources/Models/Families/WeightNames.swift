/// What a family calls its weights in the checkpoint, and with that the shape of its block. The defaults are Llama's.
///
/// A weight's key is base + name + ".weight" or ".bias"; those of a layer are base + layers + ".0." + name + ….
struct WeightNames: Sendable {
    /// Before every name but the head's.
    var base = "model."
    var embedding = "embed_tokens"
    /// The table of learned positions.
    var positions: String?
    var layers = "layers"
    var finalNorm = "norm"
    /// The head as it is saved, then what other writers call it; without the base.
    var head = ["lm_head"]

    var attention = Input.three("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
    var attentionOutput = "self_attn.o_proj"
    var feedForward = FeedForwardNames.gated("mlp.gate_proj", "mlp.up_proj")
    var feedForwardOutput = "mlp.down_proj"

    var attentionNorm: String? = "input_layernorm"
    var attentionOutputNorm: String?
    var feedForwardNorm: String? = "post_attention_layernorm"
    var feedForwardOutputNorm: String?
    /// Norms of queries and keys.
    var queryNorm, keyNorm: String?

    /// Tensors of a layer that older files hold besides the weights: masks and frequencies, which are computed.
    var buffers = ["self_attn.rotary_emb.inv_freq"]
    /// Other values of `base` in files of the same weights, beside none at all.
    var otherBases: [String] = []
    /// Beginnings of tensors that belong to another part of a larger model.
    var otherParts: [String] = []

    enum Input: Sendable {
        case three(String, String, String)
        case one(String, AttentionInput.ColumnOrder)
    }

    enum FeedForwardNames: Sendable {
        case gated(String, String)
        case fusedGated(String)
        case plain(String)
    }

    var embeddingKey: String { base + embedding + ".weight" }
    var positionsKey: String? { positions.map { base + $0 + ".weight" } }
    var finalNormKey: String { base + finalNorm }
    var headKey: String { head[0] + ".weight" }

    /// Every projection of a layer.
    var projections: [String] {
        let inputs: [String] =
            switch attention {
            case .three(let query, let key, let value): [query, key, value]
            case .one(let name, _): [name]
            }
        let feedForwardInputs: [String] =
            switch feedForward {
            case .gated(let gate, let up): [gate, up]
            case .fusedGated(let name), .plain(let name): [name]
            }
        return inputs + [attentionOutput] + feedForwardInputs + [feedForwardOutput]
    }

    func layerPrefix(_ layer: Int) -> String { "\(base)\(layers).\(layer)." }
}

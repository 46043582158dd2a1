import OrderedJSON

extension FamilyTraits {
    /// OLMo 2: Llama with its norms after attention and feed-forward instead of before, and over all queries and all
    /// keys. Walsh et al. 2024, arXiv 2501.00656.
    static let olmo2 = FamilyTraits(
        architecture: "Olmo2ForCausalLM",
        names: WeightNames(
            attentionNorm: nil, attentionOutputNorm: "post_attention_layernorm", feedForwardNorm: nil,
            feedForwardOutputNorm: "post_feedforward_layernorm", queryNorm: "self_attn.q_norm",
            keyNorm: "self_attn.k_norm"),
        normalisesHeads: false,
        defaults: ["rms_norm_eps": 1e-5],
        biases: (.key("attention_bias", absent: false), .key("attention_bias", absent: false), .never))
}

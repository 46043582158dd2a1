import OrderedJSON

extension FamilyTraits {
    /// Qwen 3 (dense): Qwen 2 without its biases, with a norm over each head of queries and keys, and heads whose
    /// width does not follow from C. Yang et al. 2025, arXiv 2505.09388.
    static let qwen3 = FamilyTraits(
        architecture: "Qwen3ForCausalLM",
        names: WeightNames(queryNorm: "self_attn.q_norm", keyNorm: "self_attn.k_norm"),
        defaults: ["num_key_value_heads": 32, "head_dim": 128, "sliding_window": 4096, "max_window_layers": 28],
        biases: (.key("attention_bias", absent: false), .key("attention_bias", absent: false), .never),
        slides: qwenSlides,
        readsLayerTypes: true)
}

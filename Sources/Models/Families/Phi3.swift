import OrderedJSON

extension FamilyTraits {
    /// Phi 3, 3.5, 4 and 4-mini: Llama with queries, keys and values in one projection, gate and up in another, and
    /// LongRoPE. Abdin et al. 2024, arXiv 2404.14219.
    static let phi3 = FamilyTraits(
        architecture: "Phi3ForCausalLM",
        names: WeightNames(
            attention: .one("self_attn.qkv_proj", .blocks), feedForward: .fusedGated("mlp.gate_up_proj")),
        positions: .partialRotary(share: 1, key: "partial_rotary_factor"),
        defaults: ["rms_norm_eps": 1e-5, "original_max_position_embeddings": 4096],
        slides: slidesWherePossible)
}

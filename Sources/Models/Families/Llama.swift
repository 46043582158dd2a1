extension FamilyTraits {
    /// Llama 1 to 3.3 and the many models in its shape (SmolLM2, TinyLlama, Yi, DeepSeek-LLM, …).
    /// Touvron et al. 2023, arXiv 2302.13971.
    static let llama = FamilyTraits(
        architecture: "LlamaForCausalLM",
        biases: (
            .key("attention_bias", absent: false), .key("attention_bias", absent: false),
            .key("mlp_bias", absent: false)
        ))
}

import OrderedJSON

extension FamilyTraits {
    /// Llama 1 to 3.3 and the many models in its shape (SmolLM2, TinyLlama, …).
    /// Touvron et al. 2023, arXiv 2302.13971.
    static let llama = FamilyTraits(
        architecture: "LlamaForCausalLM",
        defaultKeyValueHeads: nil,
        queryKeyValueBias: { $0["attention_bias"]?.bool ?? false },
        outputBias: { $0["attention_bias"]?.bool ?? false },
        feedForwardBias: { $0["mlp_bias"]?.bool ?? false },
        slides: { _, _ in false })
}

import OrderedJSON

extension FamilyTraits {
    /// Mistral: Llama with a sliding window in every layer unless config.json sets it to null.
    /// Jiang et al. 2023, arXiv 2310.06825.
    static let mistral = FamilyTraits(
        architecture: "MistralForCausalLM",
        defaults: ["num_key_value_heads": 8, "sliding_window": 4096],
        slides: slidesWherePossible)
}

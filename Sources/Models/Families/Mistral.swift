import OrderedJSON

extension FamilyTraits {
    /// Mistral: Llama with a sliding window in every layer when config.json names one.
    /// Jiang et al. 2023, arXiv 2310.06825.
    static let mistral = FamilyTraits(
        architecture: "MistralForCausalLM",
        defaultKeyValueHeads: 8,
        queryKeyValueBias: { _ in false },
        outputBias: { _ in false },
        feedForwardBias: { _ in false },
        slides: { _, json in json["sliding_window"]?.int != nil })
}

import OrderedJSON

extension FamilyTraits {
    /// Qwen 2 and 2.5: Llama with a bias on queries, keys and values. The window, rarely on, starts at
    /// `max_window_layers`. Yang et al. 2024, arXiv 2407.10671.
    static let qwen2 = FamilyTraits(
        architecture: "Qwen2ForCausalLM",
        defaultKeyValueHeads: 32,
        queryKeyValueBias: { _ in true },
        outputBias: { _ in false },
        feedForwardBias: { _ in false },
        slides: { layer, json in
            (json["use_sliding_window"]?.bool ?? false) && json["sliding_window"]?.int != nil
                && layer >= (json["max_window_layers"]?.int ?? 28)
        })
}

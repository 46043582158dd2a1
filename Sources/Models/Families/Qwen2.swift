import OrderedJSON

extension FamilyTraits {
    /// Qwen 2 and 2.5: Llama with a bias on queries, keys and values. The window, rarely on, starts at
    /// `max_window_layers`. Yang et al. 2024, arXiv 2407.10671.
    static let qwen2 = FamilyTraits(
        architecture: "Qwen2ForCausalLM",
        defaults: ["num_key_value_heads": 32, "sliding_window": 4096, "max_window_layers": 28],
        biases: (.always, .never, .never),
        slides: qwenSlides,
        readsLayerTypes: true)

    static let qwenSlides: @Sendable (Int, ConfigurationReader) -> Bool = { layer, reader in
        (reader.value("use_sliding_window")?.bool ?? false) && reader.value("sliding_window") != nil
            && layer >= (reader.value("max_window_layers")?.int ?? Int.max)
    }
}

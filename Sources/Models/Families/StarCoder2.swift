import OrderedJSON

extension FamilyTraits {
    /// StarCoder 2: rotary positions and grouped heads as in Llama, biases, layer norms and no gate as in GPT-2.
    /// Lozhkov et al. 2024, arXiv 2402.19173.
    static let starcoder2 = FamilyTraits(
        architecture: "Starcoder2ForCausalLM",
        names: WeightNames(feedForward: .plain("mlp.c_fc"), feedForwardOutput: "mlp.c_proj"),
        norm: .layer,
        defaults: [
            "num_key_value_heads": 2, "hidden_act": "gelu_pytorch_tanh", "norm_epsilon": 1e-5,
            "tie_word_embeddings": true, "initializer_range": 0.018042,
        ],
        fixed: [("norm_type", "layer_norm"), ("mlp_type", "default")],
        epsilonKey: "norm_epsilon",
        biases: (
            .key("use_bias", absent: true), .key("use_bias", absent: true), .key("use_bias", absent: true)
        ),
        slides: slidesWherePossible)
}

import OrderedJSON

extension FamilyTraits {
    /// Gemma 2: norms by 1 + w before and after each half, embeddings times √C, soft caps on scores and logits, every
    /// other layer with a window. Riviere et al. 2024, arXiv 2408.00118.
    static let gemma2 = FamilyTraits(
        architecture: "Gemma2ForCausalLM",
        names: gemmaNames,
        norm: .rms(offset: 1),
        defaults: gemmaDefaults.merging(
            [
                "vocab_size": 256_000, "max_position_embeddings": 8192, "attn_logit_softcapping": 50.0,
                "final_logit_softcapping": 30.0,
            ], uniquingKeysWith: { $1 }),
        fixed: [("use_bidirectional_attention", false)],
        activationKey: "hidden_activation",
        biases: (.key("attention_bias", absent: false), .key("attention_bias", absent: false), .never),
        slides: { layer, _ in layer % 2 == 0 },
        readsLayerTypes: true,
        finish: { (c, reader) throws(ModelError) in
            try finishGemma(&c, reader)
            c.attentionSoftCap = try reader.optionalPositive("attn_logit_softcapping")
        })

    static let gemmaNames = WeightNames(
        attentionOutputNorm: "post_attention_layernorm", feedForwardNorm: "pre_feedforward_layernorm",
        feedForwardOutputNorm: "post_feedforward_layernorm")

    static let gemmaDefaults: JSONObject = [
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "sliding_window": 4096,
        "query_pre_attn_scalar": 256, "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": true,
    ]

    static func finishGemma(_ c: inout ModelConfiguration, _ reader: ConfigurationReader) throws(ModelError) {
        c.embeddingScale = Float(Double(c.hiddenSize).squareRoot())
        let scale = 1 / (try reader.positive("query_pre_attn_scalar", absent: 256)).squareRoot()
        c.attentionScales = c.attentionScales.map { _ in Float(scale) }
        c.logitSoftCap = try reader.optionalPositive("final_logit_softcapping")
    }
}

import OrderedJSON

extension FamilyTraits {
    /// Granite 3: Llama with multipliers on embeddings, scores, both halves of a block and logits.
    /// Granite Team, IBM 2024, "Granite 3.0 Language Models".
    static let granite = FamilyTraits(
        architecture: "GraniteForCausalLM",
        biases: (
            .key("attention_bias", absent: false), .key("attention_bias", absent: false),
            .key("mlp_bias", absent: false)
        ),
        finish: { (c, reader) throws(ModelError) in
            c.embeddingScale = Float(try reader.positive("embedding_multiplier", absent: 1))
            c.residualScale = Float(try reader.positive("residual_multiplier", absent: 1))
            let scale = Float(try reader.positive("attention_multiplier", absent: 1))
            c.attentionScales = c.attentionScales.map { _ in scale }
            c.logitScale = Float(1 / (try reader.positive("logits_scaling", absent: 1)))
        })
}

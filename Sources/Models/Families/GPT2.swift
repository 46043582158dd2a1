import OrderedJSON

extension FamilyTraits {
    /// GPT-2: learned positions, biased layer norms and projections, weights as (in, out), no gate.
    /// Radford et al. 2019.
    static let gpt2 = FamilyTraits(
        architecture: "GPT2LMHeadModel",
        names: WeightNames(
            base: "transformer.", embedding: "wte", positions: "wpe", layers: "h", finalNorm: "ln_f",
            attention: .one("attn.c_attn", .blocks), attentionOutput: "attn.c_proj", feedForward: .plain("mlp.c_fc"),
            feedForwardOutput: "mlp.c_proj", attentionNorm: "ln_1", feedForwardNorm: "ln_2",
            buffers: ["attn.bias", "attn.masked_bias"]),
        norm: .layer,
        positions: .learned,
        readsHeadWidth: false,
        storesInputsFirst: true,
        shrinksResidualWeights: true,
        defaults: ["activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "tie_word_embeddings": true],
        ownKeys: [
            "hidden_size": "n_embd", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head",
            "max_position_embeddings": "n_positions", "intermediate_size": "n_inner",
        ],
        fixed: [("add_cross_attention", false)],
        defaultFeedForwardFactor: 4,
        epsilonKey: "layer_norm_epsilon",
        activationKey: "activation_function",
        biases: (.always, .always, .always),
        finish: { (c, reader) throws(ModelError) in
            let scale = try reader.flag("scale_attn_weights", absent: true) ? c.attentionScales[0] : 1
            let divides = try reader.flag("scale_attn_by_inverse_layer_idx", absent: false)
            c.attentionScales = c.attentionScales.indices.map { divides ? scale / Float($0 + 1) : scale }
        })
}

import OrderedJSON

extension FamilyTraits {
    /// GPT-NeoX and Pythia: attention and feed-forward side by side, a quarter of each head rotary, queries, keys and
    /// values woven head by head. Black et al. 2022, arXiv 2204.06745; Biderman et al. 2023, arXiv 2304.01373.
    static let gptNeoX = FamilyTraits(
        architecture: "GPTNeoXForCausalLM",
        names: WeightNames(
            base: "gpt_neox.", embedding: "embed_in", finalNorm: "final_layer_norm", head: ["embed_out", "lm_head"],
            attention: .one("attention.query_key_value", .heads), attentionOutput: "attention.dense",
            feedForward: .plain("mlp.dense_h_to_4h"), feedForwardOutput: "mlp.dense_4h_to_h",
            buffers: ["attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq"]),
        norm: .layer,
        positions: .partialRotary(share: 0.25, key: "rotary_pct"),
        readsHeadWidth: false,
        defaults: ["hidden_act": "gelu", "layer_norm_eps": 1e-5],
        ownKeys: ["rope_theta": "rotary_emb_base"],
        epsilonKey: "layer_norm_eps",
        biases: (.key("attention_bias", absent: true), .key("attention_bias", absent: true), .always),
        finish: { (c, reader) throws(ModelError) in
            c.isParallel = try reader.flag("use_parallel_residual", absent: true)
        })
}

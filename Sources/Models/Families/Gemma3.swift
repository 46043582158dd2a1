import OrderedJSON

extension FamilyTraits {
    /// Gemma 3, the text model: Gemma 2 with norms of queries and keys instead of capped scores, five layers with a
    /// window to one without, and a theta for each kind. Kamath et al. 2025, arXiv 2503.19786.
    ///
    /// `attn_logit_softcapping` has a place in its config.json and no effect, in transformers as here.
    static let gemma3 = FamilyTraits(
        architecture: "Gemma3ForCausalLM",
        names: names,
        norm: .rms(offset: 1),
        positions: .rotaryByLayer(theta: 1_000_000, windowTheta: 10_000),
        defaults: gemmaDefaults.merging(
            ["vocab_size": 262_208, "max_position_embeddings": 131_072, "sliding_window_pattern": 6],
            uniquingKeysWith: { $1 }),
        ownKeys: ["sliding_window_pattern": "_sliding_window_pattern"],
        fixed: [("use_bidirectional_attention", false)],
        activationKey: "hidden_activation",
        biases: (.key("attention_bias", absent: false), .key("attention_bias", absent: false), .never),
        slides: { layer, reader in
            let pattern = reader.value("sliding_window_pattern")?.int ?? 6
            return pattern < 1 || (layer + 1) % pattern != 0
        },
        readsLayerTypes: true,
        finish: finishGemma)

    private static let names: WeightNames = {
        var names = gemmaNames
        names.queryNorm = "self_attn.q_norm"
        names.keyNorm = "self_attn.k_norm"
        // The text part of a model that also sees.
        names.otherBases = ["language_model.model.", "model.language_model."]
        names.otherParts = [
            "vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector.",
        ]
        return names
    }()
}

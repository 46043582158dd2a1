extension GGUFArchitecture {
    private static func decoder(norm: Change) -> [Rule] {
        [
            Rule(key: "model.embed_tokens", name: "token_embd"),
            Rule(key: "model.norm", name: "output_norm", change: norm),
            Rule(key: "lm_head", name: "output"),
        ]
    }

    private static func attention(query: Change = .none, key: Change = .none) -> [Rule] {
        [
            Rule(key: "self_attn.q_proj", name: "attn_q", change: query),
            Rule(key: "self_attn.k_proj", name: "attn_k", change: key),
            Rule(key: "self_attn.v_proj", name: "attn_v"),
            Rule(key: "self_attn.o_proj", name: "attn_output"),
        ]
    }

    private static let gated = [
        Rule(key: "mlp.gate_proj", name: "ffn_gate"),
        Rule(key: "mlp.up_proj", name: "ffn_up"),
        Rule(key: "mlp.down_proj", name: "ffn_down"),
    ]

    private static func norms(_ change: Change = .none) -> [Rule] {
        [
            Rule(key: "input_layernorm", name: "attn_norm", change: change),
            Rule(key: "post_attention_layernorm", name: "ffn_norm", change: change),
        ]
    }

    /// Gemma 2 and 3 norm before and after both halves of a block.
    private static let fourNorms = [
        Rule(key: "input_layernorm", name: "attn_norm", change: .addOne),
        Rule(key: "post_attention_layernorm", name: "post_attention_norm", change: .addOne),
        Rule(key: "pre_feedforward_layernorm", name: "ffn_norm", change: .addOne),
        Rule(key: "post_feedforward_layernorm", name: "post_ffw_norm", change: .addOne),
    ]

    private static func headNorms(_ change: Change = .none) -> [Rule] {
        [
            Rule(key: "self_attn.q_norm", name: "attn_q_norm", change: change),
            Rule(key: "self_attn.k_norm", name: "attn_k_norm", change: change),
        ]
    }

    static let llama = GGUFArchitecture(
        name: "llama", modelTypes: ["llama", "mistral"], className: "LlamaForCausalLM",
        layerPrefix: "model.layers.", outer: decoder(norm: .none),
        inner: attention(query: .pairQueryHeads, key: .pairKeyHeads) + norms() + gated, tiesByDefault: false)

    static let qwen2 = GGUFArchitecture(
        name: "qwen2", modelTypes: ["qwen2"], className: "Qwen2ForCausalLM", layerPrefix: "model.layers.",
        outer: decoder(norm: .none), inner: attention() + norms() + gated, tiesByDefault: false)

    static let qwen3 = GGUFArchitecture(
        name: "qwen3", modelTypes: ["qwen3"], className: "Qwen3ForCausalLM", layerPrefix: "model.layers.",
        outer: decoder(norm: .none), inner: attention() + headNorms() + norms() + gated, tiesByDefault: false)

    static let gemma = GGUFArchitecture(
        name: "gemma", modelTypes: ["gemma"], className: "GemmaForCausalLM", layerPrefix: "model.layers.",
        outer: decoder(norm: .addOne), inner: attention() + norms(.addOne) + gated, tiesByDefault: true)

    static let gemma2 = GGUFArchitecture(
        name: "gemma2", modelTypes: ["gemma2"], className: "Gemma2ForCausalLM", layerPrefix: "model.layers.",
        outer: decoder(norm: .addOne), inner: attention() + fourNorms + gated, tiesByDefault: true)

    static let gemma3 = GGUFArchitecture(
        name: "gemma3", modelTypes: ["gemma3_text"], className: "Gemma3ForCausalLM", layerPrefix: "model.layers.",
        outer: decoder(norm: .addOne), inner: attention() + headNorms(.addOne) + fourNorms + gated,
        tiesByDefault: true)

    static let phi3 = GGUFArchitecture(
        name: "phi3", modelTypes: ["phi3"], className: "Phi3ForCausalLM", layerPrefix: "model.layers.",
        outer: decoder(norm: .none),
        inner: [
            Rule(key: "self_attn.qkv_proj", name: "attn_qkv"), Rule(key: "self_attn.o_proj", name: "attn_output"),
            Rule(key: "mlp.gate_up_proj", name: "ffn_up"), Rule(key: "mlp.down_proj", name: "ffn_down"),
        ] + norms(), tiesByDefault: false)

    static let gpt2 = GGUFArchitecture(
        name: "gpt2", modelTypes: ["gpt2"], className: "GPT2LMHeadModel", layerPrefix: "transformer.h.",
        outer: [
            Rule(key: "transformer.wte", name: "token_embd"), Rule(key: "transformer.wpe", name: "position_embd"),
            Rule(key: "transformer.ln_f", name: "output_norm"), Rule(key: "lm_head", name: "output"),
        ],
        inner: [
            Rule(key: "ln_1", name: "attn_norm"), Rule(key: "ln_2", name: "ffn_norm"),
            Rule(key: "attn.c_attn", name: "attn_qkv", change: .transpose),
            Rule(key: "attn.c_proj", name: "attn_output", change: .transpose),
            Rule(key: "mlp.c_fc", name: "ffn_up", change: .transpose),
            Rule(key: "mlp.c_proj", name: "ffn_down", change: .transpose),
        ], tiesByDefault: true)
}

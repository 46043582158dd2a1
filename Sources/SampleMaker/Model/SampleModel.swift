import OrderedJSON

/// The sample base model: a small Llama.
enum SampleModel {
    static let vocabulary = 4096
    static let contextLength = 1024

    static let configuration: JSONValue = [
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 192, "intermediate_size": 512,
        "num_hidden_layers": 6, "num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 32,
        "vocab_size": .integer(vocabulary), "max_position_embeddings": .integer(contextLength), "rope_theta": 10000.0,
        "rms_norm_eps": 1e-5, "hidden_act": "silu", "attention_bias": false, "mlp_bias": false,
        "attention_dropout": 0.0,
        "initializer_range": 0.02, "tie_word_embeddings": true, "eos_token_id": 4, "pad_token_id": 0,
        "torch_dtype": "bfloat16", "use_cache": true,
    ]
}

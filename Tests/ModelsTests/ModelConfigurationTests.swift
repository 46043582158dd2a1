import Autograd
import Models
import OrderedJSON
import Tensors
import Testing

@Suite("config.json")
struct ModelConfigurationTests {
    static let llama: JSONObject = [
        "model_type": "llama", "vocab_size": 100, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
        "num_attention_heads": 4, "max_position_embeddings": 512,
    ]

    func configuration(_ changes: JSONObject) throws(ModelError) -> ModelConfiguration {
        try ModelConfiguration(json: Self.llama.merging(changes) { $1 })
    }

    func error(_ changes: JSONObject) throws -> String {
        try #require(#expect(throws: ModelError.self) { try configuration(changes) }).description
    }

    @Test("defaults of a sparse file are those of transformers")
    func defaults() throws {
        let c = try configuration([:])
        #expect(c.keyValueHeads == 4 && c.headWidth == 8 && c.ropeTheta == 10_000 && c.rmsNormEpsilon == 1e-6)
        #expect(c.ropeScaling == .none && !c.tiesEmbeddings && !c.queryKeyValueBias && c.slidingWindow == nil)
        #expect(c.eosIDs.isEmpty && c.bosID == nil && c.dtype == nil)
    }

    @Test("both generations of keys say the same")
    func generations() throws {
        let older = try configuration([
            "torch_dtype": "bfloat16", "rope_theta": 500_000.0, "eos_token_id": 2,
            "rope_scaling": [
                "type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192,
            ],
        ])
        let newer = try configuration([
            "dtype": "bfloat16", "eos_token_id": [2, 3],
            "rope_parameters": [
                "rope_theta": 500_000.0, "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 8192,
            ],
        ])
        #expect(older.ropeTheta == 500_000 && newer.ropeTheta == 500_000)
        #expect(older.ropeScaling == newer.ropeScaling)
        #expect(
            older.ropeScaling
                == .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8192))
        #expect(older.dtype == "bfloat16" && newer.dtype == "bfloat16")
        #expect(older.eosIDs == [2] && newer.eosIDs == [2, 3])
        #expect(try configuration(["rope_scaling": ["type": "linear", "factor": 2]]).ropeScaling == .linear(factor: 2))
        #expect(try configuration(["rope_scaling": nil, "head_dim": nil]).ropeScaling == .none)
    }

    @Test("windows follow the family and layer_types")
    func windows() throws {
        #expect(
            try configuration(["model_type": "mistral", "num_key_value_heads": 2, "sliding_window": 16]).windows
                == [16, 16, 16])
        #expect(
            try configuration(["model_type": "mistral", "num_key_value_heads": 2, "sliding_window": nil]).windows
                == [nil, nil, nil])
        let qwen: JSONObject = ["model_type": "qwen2", "num_key_value_heads": 2, "sliding_window": 9]
        #expect(try configuration(qwen).windows == [nil, nil, nil])
        #expect(
            try configuration(qwen.merging(["use_sliding_window": true, "max_window_layers": 1]) { $1 }).windows
                == [nil, 9, 9])
        #expect(
            try configuration(
                qwen.merging(["layer_types": ["full_attention", "sliding_attention", "full_attention"]]) { $1 }
            ).windows == [nil, 9, nil])
        #expect(try configuration(qwen).queryKeyValueBias)
        #expect(try !configuration(qwen).outputBias)
        #expect(try configuration(["attention_bias": true]).outputBias)
    }

    @Test("an unknown architecture lists the known ones")
    func unknownArchitecture() throws {
        for changes: JSONObject in [["model_type": "gpt_neox"], ["model_type": nil, "architectures": ["Other"]]] {
            let text = try error(changes)
            #expect(text.contains("llama, mistral, qwen2"))
            #expect(text.contains("gpt_neox") || text.contains("Other"))
        }
        #expect(try configuration(["model_type": nil, "architectures": ["LlamaForCausalLM"]]).family == .llama)
    }

    @Test("all missing keys are named at once")
    func missingKeys() throws {
        let found = #expect(throws: ModelError.self) {
            try ModelConfiguration(json: ["model_type": "llama", "hidden_size": 32, "vocab_size": nil], file: "f")
        }
        #expect(
            found
                == .missingKeys(
                    file: "f",
                    keys: [
                        "vocab_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                        "max_position_embeddings",
                    ]))
    }

    @Test(
        "sizes that are no sizes, or do not fit each other, are refused by key",
        arguments: [
            (["hidden_size": -1], "hidden_size is -1"), (["hidden_size": "32"], "hidden_size is \"32\""),
            (["hidden_size": 2.5], "hidden_size is 2.5"), (["num_hidden_layers": 0], "num_hidden_layers is 0"),
            (["num_hidden_layers": 1_000_000_000], "more than any model"),
            (["num_key_value_heads": 3], "does not divide"), (["num_attention_heads": 5], "do not divide"),
            (["head_dim": 7], "even width"), (["rms_norm_eps": 0], "rms_norm_eps is 0"),
            (["rope_theta": -3], "rope_theta is -3"), (["vocab_size": [1]], "vocab_size is [1]"),
            (["layer_types": ["full_attention"]], "names 1 layers"),
            (["rope_scaling": ["rope_type": "llama3", "factor": 2]], "low_freq_factor"),
            (
                ["rope_scaling": ["rope_type": "llama3", "factor": 2, "low_freq_factor": 4, "high_freq_factor": 4]],
                "above low_freq_factor"
            ),
        ] as [(JSONObject, String)])
    func badValues(changes: JSONObject, words: String) throws {
        #expect(try error(changes).contains(words))
    }

    @Test(
        "what would compute something else is refused",
        arguments: [
            (["rope_scaling": ["type": "yarn", "factor": 4]], "'yarn'"), (["hidden_act": "gelu"], "'gelu'"),
            (["quantization_config": ["quant_method": "bitsandbytes"]], "'bitsandbytes'"),
            (["partial_rotary_factor": 0.5, "rope_parameters": ["rope_theta": 1.0]], "partial_rotary_factor"),
            (["layer_types": ["full_attention", "chunked_attention", "full_attention"]], "chunked_attention"),
        ] as [(JSONObject, String)])
    func unsupported(changes: JSONObject, words: String) throws {
        let text = try error(changes)
        #expect(text.contains(words) && text.contains("does not run"))
    }

    @Test("parameters are counted as the layers have them")
    func parameterCount() throws {
        for changes: JSONObject in [
            [:], ["attention_bias": true, "mlp_bias": true], ["tie_word_embeddings": true],
            ["model_type": "qwen2", "num_key_value_heads": 2], ["head_dim": 12, "num_key_value_heads": 1],
        ] {
            let c = try configuration(changes)
            let model = Decoder.random(c, seed: 1)
            #expect(model.parameters.reduce(0) { $0 + $1.variable.value.count } == c.parameterCount)
        }
    }
}

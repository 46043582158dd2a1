import Autograd
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

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
        #expect(c.keyValueHeads == 4 && c.headWidth == 8 && c.ropeTheta == 10_000 && c.normEpsilon == 1e-6)
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
        #expect(!older.describesTheSame(as: newer))
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
        for changes: JSONObject in [["model_type": "qwen3_moe"], ["model_type": nil, "architectures": ["Other"]]] {
            let text = try error(changes)
            #expect(text.contains("llama, mistral, qwen2, qwen3, gemma2, gemma3_text, phi3, gpt2, gpt_neox, olmo2"))
            #expect(text.contains("qwen3_moe") || text.contains("Other"))
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
            (["tie_word_embeddings": "no"], "tie_word_embeddings is \"no\""),
            (["attention_bias": 1], "attention_bias is 1"),
            (["model_type": "gpt_neox", "rotary_pct": 0.4], "partial_rotary_factor is 0.4"),
            (["model_type": "gpt_neox", "rotary_pct": 2], "partial_rotary_factor is 2"),
            (["model_type": "gpt2", "n_embd": 33], "n_embd is 33"),
            (["model_type": "granite", "logits_scaling": 0], "logits_scaling is 0"),
            (["model_type": "gemma2", "final_logit_softcapping": -1], "final_logit_softcapping is -1"),
            (["rope_scaling": ["type": "dynamic"]], "rope_scaling.factor"),
            (["rope_scaling": ["type": "yarn", "factor": 1e300]], "rope_scaling.factor"),
            (
                ["rope_scaling": ["type": "yarn", "factor": 2, "original_max_position_embeddings": 1]],
                "original_max_position_embeddings is 1"
            ),
            (["rope_scaling": ["type": "longrope", "long_factor": [1, 1, 1, 1]]], "short_factor"),
            (
                [
                    "rope_scaling": [
                        "type": "longrope", "long_factor": [1, 1, 1, 1], "short_factor": [1, 1, 1, "a"],
                    ]
                ], "must hold 4 numbers"
            ),
            (
                [
                    "hidden_size": 1_048_576, "num_attention_heads": 16384, "head_dim": 16384,
                    "num_hidden_layers": 4096,
                ], "more than any model has"
            ),
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
            (["rope_scaling": ["type": "mrope", "factor": 4]], "'mrope'"), (["hidden_act": "mish"], "'mish'"),
            (["hidden_act": 5], "'5'"), (["add_cross_attention": true], "add_cross_attention is true"),
            (["is_encoder_decoder": true], "is_encoder_decoder"),
            (["layer_types": ["full_attention", "sliding_attention", "full_attention"]], "layer 1"),
            (["rope_parameters": ["full_attention": ["rope_type": "default"]]], "kind of layer"),
            (["model_type": "gemma2", "use_bidirectional_attention": true], "use_bidirectional_attention"),
            (["model_type": "starcoder2", "norm_type": "rms", "num_key_value_heads": 2], "norm_type"),
            (["model_type": "gpt2", "activation_function": "tanh"], "activation_function is 'tanh'"),
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
        let changed: [JSONObject] = [
            [:], ["attention_bias": true, "mlp_bias": true], ["tie_word_embeddings": true],
            ["model_type": "qwen2", "num_key_value_heads": 2], ["head_dim": 12, "num_key_value_heads": 1],
        ]
        let published = try fixtureModels.map { try ModelConfiguration.load(folder: "\(fixtures)/models/\($0)") }
        for c in try changed.map(configuration) + published {
            let model = Decoder.random(c, seed: 1)
            #expect(model.parameters.reduce(0) { $0 + $1.variable.value.count } == c.parameterCount)
        }
    }

    @Test("config.json of transformers 4 and 5 describe the same model", arguments: fixtureModels)
    func bothGenerations(name: String) throws {
        func read(_ file: String) throws -> ModelConfiguration {
            let path = "\(fixtures)/models/\(name)/\(file)"
            return try ModelConfiguration(json: try JSONValue(readingFile: path).object ?? [:], file: path)
        }
        let (newer, older) = (try read("config.json"), try read("config.legacy.json"))
        #expect(newer.describesTheSame(as: older))
        #expect(newer.source != older.source)
    }

    @Test("what published files leave out is what transformers takes")
    func familyDefaults() throws {
        let sizes: JSONObject = [
            "vocab_size": 100, "hidden_size": 512, "intermediate_size": 48, "num_hidden_layers": 7,
            "num_attention_heads": 8, "max_position_embeddings": 4096,
        ]
        func read(_ type: String, _ changes: JSONObject = [:]) throws -> ModelConfiguration {
            try ModelConfiguration(json: sizes.merging(["model_type": .string(type)]) { $1 }.merging(changes) { $1 })
        }
        let gemma2 = try read("gemma2")
        #expect(gemma2.tiesEmbeddings && gemma2.headWidth == 256 && gemma2.keyValueHeads == 4)
        #expect(gemma2.attentionSoftCap == 50 && gemma2.logitSoftCap == 30 && gemma2.attentionScales[0] == 1 / 16)
        #expect(gemma2.windows == [4096, nil, 4096, nil, 4096, nil, 4096] && gemma2.activation == .geluTanh)
        #expect(gemma2.embeddingScale == Float(512).squareRoot())
        #expect(try read("gemma2", ["attn_logit_softcapping": nil]).attentionSoftCap == nil)

        let gemma3 = try read("gemma3_text")
        #expect(gemma3.windows == [4096, 4096, 4096, 4096, 4096, nil, 4096])
        #expect(gemma3.ropeTheta == 1_000_000 && gemma3.windowRope?.theta == 10_000)
        #expect(gemma3.attentionSoftCap == nil && gemma3.logitSoftCap == nil)
        // The text part of the published 4B model gives next to nothing.
        let seeing = try ModelConfiguration(json: [
            "model_type": "gemma3", "eos_token_id": [1, 106],
            "vision_config": ["hidden_size": 1152],
            "text_config": [
                "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
                "rope_scaling": ["factor": 8.0, "rope_type": "linear"], "sliding_window": 1024,
            ],
        ])
        #expect(seeing.vocabularySize == 262_208 && seeing.heads == 8 && seeing.contextLength == 131_072)
        #expect(seeing.ropeScaling == .linear(factor: 8) && seeing.windowRope?.scaling == RoPEScaling.none)
        #expect(seeing.eosIDs == [1, 106] && seeing.slidingWindow == 1024)
        #expect(seeing.parameterCount == 3_880_263_168)

        let mistral = try read("mistral")
        #expect(mistral.keyValueHeads == 8 && mistral.slidingWindow == 4096)
        #expect(try read("mistral", ["sliding_window": nil]).slidingWindow == nil)
        #expect(try read("mistral", ["num_key_value_heads": nil]).keyValueHeads == 8)
        #expect(try read("qwen3", ["num_key_value_heads": 8]).headWidth == 128)
        #expect(try read("qwen3", ["num_key_value_heads": 8, "use_sliding_window": true]).slidingWindow == nil)
        let starcoder = try read("starcoder2")
        #expect(starcoder.tiesEmbeddings && starcoder.keyValueHeads == 2 && starcoder.queryKeyValueBias)
        #expect(starcoder.activation == .geluTanh && starcoder.normEpsilon == 1e-5 && starcoder.slidingWindow == nil)
        let neox = try read("gpt_neox")
        #expect(neox.isParallel && neox.rope?.rotatedWidth == 16 && neox.activation == .gelu && !neox.tiesEmbeddings)
        #expect(try read("gpt_neox", ["use_parallel_residual": false]).isParallel == false)
        let granite = try read("granite")
        #expect(granite.attentionScales[3] == 1 && granite.logitScale == 1 && granite.embeddingScale == 1)
        #expect(try read("phi3").normEpsilon == 1e-5 && read("olmo2").normEpsilon == 1e-5)

        let gpt2 = try ModelConfiguration(json: [
            "model_type": "gpt2", "vocab_size": 50257, "n_embd": 768, "n_layer": 12, "n_head": 12,
            "n_positions": 1024, "n_ctx": 1024,
        ])
        #expect(gpt2.parameterCount == 124_439_808 && gpt2.feedForward == 3072 && gpt2.tiesEmbeddings)
        #expect(gpt2.activation == .geluTanh && gpt2.rope == nil && gpt2.hasLearnedPositions)
        let sparse = #expect(throws: ModelError.self) { try ModelConfiguration(json: ["model_type": "gpt2"]) }
        #expect(sparse?.description.contains("vocab_size, n_embd, n_layer, n_head, n_positions") == true)
    }

    @Test("Phi 3's older names of LongRoPE, and the context of its first training")
    func longRoPE() throws {
        let factors: JSONValue = [1, 1, 1, 1]
        for type in ["su", "yarn", "longrope"] {
            let c = try configuration([
                "model_type": "phi3", "original_max_position_embeddings": 128,
                "rope_scaling": ["type": .string(type), "short_factor": factors, "long_factor": factors],
            ])
            guard case .longRoPE(let settings) = c.ropeScaling else {
                Issue.record("\(type) became \(c.ropeScaling)")
                continue
            }
            #expect(settings.originalContextLength == 128 && settings.factor == 4)
            #expect(!c.keepsPast(of: 128, in: 129) && c.keepsPast(of: 129, in: 400) && c.keepsPast(of: 1, in: 128))
        }
        let dynamic = try configuration(["rope_scaling": ["type": "dynamic", "factor": 4]])
        #expect(dynamic.contextLength == 2048)
        #expect(dynamic.keepsPast(of: 1, in: 512) && !dynamic.keepsPast(of: 600, in: 601))
    }
}

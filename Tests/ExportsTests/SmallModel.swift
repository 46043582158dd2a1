import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import WeightFiles

/// A model folder of any kind with few weights, all of them perturbed, and a tokenizer of bytes.
struct SmallModel {
    let folder: String
    let decoder: Decoder

    static let sizes: JSONObject = [
        "vocab_size": 40, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
        "bos_token_id": 1, "eos_token_id": 2,
    ]

    /// `extra` goes over the usual sizes.
    init(_ type: String, in folder: TemporaryFolder, extra: JSONObject = [:], seed: UInt64 = 1) throws {
        var json = type == "gpt2" ? [:] : Self.sizes
        json["model_type"] = .string(type)
        json["hidden_act"] = "silu"
        switch type {
        case "gemma2", "gemma3_text":
            json["hidden_act"] = nil
            json["hidden_activation"] = "gelu_pytorch_tanh"
            json["head_dim"] = 16
            json["query_pre_attn_scalar"] = 16
            json["sliding_window"] = 8
            if type == "gemma2" {
                json["attn_logit_softcapping"] = 50.0
                json["final_logit_softcapping"] = 30.0
                json["layer_types"] = ["sliding_attention", "full_attention"]
            } else {
                json["layer_types"] = ["full_attention", "sliding_attention"]
                json["rope_parameters"] = [
                    "full_attention": ["rope_theta": 1_000_000.0, "rope_type": "default"],
                    "sliding_attention": ["rope_theta": 10_000.0, "rope_type": "default"],
                ]
            }
        case "llama":
            json["rope_parameters"] = [
                "rope_theta": 10_000.0, "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 256,
            ]
            json["head_dim"] = 32
        case "phi3":
            json["original_max_position_embeddings"] = 32
            json["rope_parameters"] = [
                "rope_theta": 10_000.0, "rope_type": "longrope", "short_factor": [1.0, 1.5, 2.0, 2.5],
                "long_factor": [1.0, 2.0, 3.0, 4.0], "original_max_position_embeddings": 32,
            ]
        case "mistral": json["sliding_window"] = .null
        case "qwen3": json["head_dim"] = 12
        case "gpt2":
            json = [
                "model_type": "gpt2", "vocab_size": 40, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64,
                "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "bos_token_id": 1, "eos_token_id": 2,
            ]
        default: break
        }
        for (key, value) in extra { json[key] = value }
        let configuration = try ModelConfiguration(json: json)
        decoder = Decoder.random(configuration, seed: seed)
        for (index, parameter) in decoder.parameters.enumerated() {
            let tensor = parameter.variable.value
            tensor.add(.random(tensor.shape, seed: seed &+ UInt64(1000 + index), deviation: 0.2))
        }
        self.folder = folder.path + "/\(type)-\(seed)"
        try decoder.save(to: self.folder, as: .float32)
        try Self.writeTokenizer(to: self.folder)
    }

    /// The letters a to p in the byte alphabet, two merges, three special tokens and one that is not.
    static func writeTokenizer(to folder: String, preTokenizer: JSONValue? = nil) throws {
        var vocabulary: JSONObject = ["<unk>": 0, "<s>": 1, "</s>": 2]
        for (index, letter) in ("abcdefghijklmnop".map { String($0) } + ["Ġ", "ab", "Ġab"]).enumerated() {
            vocabulary[letter] = .integer(3 + index)
        }
        func added(_ id: Int, _ text: String, special: Bool) -> JSONValue {
            [
                "id": .integer(id), "content": .string(text), "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": .bool(special),
            ]
        }
        let json: JSONValue = [
            "version": "1.0",
            "added_tokens": [
                added(0, "<unk>", special: true), added(1, "<s>", special: true), added(2, "</s>", special: true),
                added(22, "a▁tool", special: false), added(23, "<|end|>", special: false),
            ],
            "pre_tokenizer": preTokenizer
                ?? ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
            "post_processor": [
                "type": "TemplateProcessing",
                "single": [["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]]],
                "pair": [["Sequence": ["id": "A", "type_id": 0]], ["Sequence": ["id": "B", "type_id": 1]]],
                "special_tokens": ["<s>": ["id": "<s>", "ids": [1], "tokens": ["<s>"]]],
            ],
            "decoder": ["type": "ByteLevel"],
            "model": [
                "type": "BPE", "vocab": .object(vocabulary), "merges": [["a", "b"], ["Ġ", "ab"]],
            ],
        ]
        try DurableFile.write(json.serialized(), to: folder + "/tokenizer.json")
        let configuration: JSONValue = [
            "bos_token": "<s>", "eos_token": ["content": "</s>"], "chat_template": "{{ messages }}",
        ]
        try DurableFile.write(configuration.serialized(), to: folder + "/tokenizer_config.json")
    }

    /// Logits of a few ids, as exact bits.
    static func logits(_ decoder: Decoder) -> [Float] {
        let ids: [Int32] = [1, 5, 9, 3, 17, 20, 4]
        return decoder.logits(
            decoder(ids, layout: .init(lengths: [ids.count]), in: .inference), in: .inference
        ).value.toArray()
    }
}

import OrderedJSON
import Tensors
import WeightFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// config.json of a model that is described by a GGUF file's metadata.
struct GGUFConfiguration {
    let file: GGUFFile
    let architecture: GGUFArchitecture

    /// - Throws: `GGUFError` for a missing value, `ModelError` for one that cannot be expressed.
    func json() throws -> JSONObject {
        var json: JSONObject = [
            "architectures": [.string(architecture.className)],
            "model_type": .string(architecture.modelTypes.first ?? architecture.name),
        ]
        let width = try size("embedding_length")
        let layers = try size("block_count", upTo: 4096)
        let heads = try size("attention.head_count")
        let context = try size("context_length")
        guard let vocabulary = file.info("token_embd.weight")?.shape.first else {
            throw GGUFError.missingTensor(key: "token_embd.weight", file: file.path, nearest: nil)
        }
        json["vocab_size"] = .integer(vocabulary)
        json["tie_word_embeddings"] = .bool(file.info("output.weight") == nil)
        for (name, key) in [("bos", "bos"), ("eos", "eos"), ("pad", "padding")] {
            if let id = file["tokenizer.ggml.\(key)_token_id"]?.int { json["\(name)_token_id"] = .integer(id) }
        }
        if let end = json["eos_token_id"], let turn = file["tokenizer.ggml.eot_token_id"]?.int, end != .integer(turn) {
            json["eos_token_id"] = [end, .integer(turn)]
        }
        json["torch_dtype"] = .string(dtype)
        if architecture.name == "gpt2" {
            json["n_embd"] = .integer(width)
            json["n_layer"] = .integer(layers)
            json["n_head"] = .integer(heads)
            json["n_positions"] = .integer(context)
            json["n_ctx"] = .integer(context)
            json["n_inner"] = .integer(try size("feed_forward_length"))
            json["layer_norm_epsilon"] = .number(try number("attention.layer_norm_epsilon"))
            json["activation_function"] = "gelu_new"
            return json
        }
        let keyHeads = try size("attention.head_count_kv", absent: heads)
        let headWidth = try size("attention.key_length", absent: width / max(1, heads))
        json["hidden_size"] = .integer(width)
        json["intermediate_size"] = .integer(try size("feed_forward_length"))
        json["num_hidden_layers"] = .integer(layers)
        json["num_attention_heads"] = .integer(heads)
        json["num_key_value_heads"] = .integer(keyHeads)
        json["head_dim"] = .integer(headWidth)
        json["max_position_embeddings"] = .integer(context)
        json["rms_norm_eps"] = .number(try number("attention.layer_norm_rms_epsilon"))
        json[architecture.name.hasPrefix("gemma") ? "hidden_activation" : "hidden_act"] =
            .string(architecture.name.hasPrefix("gemma") ? "gelu_pytorch_tanh" : "silu")
        json["rope_theta"] = .number(file[named("rope.freq_base")]?.double ?? 10_000)
        if architecture.name == "llama" {
            json["attention_bias"] = .bool(file.info("blk.0.attn_q.bias") != nil)
            json["mlp_bias"] = .bool(file.info("blk.0.ffn_down.bias") != nil)
        }
        try addGemma(to: &json, width: width, heads: heads, headWidth: headWidth, layers: layers)
        try addRope(to: &json, headWidth: headWidth, context: context)
        return json
    }

    /// Soft caps, windows and the scale of queries, which the architecture itself decides where the file is silent.
    private func addGemma(
        to json: inout JSONObject, width: Int, heads: Int, headWidth: Int, layers: Int
    ) throws {
        guard architecture.name == "gemma2" || architecture.name == "gemma3" else {
            if architecture.name == "phi3", let window = file[named("attention.sliding_window")]?.int, window > 0 {
                json["sliding_window"] = .integer(window)
            }
            return
        }
        let isGemma2 = architecture.name == "gemma2"
        // The largest of each generation scales by the width of the model instead of the head.
        let isLargest = layers == (isGemma2 ? 46 : 62)
        json["query_pre_attn_scalar"] = .integer(isLargest ? width / max(1, heads) : headWidth)
        json["final_logit_softcapping"] = file[named("final_logit_softcapping")]?.double.map { .number($0) } ?? .null
        json["attn_logit_softcapping"] = file[named("attn_logit_softcapping")]?.double.map { .number($0) } ?? .null
        let window = file[named("attention.sliding_window")]?.int ?? (isGemma2 ? 4096 : 0)
        let period = isGemma2 ? 2 : 6
        if window > 0 { json["sliding_window"] = .integer(window) }
        let flags = file[named("attention.sliding_window_pattern")]?.bools
        json["layer_types"] = .array(
            (0..<layers).map { layer in
                let slides = flags.flatMap { $0.count == layers ? $0[layer] : nil } ?? ((layer + 1) % period != 0)
                return .string(slides && window > 0 ? "sliding_attention" : "full_attention")
            })
        if !isGemma2 {
            json["rope_local_base_freq"] = .number(file[named("rope.freq_base_swa")]?.double ?? 10_000)
        }
    }

    /// The stretching of positions, as metadata or as a tensor of divisors.
    private func addRope(to json: inout JSONObject, headWidth: Int, context: Int) throws {
        let original = file[named("rope.scaling.original_context_length")]?.int
        if let original { json["original_max_position_embeddings"] = .integer(original) }
        if let rotated = file[named("rope.dimension_count")]?.int, rotated != headWidth {
            json["partial_rotary_factor"] = .number(Double(rotated) / Double(headWidth))
        }
        if file.info("rope_freqs.weight") != nil {
            let factors = try file.tensor("rope_freqs.weight").toArray()
            if let scaling = DivisorsOfLlama3(factors: factors, theta: json["rope_theta"]?.double ?? 10_000).settings {
                json["rope_scaling"] = .object(scaling)
                return
            }
            guard factors.contains(where: { $0 != 1 }) else { return }
            json["rope_scaling"] = longRope(short: factors, long: factors, original: context, attention: 1)
            return
        }
        if file.info("rope_factors_long.weight") != nil {
            let long = try file.tensor("rope_factors_long.weight").toArray()
            let short = try file.tensor("rope_factors_short.weight").toArray()
            json["rope_scaling"] = longRope(
                short: short, long: long, original: original ?? context,
                attention: file[named("rope.scaling.attn_factor")]?.double)
            return
        }
        let factor = file[named("rope.scaling.factor")]?.double
        switch file[named("rope.scaling.type")]?.string {
        case "linear":
            json["rope_scaling"] = ["rope_type": "linear", "factor": .number(factor ?? 1)]
        case "yarn":
            var scaling: JSONObject = ["rope_type": "yarn", "factor": .number(factor ?? 1)]
            if let original { scaling["original_max_position_embeddings"] = .integer(original) }
            for (name, key) in [
                ("yarn_beta_fast", "beta_fast"), ("yarn_beta_slow", "beta_slow"),
                ("yarn_attn_factor", "attention_factor"),
            ] {
                if let value = file[named("rope.scaling.\(name)")]?.double { scaling[key] = .number(value) }
            }
            json["rope_scaling"] = .object(scaling)
        default: break
        }
    }

    private func longRope(short: [Float], long: [Float], original: Int, attention: Double?) -> JSONValue {
        var scaling: JSONObject = [
            "rope_type": "longrope", "short_factor": .array(short.map { .number(Double($0)) }),
            "long_factor": .array(long.map { .number(Double($0)) }),
            "original_max_position_embeddings": .integer(original),
        ]
        if let attention { scaling["attention_factor"] = .number(attention) }
        return .object(scaling)
    }

    /// As most of the weights are stored.
    private var dtype: String {
        switch file.info("token_embd.weight")?.type {
        case .f16: "float16"
        case .bf16: "bfloat16"
        default: "float32"
        }
    }

    private func named(_ key: String) -> String { "\(architecture.name).\(key)" }

    private func size(_ key: String, absent: Int? = nil, upTo limit: Int = 1 << 30) throws(GGUFError) -> Int {
        guard let value = file[named(key)] else {
            if let absent { return absent }
            throw .missingKey(key: named(key), file: file.path)
        }
        // Some write one value a layer; all must agree for a decoder of equal layers.
        if let sizes = value.int32s, let first = sizes.first, sizes.allSatisfy({ $0 == first }), first > 0 {
            return Int(first)
        }
        guard let size = value.int, size > 0, size <= limit else {
            throw .badMetadata(file: file.path, key: named(key), problem: "it is no size from 1 to \(limit)")
        }
        return size
    }

    private func number(_ key: String) throws(GGUFError) -> Double {
        guard let value = file[named(key)] else { throw .missingKey(key: named(key), file: file.path) }
        guard let number = value.double, number.isFinite, number > 0 else {
            throw .badMetadata(file: file.path, key: named(key), problem: "it is no number above 0")
        }
        return number
    }
}

/// The settings of Llama 3's stretching that give these divisors of the frequencies.
///
/// Frequencies of long waves are divided by `factor`, those of short waves by 1, and in between a share s between both
/// falls linearly with the frequency: three numbers that two frequencies in between give away.
struct DivisorsOfLlama3 {
    let settings: JSONObject?

    init(factors: [Float], theta: Double) {
        settings = Self.settings(factors.map(Double.init), theta: theta)
    }

    private static func settings(_ factors: [Double], theta: Double) -> JSONObject? {
        guard let factor = factors.max(), factor > 1, factors.min() ?? 0 >= 1 else { return nil }
        // 1 / divisor = (1 − s) / factor + s, and s = original / (wave · (high − low)) − low / (high − low)
        var points: [(inverseWave: Double, share: Double)] = []
        for (index, divisor) in factors.enumerated() where divisor > 1 && divisor < factor * (1 - 1e-6) {
            let frequency = 1 / pow(theta, 2 * Double(index) / Double(2 * factors.count))
            points.append((frequency / (2 * .pi), (1 / divisor - 1 / factor) / (1 - 1 / factor)))
        }
        guard let first = points.first, let last = points.last, points.count > 1 else { return nil }
        let slope = (first.share - last.share) / (first.inverseWave - last.inverseWave)
        let offset = slope * first.inverseWave - first.share
        guard slope > 0, offset > 0 else { return nil }
        let high = ((1 + 1 / offset) * 100).rounded() / 100
        let original = (slope * (high - 1)).rounded()
        guard high > 1, original >= 1, original < 1e9 else { return nil }
        for (index, divisor) in factors.enumerated() {
            let wave = 2 * Double.pi * pow(theta, 2 * Double(index) / Double(2 * factors.count))
            let expected: Double
            if wave < original / high {
                expected = 1
            } else if wave > original {
                expected = factor
            } else {
                let share = (original / wave - 1) / (high - 1)
                expected = 1 / ((1 - share) / factor + share)
            }
            guard abs(expected - divisor) <= 1e-4 * divisor else { return nil }
        }
        return [
            "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": 1.0,
            "high_freq_factor": .number(high), "original_max_position_embeddings": .integer(Int(original)),
        ]
    }
}

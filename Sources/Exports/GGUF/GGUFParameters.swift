import Models
import OrderedJSON
import WeightFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The sizes and switches of a model as GGUF metadata, and every reason why llama.cpp would compute something else.
///
/// Read from config.json of either generation.
/// - Source: llama.cpp's converter (`set_gguf_parameters` of each architecture) and its loaders (`src/models`).
struct GGUFParameters {
    let json: JSONObject
    let architecture: GGUFArchitecture
    private(set) var metadata: [(key: String, value: GGUFValue)] = []
    private(set) var problems: [ExportProblem] = []
    /// Divisors of the rotary frequencies that go into the file as tensors.
    private(set) var ropeTensors: [(name: String, values: [Float])] = []
    let layers: Int
    let width: Int
    let heads: Int
    let keyValueHeads: Int
    let headWidth: Int

    init(json: JSONObject, architecture: GGUFArchitecture) {
        self.json = json
        self.architecture = architecture
        func int(_ keys: String...) -> Int? { keys.lazy.compactMap { json[$0]?.int }.first { $0 > 0 } }
        layers = int("num_hidden_layers", "n_layer") ?? 0
        width = int("hidden_size", "n_embd") ?? 0
        heads = int("num_attention_heads", "n_head") ?? 0
        let defaultKeyHeads = ["mistral": 8, "gemma2": 4, "gemma3_text": 4, "qwen2": 32, "qwen3": 32]
        let type = json["model_type"]?.string ?? ""
        keyValueHeads = int("num_key_value_heads") ?? defaultKeyHeads[type] ?? heads
        let defaultWidth = ["gemma2": 256, "gemma3_text": 256, "gemma": 256, "qwen3": 128][type]
        headWidth = int("head_dim") ?? defaultWidth ?? (heads > 0 ? width / heads : 0)
        guard layers > 0, width > 0, heads > 0, heads % keyValueHeads == 0, headWidth > 0 else {
            problems.append(
                .error("config.json lacks a size, or has sizes that do not fit", "Use the config.json of the model."))
            return
        }
        addSizes(int)
        if architecture.name == "gpt2" {
            checkGPT2()
        } else {
            addRope(context: int("max_position_embeddings") ?? 0)
            addFamily(int)
        }
        checkActivation()
    }

    private var type: String { json["model_type"]?.string ?? "" }

    private mutating func put(_ key: String, _ value: GGUFValue) {
        metadata.append(("\(architecture.name).\(key)", value))
    }
    private mutating func put(_ key: String, size: Int) { put(key, .uint32(UInt32(clamping: size))) }
    private mutating func put(_ key: String, number: Double) { put(key, .float32(Float(number))) }
    private mutating func refuse(_ what: String, _ remedy: String = "Export it as safetensors instead.") {
        problems.append(.error(what, remedy))
    }

    private mutating func addSizes(_ int: (String...) -> Int?) {
        let isGPT2 = architecture.name == "gpt2"
        put("block_count", size: layers)
        let context = isGPT2 ? json["n_positions"]?.int ?? json["n_ctx"]?.int : json["max_position_embeddings"]?.int
        if let context { put("context_length", size: context) } else { refuse("config.json names no context length") }
        put("embedding_length", size: width)
        if let inner = int("intermediate_size", "n_inner") ?? (isGPT2 ? 4 * width : nil) {
            put("feed_forward_length", size: inner)
        } else {
            refuse("config.json names no intermediate_size")
        }
        put("attention.head_count", size: heads)
        if isGPT2 {
            put("attention.layer_norm_epsilon", number: json["layer_norm_epsilon"]?.double ?? 1e-5)
        } else {
            put("attention.head_count_kv", size: keyValueHeads)
            put("attention.layer_norm_rms_epsilon", number: json["rms_norm_eps"]?.double ?? 1e-6)
            if json["head_dim"]?.int != nil || headWidth * heads != width {
                put("attention.key_length", size: headWidth)
                put("attention.value_length", size: headWidth)
            }
        }
        if let vocabulary = json["vocab_size"]?.int { put("vocab_size", size: vocabulary) }
    }

    // MARK: Positions

    /// Settings of layers that see everything, in either generation's place.
    private var rope: JSONObject {
        let newer = json["rope_parameters"]?.object
        return newer?["full_attention"]?.object ?? newer ?? json["rope_scaling"]?.object ?? [:]
    }

    private var theta: Double {
        rope["rope_theta"]?.double ?? json["rope_theta"]?.double ?? (type == "gemma3_text" ? 1_000_000 : 10_000)
    }

    private mutating func addRope(context: Int) {
        let settings = rope
        let partial = (settings["partial_rotary_factor"] ?? json["partial_rotary_factor"])?.double ?? 1
        if architecture.name == "phi3" {
            put("rope.dimension_count", size: Int(partial * Double(width)) / heads)
        } else if partial != 1 {
            refuse(
                "The model rotates only a part of each head (partial_rotary_factor \(partial)), which llama.cpp does "
                    + "not for '\(architecture.name)'")
        } else if architecture.name == "llama" {
            put("rope.dimension_count", size: headWidth)
        }
        put("rope.freq_base", number: theta)
        let kind = settings["rope_type"]?.string ?? settings["type"]?.string ?? "default"
        let original = (settings["original_max_position_embeddings"] ?? json["original_max_position_embeddings"])?.int
        switch kind.lowercased() {
        case "default": break
        case "linear":
            put("rope.scaling.type", .string("linear"))
            put("rope.scaling.factor", number: settings["factor"]?.double ?? 1)
        case "yarn":
            put("rope.scaling.type", .string("yarn"))
            put("rope.scaling.factor", number: settings["factor"]?.double ?? 1)
            put("rope.scaling.original_context_length", size: original ?? context)
            for (name, key) in [
                ("extrapolation_factor", "yarn_ext_factor"), ("attention_factor", "yarn_attn_factor"),
                ("beta_fast", "yarn_beta_fast"), ("beta_slow", "yarn_beta_slow"),
            ] {
                if let value = settings[name]?.double { put("rope.scaling.\(key)", number: value) }
            }
        case "llama3" where architecture.name == "llama":
            ropeTensors.append(("rope_freqs.weight", Self.llama3Divisors(settings, theta: theta, width: headWidth)))
        case "longrope" where architecture.name == "phi3", "su" where architecture.name == "phi3":
            addLongRope(settings, original: original ?? context, context: context)
        default:
            refuse("Positions are stretched by '\(kind)', which llama.cpp does not do for '\(architecture.name)'")
        }
        if architecture.name == "phi3", kind == "default" {
            put("rope.scaling.original_context_length", size: original ?? context)
        }
    }

    /// As the converter computes them, in its order of operations and in float32 where it does.
    static func llama3Divisors(_ settings: JSONObject, theta: Double, width: Int) -> [Float] {
        let factor = settings["factor"]?.double ?? 8
        let low = settings["low_freq_factor"]?.double ?? 1
        let high = settings["high_freq_factor"]?.double ?? 4
        let original = Double(settings["original_max_position_embeddings"]?.int ?? 8192)
        return (0..<width / 2).map { index in
            let frequency = 1 / pow(Float(theta), Float(2 * index) / Float(width))
            let wave = 2 * Double.pi / Double(frequency)
            if wave < original / high { return 1 }
            if wave > original / low { return Float(factor) }
            let share = (original / wave - low) / (high - low)
            return Float(1 / ((1 - share) / factor + share))
        }
    }

    private mutating func addLongRope(_ settings: JSONObject, original: Int, context: Int) {
        put("rope.scaling.type", .string("longrope"))
        put("rope.scaling.original_context_length", size: original)
        let long = settings["long_factor"]?.array?.compactMap(\.double) ?? []
        let short = settings["short_factor"]?.array?.compactMap(\.double) ?? []
        guard !long.isEmpty, long.count == short.count else {
            refuse("The long RoPE of config.json has no long_factor and short_factor of the same length")
            return
        }
        let stretch = Double(context) / Double(max(1, original))
        let standard = stretch > 1 ? (1 + log(stretch) / log(Double(original))).squareRoot() : 1
        put("rope.scaling.attn_factor", number: settings["attention_factor"]?.double ?? standard)
        ropeTensors.append(("rope_factors_long.weight", long.map { Float($0) }))
        ropeTensors.append(("rope_factors_short.weight", short.map { Float($0) }))
    }

    // MARK: Families

    private mutating func addFamily(_ int: (String...) -> Int?) {
        let window = int("sliding_window")
        switch type {
        case "gemma2", "gemma3_text":
            addGemma(window: window)
        case "phi3":
            put("attention.sliding_window", size: window ?? 0)
            warnOfWindow(window)
        case "mistral":
            // The key's absence means the first models' window, null means none.
            warnOfWindow(json["sliding_window"] == nil ? 4096 : window)
        case "qwen2", "qwen3":
            if json["use_sliding_window"]?.bool == true { warnOfWindow(window) }
        default: break
        }
        if type == "qwen3" || type.hasPrefix("gemma"), json["attention_bias"]?.bool == true {
            refuse("The attention of this model has biases, which llama.cpp has no place for in '\(architecture.name)'")
        }
    }

    private mutating func warnOfWindow(_ window: Int?) {
        guard let window, let context = json["max_position_embeddings"]?.int, window < context else { return }
        problems.append(
            .warning(
                "The model sees \(window) tokens back (sliding_window); llama.cpp sees all in '\(architecture.name)', so "
                    + "longer texts come out differently there"))
    }

    private mutating func addGemma(window: Int?) {
        let isGemma2 = type == "gemma2"
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
            if let cap = json[key]?.double {
                if !isGemma2, key.hasPrefix("attn") {
                    refuse("The model caps its attention (\(key)), which llama.cpp does not do for 'gemma3'")
                }
                put(key, number: cap)
            } else if isGemma2 {
                // The loader's own caps would apply to a file that says nothing.
                refuse("The model has no \(key), and llama.cpp always caps for 'gemma2'")
            }
        }
        let slides = (0..<layers).map { layer -> Bool in
            if let types = json["layer_types"]?.array, types.count == layers {
                return types[layer].string == "sliding_attention"
            }
            return (layer + 1) % (isGemma2 ? 2 : json["sliding_window_pattern"]?.int ?? 6) != 0
        }
        if let window {
            put("attention.sliding_window", size: window)
        } else if slides.contains(true) || isGemma2 {
            put("attention.sliding_window", size: 4096)
        }
        let usual = (0..<layers).map { ($0 + 1) % (isGemma2 ? 2 : 6) != 0 }
        if slides != usual {
            put("attention.sliding_window_pattern", .array(type: .bool, elements: slides.map { .bool($0) }))
        }
        let isLargest = layers == (isGemma2 ? 46 : 62)
        let scaled = isLargest ? width / heads : headWidth
        if let scalar = json["query_pre_attn_scalar"]?.double, scalar != Double(scaled) {
            refuse(
                "Queries are scaled by \(scalar) (query_pre_attn_scalar), llama.cpp scales by \(scaled) for this "
                    + "shape")
        }
        guard !isGemma2 else { return }
        let local =
            json["rope_parameters"]?["sliding_attention"]?["rope_theta"]?.double
            ?? json["rope_local_base_freq"]?.double
        put("rope.freq_base_swa", number: local ?? 10_000)
        if json["use_bidirectional_attention"]?.bool == true {
            refuse("The model sees ahead (use_bidirectional_attention)")
        }
    }

    private mutating func checkGPT2() {
        if json["scale_attn_by_inverse_layer_idx"]?.bool == true || json["scale_attn_weights"]?.bool == false {
            refuse("The attention is scaled in a way that llama.cpp does not know for 'gpt2'")
        }
        if json["add_cross_attention"]?.bool == true { refuse("The model has cross attention") }
    }

    private mutating func checkActivation() {
        let named = (json["hidden_activation"] ?? json["hidden_act"] ?? json["activation_function"])?.string
        let tanh: Set<String> = ["gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate"]
        let isGELU = architecture.name == "gpt2" || architecture.name.hasPrefix("gemma")
        guard let named else { return }
        if isGELU ? tanh.contains(named) : named == "silu" || named == "swish" { return }
        if isGELU, named == "gelu" {
            // Old Gemma files say gelu and mean its tanh form.
            if architecture.name == "gpt2" {
                problems.append(
                    .warning("The model uses the exact GELU, llama.cpp its tanh form: numbers differ a little"))
            }
            return
        }
        refuse("The activation is '\(named)', which llama.cpp does not use in '\(architecture.name)'")
    }
}

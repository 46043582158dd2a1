public import OrderedJSON
import WeightFiles

extension ModelConfiguration {
    /// Reads `config.json` of a model folder, of either generation of keys.
    ///
    /// - Throws: `ModelError`.
    public static func load(folder: String) throws(ModelError) -> ModelConfiguration {
        let file = folder + "/config.json"
        let json: JSONValue
        do {
            json = try JSONValue(readingFile: file)
        } catch {
            throw .noConfiguration(file: file, reason: error.reason)
        }
        guard let members = json.object else {
            throw .noConfiguration(file: file, reason: "it holds \(json.kind), not an object")
        }
        return try ModelConfiguration(json: members, file: file)
    }

    /// `file` is what error messages call the source.
    ///
    /// - Throws: `ModelError`, naming every missing key at once, or the first value that does not fit.
    public init(json: JSONObject, file: String = "config.json") throws(ModelError) {
        let reader = ConfigurationReader(json: json, file: file)
        let family = try reader.family()
        let traits = family.traits
        if let quantization = json["quantization_config"], !quantization.isNull {
            throw .unsupported(
                file: file, key: "quantization_config",
                value: quantization["quant_method"]?.string.map { "'\($0)'" } ?? "present",
                supported: "weights in F32, F16 and BF16")
        }
        let activation = json["hidden_act"]?.string ?? json["hidden_activation"]?.string ?? "silu"
        guard activation == "silu" || activation == "swish" else {
            throw .unsupported(file: file, key: "hidden_act", value: "'\(activation)'", supported: "'silu'")
        }
        let required = [
            "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
            "max_position_embeddings",
        ]
        let missing = required.filter { json[$0] == nil || json[$0]?.isNull == true }
        guard missing.isEmpty else { throw .missingKeys(file: file, keys: missing) }

        let layers = try reader.size("num_hidden_layers", upTo: 4096)
        let hiddenSize = try reader.size("hidden_size", upTo: 1 << 20)
        let heads = try reader.size("num_attention_heads", upTo: 1 << 14)
        let keyValueHeads = try reader.size(
            "num_key_value_heads", upTo: 1 << 14, absent: traits.defaultKeyValueHeads ?? heads)
        guard heads % keyValueHeads == 0 else {
            throw .badValue(
                file: file, key: "num_key_value_heads",
                problem: "is \(keyValueHeads), which does not divide the \(heads) attention heads")
        }
        let hasHeadWidth = json["head_dim"].map { !$0.isNull } ?? false
        guard hasHeadWidth || hiddenSize % heads == 0 else {
            throw .badValue(
                file: file, key: "hidden_size",
                problem: "is \(hiddenSize), which \(heads) attention heads do not divide, and there is no head_dim")
        }
        let headWidth = try reader.size("head_dim", upTo: 1 << 14, absent: hiddenSize / heads)
        guard headWidth % 2 == 0 else {
            throw .badValue(
                file: file, key: "head_dim", problem: "is \(headWidth); the rotary embedding needs an even width")
        }
        self.family = family
        self.layers = layers
        self.hiddenSize = hiddenSize
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
        vocabularySize = try reader.size("vocab_size", upTo: 1 << 26)
        feedForward = try reader.size("intermediate_size", upTo: 1 << 22)
        contextLength = try reader.size("max_position_embeddings", upTo: 1 << 28)
        rmsNormEpsilon = Float(try reader.positive("rms_norm_eps", absent: 1e-6))
        initializerRange = Float(try reader.positive("initializer_range", absent: 0.02))
        (ropeTheta, ropeScaling) = try reader.rope(contextLength: contextLength)
        tiesEmbeddings = json["tie_word_embeddings"]?.bool ?? false
        queryKeyValueBias = traits.queryKeyValueBias(json)
        outputBias = traits.outputBias(json)
        feedForwardBias = traits.feedForwardBias(json)
        windows = try reader.windows(layers: layers, traits: traits)
        bosID = reader.ids("bos_token_id").first
        eosIDs = reader.ids("eos_token_id")
        padID = reader.ids("pad_token_id").first
        dtype = json["dtype"]?.string ?? json["torch_dtype"]?.string
        source = json
    }
}

/// Takes values out of config.json and refuses what does not fit.
private struct ConfigurationReader {
    let json: JSONObject
    let file: String

    func family() throws(ModelError) -> ModelFamily {
        let type = json["model_type"]?.string
        if let type, let family = ModelFamily(rawValue: type) { return family }
        let architecture = json["architectures"]?[0]?.string
        if type == nil, let family = ModelFamily.allCases.first(where: { $0.architecture == architecture }) {
            return family
        }
        throw .unknownArchitecture(
            file: file, found: type ?? architecture, known: ModelFamily.allCases.map(\.rawValue))
    }

    /// An absent key and null mean the same.
    func value(_ key: String) -> JSONValue? {
        guard let value = json[key], !value.isNull else { return nil }
        return value
    }

    func size(_ key: String, upTo limit: Int, absent: Int? = nil) throws(ModelError) -> Int {
        guard let value = value(key) else {
            if let absent { return absent }
            throw .missingKeys(file: file, keys: [key])
        }
        guard let size = value.int, size > 0 else {
            throw .badValue(file: file, key: key, problem: "is \(value.serialized()), not a whole number above 0")
        }
        guard size <= limit else {
            throw .badValue(file: file, key: key, problem: "is \(size), more than any model has (\(limit))")
        }
        return size
    }

    func positive(_ key: String, absent: Double, in object: JSONObject? = nil) throws(ModelError) -> Double {
        guard let value = (object ?? json)[key], !value.isNull else { return absent }
        guard let number = value.double, number > 0, number.isFinite else {
            throw .badValue(file: file, key: key, problem: "is \(value.serialized()), not a number above 0")
        }
        return number
    }

    /// A token id, or a list of them.
    func ids(_ key: String) -> [Int32] {
        guard let value = value(key) else { return [] }
        return (value.array ?? [value]).compactMap { $0.int.flatMap { Int32(exactly: $0) } }.filter { $0 >= 0 }
    }

    /// `rope_parameters` of transformers 5, or `rope_theta` with `rope_scaling` before it.
    func rope(contextLength: Int) throws(ModelError) -> (theta: Double, scaling: RoPEScaling) {
        let newer = value("rope_parameters")?.object
        let older = value("rope_scaling")?.object
        let theta = try positive("rope_theta", absent: try positive("rope_theta", absent: 10_000), in: newer ?? [:])
        guard let settings = newer ?? older else { return (theta, .none) }
        let partial = (settings["partial_rotary_factor"] ?? json["partial_rotary_factor"])?.double
        if let partial, partial != 1 {
            throw .unsupported(
                file: file, key: "partial_rotary_factor", value: "\(partial)", supported: "full rotary embeddings")
        }
        func factor(_ key: String) throws(ModelError) -> Double {
            guard settings[key]?.isNull == false else { throw .missingKeys(file: file, keys: ["rope_scaling.\(key)"]) }
            return try positive(key, absent: 1, in: settings)
        }
        switch settings["rope_type"]?.string ?? settings["type"]?.string ?? "default" {
        case "default":
            return (theta, .none)
        case "linear":
            return (theta, .linear(factor: try factor("factor")))
        case "llama3":
            let (low, high) = (try factor("low_freq_factor"), try factor("high_freq_factor"))
            guard high > low else {
                throw .badValue(
                    file: file, key: "rope_scaling.high_freq_factor", problem: "must be above low_freq_factor")
            }
            let original = settings["original_max_position_embeddings"]?.int ?? contextLength
            guard original > 0 else {
                throw .badValue(
                    file: file, key: "rope_scaling.original_max_position_embeddings", problem: "must be above 0")
            }
            return (
                theta,
                .llama3(
                    factor: try factor("factor"), lowFrequencyFactor: low, highFrequencyFactor: high,
                    originalContextLength: original)
            )
        case let other:
            throw .unsupported(
                file: file, key: "rope_scaling.rope_type", value: "'\(other)'",
                supported: "'default', 'linear' and 'llama3'")
        }
    }

    func windows(layers: Int, traits: FamilyTraits) throws(ModelError) -> [Int?] {
        let types = value("layer_types")?.array?.map { $0.string ?? "" }
        if let types, types.count != layers {
            throw .badValue(
                file: file, key: "layer_types", problem: "names \(types.count) layers, the model has \(layers)")
        }
        var windows: [Int?] = []
        for layer in 0..<layers {
            if let types, types[layer] != "sliding_attention", types[layer] != "full_attention" {
                throw .unsupported(
                    file: file, key: "layer_types", value: "'\(types[layer])'",
                    supported: "'full_attention' and 'sliding_attention'")
            }
            let slides = types.map { $0[layer] == "sliding_attention" } ?? traits.slides(layer, json)
            windows.append(slides ? try size("sliding_window", upTo: Int(Int32.max)) : nil)
        }
        return windows
    }
}

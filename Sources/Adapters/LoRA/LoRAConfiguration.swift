import OrderedJSON

/// adapter_config.json of a LoRA adapter, as PEFT reads and writes it.
enum LoRAConfiguration {
    /// Features that change what an adapter computes, which are refused when on, each with its name in words.
    private static let unsupported: [(key: String, words: String)] = [
        ("use_dora", "DoRA"), ("modules_to_save", "fully trained modules (modules_to_save)"),
        ("trainable_token_indices", "trained token embeddings"), ("target_parameters", "adapted parameters"),
        ("layer_replication", "replicated layers"), ("lora_bias", "a bias on B"), ("use_qalora", "QALoRA"),
        ("use_bdlora", "block-diagonal LoRA"), ("alora_invocation_tokens", "activated LoRA"),
        ("arrow_config", "Arrow routing"), ("kasa_config", "KaSA"), ("monteclora_config", "MonteCLoRA"),
        ("velora_config", "VeLoRA"),
    ]

    /// Keys of PEFT 0.21 that say how the weights were first made, or that have no effect on loading.
    private static let harmless: Set<String> = [
        "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "corda_config", "ensure_weight_tying",
        "eva_config", "exclude_modules", "fan_in_fan_out", "inference_mode", "init_lora_weights", "layers_pattern",
        "layers_to_transform", "loftq_config", "lora_alpha", "lora_dropout", "lora_ga_config", "megatron_config",
        "megatron_core", "peft_type", "peft_version", "qalora_group_size", "r", "rank_pattern", "revision",
        "target_modules", "task_type", "use_rslora", "runtime_config", "eva_state_dict",
    ]

    static func read(_ json: JSONObject, file: String) throws(AdapterError) -> (LoRASettings, warnings: [String]) {
        let type = json["peft_type"]?.string
        guard type?.uppercased() == "LORA" else {
            throw .unsupported(
                file: file, feature: type.map { "the method \($0)" } ?? "no peft_type",
                remedy: "It runs LORA: merge the adapter with the tool that made it, and load the result.")
        }
        for (key, words) in unsupported {
            guard let value = json[key], !value.isNull, value != false, value != [], value != .object([:]) else {
                continue
            }
            throw .unsupported(
                file: file, feature: words,
                remedy: "Merge the adapter with the tool that made it, and load the resulting model.")
        }
        if let bias = json["bias"]?.string, bias != "none" {
            throw .unsupported(
                file: file, feature: "trained biases (bias: \(bias))",
                remedy: "Merge the adapter with the tool that made it, and load the resulting model.")
        }
        func positive(_ key: String) throws(AdapterError) -> Double {
            guard let value = json[key], let number = value.double, number > 0, number.isFinite else {
                let found = json[key].map { "is \($0.serialized())" } ?? "is missing"
                throw .badValue(file: file, key: key, problem: "\(found); it must be a number above 0")
            }
            return number
        }
        guard let rank = Int(exactly: try positive("r")), rank <= 1 << 16 else {
            throw .badValue(file: file, key: "r", problem: "is not a whole number of a sensible size")
        }
        let dropout = json["lora_dropout"]?.double ?? 0
        guard (0..<1).contains(dropout) else {
            throw .badValue(file: file, key: "lora_dropout", problem: "is \(dropout); it must be from 0 to below 1")
        }
        var settings = LoRASettings(
            rank: rank, alpha: try positive("lora_alpha"), dropout: dropout, targets: .modules([]),
            isRankStabilized: json["use_rslora"]?.bool ?? false)
        for (pattern, value) in json["rank_pattern"]?.object ?? [:] {
            guard let rank = value.int, rank > 0, rank <= 1 << 16 else {
                throw .badValue(file: file, key: "rank_pattern.\(pattern)", problem: "is not a whole number above 0")
            }
            settings.rankPattern[pattern] = rank
        }
        for (pattern, value) in json["alpha_pattern"]?.object ?? [:] {
            guard let alpha = value.double, alpha > 0, alpha.isFinite else {
                throw .badValue(file: file, key: "alpha_pattern.\(pattern)", problem: "is not a number above 0")
            }
            settings.alphaPattern[pattern] = alpha
        }
        if let names = json["target_modules"]?.array {
            settings.targets = .modules(names.compactMap(\.string))
        } else if let text = json["target_modules"]?.string {
            settings.targets = text == "all-linear" ? .allLinear : .modules([text])
        }
        var warnings: [String] = []
        if json["fan_in_fan_out"]?.bool == true {
            warnings.append("fan_in_fan_out is set; it only concerns weights stored as (in, out), this model has none")
        }
        let known = harmless.union(unsupported.map(\.key))
        for key in json.keys where !known.contains(key) {
            warnings.append("'\(key)' is not known to ftbench; it is kept when the adapter is saved")
        }
        return (settings, warnings)
    }

    /// The 41 keys of PEFT 0.21.2, over whatever the adapter came with.
    static func write(
        _ settings: LoRASettings, targetModules: [String], baseModelName: String?, source: JSONObject
    ) -> JSONObject {
        var json: JSONObject = [
            "alora_invocation_tokens": nil, "arrow_config": nil, "auto_mapping": nil, "bias": "none",
            "corda_config": nil, "ensure_weight_tying": false, "eva_config": nil, "exclude_modules": nil,
            "fan_in_fan_out": false, "init_lora_weights": true, "kasa_config": nil, "layer_replication": nil,
            "layers_pattern": nil, "layers_to_transform": nil, "loftq_config": .object([:]), "lora_bias": false,
            "lora_ga_config": nil, "megatron_config": nil, "megatron_core": "megatron.core", "modules_to_save": nil,
            "monteclora_config": nil, "peft_version": "0.21.2", "qalora_group_size": 16, "revision": nil,
            "target_parameters": nil, "task_type": "CAUSAL_LM", "trainable_token_indices": nil, "use_bdlora": nil,
            "use_dora": false, "use_qalora": false, "velora_config": nil,
        ]
        for (key, value) in source { json[key] = value }
        json["peft_type"] = "LORA"
        json["inference_mode"] = true
        json["r"] = .integer(settings.rank)
        json["lora_alpha"] = number(settings.alpha)
        json["lora_dropout"] = .number(settings.dropout)
        json["use_rslora"] = .bool(settings.isRankStabilized)
        json["target_modules"] = .array(targetModules.sorted().map { .string($0) })
        json["base_model_name_or_path"] = baseModelName.map { .string($0) } ?? json["base_model_name_or_path"] ?? .null
        json["rank_pattern"] = .object(
            JSONObject(uniqueKeysWithValues: settings.rankPattern.map { ($0.key, .integer($0.value)) }))
        json["alpha_pattern"] = .object(
            JSONObject(uniqueKeysWithValues: settings.alphaPattern.map { ($0.key, number($0.value)) }))
        return json
    }

    /// PEFT writes whole alphas as integers.
    private static func number(_ value: Double) -> JSONValue {
        Int(exactly: value).map { .integer($0) } ?? .number(value)
    }
}

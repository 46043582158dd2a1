import OrderedJSON

/// adapter_config.json of a LoRA adapter, as PEFT reads and writes it.
enum LoRAConfiguration {
    private static let merge = "Merge the adapter with the tool that made it, and load the resulting model."

    /// Features that change what an adapter computes, which are refused when on, each with its name in words.
    private static let unsupported: [(key: String, words: String)] = [
        ("target_parameters", "adapted parameters (target_parameters)"), ("layer_replication", "replicated layers"),
        ("use_qalora", "QALoRA"), ("use_bdlora", "block-diagonal LoRA"),
        ("alora_invocation_tokens", "activated LoRA, which begins in the middle of a text"),
        ("arrow_config", "Arrow routing"), ("kasa_config", "KaSA"), ("monteclora_config", "MonteCLoRA"),
        ("velora_config", "VeLoRA"),
    ]

    /// Keys of PEFT 0.21 that are read, that say how the weights were first made, or that do not matter on loading.
    private static let known: Set<String> = [
        "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "corda_config", "ensure_weight_tying",
        "eva_config", "exclude_modules", "fan_in_fan_out", "inference_mode", "init_lora_weights", "layers_pattern",
        "layers_to_transform", "loftq_config", "lora_alpha", "lora_bias", "lora_dropout", "lora_ga_config",
        "megatron_config", "megatron_core", "modules_to_save", "peft_type", "peft_version", "qalora_group_size", "r",
        "rank_pattern", "revision", "target_modules", "task_type", "trainable_token_indices", "use_dora",
        "use_rslora", "runtime_config", "eva_state_dict",
    ]

    static func read(_ json: JSONObject, file: String) throws(AdapterError) -> (LoRASettings, warnings: [String]) {
        try PEFTMethod.check(json["peft_type"]?.string, file: file)
        for (key, words) in unsupported {
            guard let value = json[key], !value.isNull, value != false, value != [], value != .object([:]) else {
                continue
            }
            throw .unsupported(file: file, feature: words, remedy: merge)
        }
        try checkInitialization(json["init_lora_weights"], file: file)
        let reader = ConfigurationReader(json: json, file: file)
        let rank = try reader.positive("r")
        guard let rank = Int(exactly: rank), rank <= 1 << 16 else {
            throw .badValue(file: file, key: "r", problem: "is not a whole number of a sensible size")
        }
        let dropout = json["lora_dropout"]?.double ?? 0
        guard (0..<1).contains(dropout) else {
            throw .badValue(file: file, key: "lora_dropout", problem: "is \(dropout); it must be from 0 to below 1")
        }
        var settings = LoRASettings(
            rank: rank, alpha: try reader.positive("lora_alpha"), dropout: dropout,
            targets: try reader.targets("target_modules") ?? .modules([]),
            excluded: try reader.targets("exclude_modules"), isRankStabilized: try reader.flag("use_rslora"),
            usesDoRA: try reader.flag("use_dora"), hasBias: try reader.flag("lora_bias"),
            modulesToSave: try reader.names("modules_to_save"), layers: try reader.layers(),
            layersPattern: try reader.names("layers_pattern"), keepsTying: try reader.flag("ensure_weight_tying"))
        if let bias = json["bias"], !bias.isNull {
            guard let known = bias.string.flatMap(LoRASettings.TrainedBiases.init) else {
                throw .badValue(file: file, key: "bias", problem: "must be none, all or lora_only")
            }
            settings.trainedBiases = known
        }
        if settings.usesDoRA, settings.hasBias {
            throw .unsupported(file: file, feature: "DoRA together with lora_bias", remedy: merge)
        }
        settings.rankPattern = try reader.patterns("rank_pattern") { value in
            value.int.flatMap { $0 > 0 && $0 <= 1 << 16 ? $0 : nil }
        }
        settings.alphaPattern = try reader.patterns("alpha_pattern") { value in
            value.double.flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
        }
        settings.trainedTokens = try reader.tokens()
        try settings.checkPatterns(file: file)
        let all = known.union(unsupported.map(\.key))
        let warnings = json.keys.filter { !all.contains($0) }.map {
            "'\($0)' is not known to ftbench; it is kept when the adapter is saved"
        }
        return (settings, warnings)
    }

    /// Some ways of making the first weights change the base weights as well, each time the adapter is put on.
    private static func checkInitialization(_ value: JSONValue?, file: String) throws(AdapterError) {
        guard let name = value?.string else { return }
        let lowered = name.lowercased()
        guard ["pissa", "corda", "olora", "loftq"].contains(where: { lowered.hasPrefix($0) }) else { return }
        throw .unsupported(
            file: file, feature: "init_lora_weights \"\(name)\", which changes the base weights when it is put on them",
            remedy: "Convert it with PEFT to a plain LoRA adapter: save_pretrained with "
                + "path_initial_model_for_weight_conversion, then load that folder.")
    }
}

/// Values of one configuration, with errors that name the key.
private struct ConfigurationReader {
    let json: JSONObject
    let file: String

    private func wrong(_ key: String, _ problem: String) -> AdapterError {
        .badValue(file: file, key: key, problem: problem)
    }

    func positive(_ key: String) throws(AdapterError) -> Double {
        guard let value = json[key], let number = value.double, number > 0, number.isFinite else {
            let found = json[key].map { "is \($0.serialized())" } ?? "is missing"
            throw wrong(key, "\(found); it must be a number above 0")
        }
        return number
    }

    func flag(_ key: String) throws(AdapterError) -> Bool {
        guard let value = json[key], !value.isNull else { return false }
        guard let flag = value.bool else { throw wrong(key, "is \(value.kind), not true or false") }
        return flag
    }

    /// A list of names, or one name.
    func names(_ key: String) throws(AdapterError) -> [String] {
        guard let value = json[key], !value.isNull else { return [] }
        if let name = value.string { return name.isEmpty ? [] : [name] }
        guard let list = value.array else { throw wrong(key, "is \(value.kind), not a list of names") }
        var names: [String] = []
        for item in list {
            guard let name = item.string, !name.isEmpty else { throw wrong(key, "holds something else than names") }
            names.append(name)
        }
        return names
    }

    /// A list of names; or a string, which is a pattern.
    func targets(_ key: String) throws(AdapterError) -> LoRASettings.Targets? {
        guard let value = json[key], !value.isNull else { return nil }
        if let text = value.string {
            return text.lowercased() == "all-linear" && key == "target_modules" ? .allLinear : .pattern(text)
        }
        let names = try names(key)
        return names.isEmpty && key == "exclude_modules" ? nil : .modules(names)
    }

    func layers() throws(AdapterError) -> [Int]? {
        let key = "layers_to_transform"
        guard let value = json[key], !value.isNull else { return nil }
        if let layer = value.int { return [layer] }
        guard let list = value.array, list.allSatisfy({ $0.int != nil }) else {
            throw wrong(key, "must be a layer's number or a list of them")
        }
        return list.isEmpty ? nil : list.compactMap(\.int)
    }

    func patterns<Value>(
        _ key: String, _ read: (JSONValue) -> Value?
    ) throws(AdapterError) -> OrderedPatterns<Value> {
        var result: OrderedPatterns<Value> = [:]
        guard let value = json[key], !value.isNull else { return result }
        guard let members = value.object else { throw wrong(key, "is \(value.kind), not an object") }
        guard members.count <= 4096 else { throw wrong(key, "has more than 4096 patterns") }
        for (pattern, value) in members {
            guard let number = read(value) else { throw wrong("\(key).\(pattern)", "is not a number above 0") }
            result[pattern] = number
        }
        return result
    }

    /// `[3, 5]` means the embedding; `{"embed_tokens": [3, 5]}` names it.
    func tokens() throws(AdapterError) -> LoRASettings.OrderedTokens {
        let key = "trainable_token_indices"
        func ids(_ value: JSONValue) throws(AdapterError) -> [Int32] {
            var result: [Int32] = []
            for item in value.array ?? [] {
                guard let id = item.int.flatMap(Int32.init(exactly:)), id >= 0 else {
                    throw wrong(key, "holds something else than token ids")
                }
                result.append(id)
            }
            guard value.array != nil, Set(result).count == result.count else {
                throw wrong(key, "must be lists of different token ids")
            }
            return result
        }
        guard let value = json[key], !value.isNull else { return [:] }
        var result: LoRASettings.OrderedTokens = [:]
        if let members = value.object {
            for (name, list) in members { result[name] = try ids(list) }
        } else {
            result[""] = try ids(value)
        }
        return result
    }
}

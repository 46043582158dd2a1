import OrderedJSON

extension LoRAConfiguration {
    /// The 41 keys of PEFT 0.21.2, over whatever the adapter came with.
    static func write(
        _ adapter: LoRAAdapter, targetModules: [String], baseModelName: String?
    ) -> JSONObject {
        let settings = adapter.settings
        var json: JSONObject = [
            "alora_invocation_tokens": nil, "arrow_config": nil, "auto_mapping": nil, "corda_config": nil,
            "eva_config": nil, "init_lora_weights": true, "kasa_config": nil, "layer_replication": nil,
            "loftq_config": .object([:]), "lora_ga_config": nil, "megatron_config": nil,
            "megatron_core": "megatron.core", "monteclora_config": nil, "peft_version": "0.21.2",
            "qalora_group_size": 16, "revision": nil, "target_parameters": nil, "task_type": "CAUSAL_LM",
            "use_bdlora": nil, "use_qalora": false, "velora_config": nil,
            // What the settings say, for an adapter that came with nothing.
            "bias": .string(settings.trainedBiases.rawValue), "ensure_weight_tying": .bool(settings.keepsTying),
            "exclude_modules": targets(settings.excluded), "fan_in_fan_out": .bool(adapter.storesInputsFirst),
            "layers_pattern": settings.layersPattern.isEmpty
                ? nil : .array(settings.layersPattern.map { .string($0) }),
            "layers_to_transform": settings.layers.map { .array($0.map { .integer($0) }) } ?? .null,
            "lora_bias": .bool(settings.hasBias),
            "modules_to_save": settings.modulesToSave.isEmpty
                ? nil : .array(settings.modulesToSave.map { .string($0) }),
            "target_modules": pattern(settings.targets) ?? .array(targetModules.sorted().map { .string($0) }),
            "trainable_token_indices": tokens(settings.trainedTokens), "use_dora": .bool(settings.usesDoRA),
        ]
        for (key, value) in adapter.source { json[key] = value }
        json["peft_type"] = "LORA"
        json["inference_mode"] = true
        json["r"] = .integer(settings.rank)
        json["lora_alpha"] = number(settings.alpha)
        json["lora_dropout"] = .number(settings.dropout)
        json["use_rslora"] = .bool(settings.isRankStabilized)
        json["base_model_name_or_path"] = baseModelName.map { .string($0) } ?? json["base_model_name_or_path"] ?? .null
        json["rank_pattern"] = object(settings.rankPattern) { .integer($0) }
        json["alpha_pattern"] = object(settings.alphaPattern, number)
        return json
    }

    private static func object<Value>(
        _ patterns: OrderedPatterns<Value>, _ write: (Value) -> JSONValue
    ) -> JSONValue {
        .object(JSONObject(patterns.entries.map { ($0.pattern, write($0.value)) }, uniquingKeysWith: { $1 }))
    }

    private static func targets(_ targets: LoRASettings.Targets?) -> JSONValue {
        guard case .modules(let names)? = targets else { return targets.flatMap(pattern) ?? .null }
        return .array(names.map { .string($0) })
    }

    private static func pattern(_ targets: LoRASettings.Targets) -> JSONValue? {
        if case .pattern(let text) = targets { .string(text) } else { nil }
    }

    private static func tokens(_ tokens: LoRASettings.OrderedTokens) -> JSONValue {
        if tokens.isEmpty { return .null }
        func list(_ ids: [Int32]) -> JSONValue { .array(ids.map { .integer(Int($0)) }) }
        if let ids = tokens[""] { return list(ids) }
        return object(tokens, list)
    }

    /// PEFT writes whole alphas as integers.
    private static func number(_ value: Double) -> JSONValue {
        Int(exactly: value).map { .integer($0) } ?? .number(value)
    }
}

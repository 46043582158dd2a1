import Autograd
public import Models
import OrderedJSON
public import Tensors
import WeightFiles

extension LoRAAdapter {
    /// Writes an adapter folder that mlx-lm loads: adapters.safetensors and adapter_config.json.
    ///
    /// mlx-lm knows one rank and one scale for all modules. A smaller rank is filled up with zeros, which changes
    /// nothing. A scale that differs is multiplied into B where that is exact (a power of two); any other is refused.
    ///
    /// - Parameters:
    ///   - folder: made when it does not exist.
    ///   - model: the model it belongs to; mlx-lm counts layers from the last.
    ///   - baseModelName: what `model` says; nil keeps what was loaded.
    ///   - elementType: how the weights are stored; nil keeps the type that each was loaded in.
    /// - Throws: `AdapterError.cannotExpress` for what mlx-lm has no word for, `FileWriteError` for the disk.
    public func saveMLX(
        to folder: String, for model: Decoder, baseModelName: String? = nil, as elementType: ElementType? = nil
    ) throws {
        let contents = try mlxContents(for: model, baseModelName: baseModelName, as: elementType)
        try DurableFile.makeFolder(folder)
        try SafetensorsFile.write(contents.tensors, to: folder + "/adapters.safetensors")
        try DurableFile.write(contents.configuration, to: folder + "/adapter_config.json")
    }

    /// What `saveMLX` writes: the tensors, and the text of adapter_config.json.
    ///
    /// - Throws: `AdapterError.cannotExpress`, so that whoever plans an export learns it before anything is written.
    public func mlxContents(
        for model: Decoder, baseModelName: String? = nil, as elementType: ElementType? = nil
    ) throws -> (tensors: [(name: String, tensor: Tensor)], configuration: String) {
        try check(on: model)
        try checkMLX(tied: model.configuration.tiesEmbeddings)
        let rank = (modules.map { $0.a.shape[0] } + tables.map { $0.a.shape[0] }).max() ?? settings.rank
        let scale = (modules.map(\.scale) + tables.map(\.scale)).first ?? Float(LoRAAdapter.defaultMLXScale)
        var tensors: [(name: String, tensor: Tensor)] = []
        func put(_ name: String, _ tensor: Tensor, savedAs key: String) {
            let type = elementType ?? storedTypes[key] ?? tensor.elementType
            tensors.append((name, type == tensor.elementType ? tensor : tensor.converted(to: type)))
        }
        func put(
            _ key: String, _ a: Tensor, _ b: Tensor, _ magnitude: Tensor?, scale own: Float, _ parts: (String, String)
        ) throws {
            let factor = try factor(from: own, to: scale, module: key)
            put(
                key + ".lora_a", widened(transposed(a), to: rank), savedAs: SavedKey.lora(key, parts.0))
            let down = transposed(b)
            if factor != 1 { down.scale(by: factor) }
            put(key + ".lora_b", lengthened(down, to: rank), savedAs: SavedKey.lora(key, parts.1))
            if let magnitude { put(key + ".m", magnitude, savedAs: SavedKey.magnitude(key)) }
        }
        for module in modules {
            try put(
                module.key, module.a.value, module.b.value, module.magnitude?.value, scale: module.scale,
                ("A.weight", "B.weight"))
        }
        for table in tables {
            try put(
                table.key, table.a.value, table.b.value, table.magnitude?.value, scale: table.scale,
                ("embedding_A", "embedding_B"))
        }
        for whole in wholes { put(whole.key, whole.variable.value, savedAs: whole.savedKey) }
        let json = mlxConfiguration(rank: rank, scale: scale, model: model, baseModelName: baseModelName)
        return (tensors, JSONValue.object(json).serialized(.pretty(indent: 4).sorted().ascii()))
    }

    private func mlxConfiguration(
        rank: Int, scale: Float, model: Decoder, baseModelName: String?
    ) -> JSONObject {
        var json = mlxSource
        let isLoRA = !modules.isEmpty || !tables.isEmpty
        json["fine_tune_type"] = .string(isLoRA ? (settings.usesDoRA ? "dora" : "lora") : "full")
        let layers = model.configuration.layers
        var (first, keys): (Int, Set<String>) = (layers, [])
        for name in modules.map(\.key) + tables.map(\.key) {
            // `model.layers.3.self_attn.q_proj` → 3 and `self_attn.q_proj`; names outside the layers stay whole.
            let parts = name.split(separator: ".")
            guard let index = parts.firstIndex(where: { Int($0) != nil }), let layer = Int(parts[index]) else {
                keys.insert(name)
                continue
            }
            first = min(first, layer)
            keys.insert(parts[(index + 1)...].joined(separator: "."))
        }
        json["num_layers"] = .integer(layers - first)
        var parameters = json["lora_parameters"]?.object ?? [:]
        parameters["alpha"] = nil
        parameters["rank"] = .integer(rank)
        // The shortest number that is this float32: 8/3 stays 2.6666667, 2 stays 2.0.
        parameters["scale"] = .number(Double("\(scale)") ?? Double(scale))
        parameters["dropout"] = .number(settings.dropout)
        parameters["keys"] = .array(keys.sorted().map { .string($0) })
        json["lora_parameters"] = .object(parameters)
        if let name = baseModelName ?? source["base_model_name_or_path"]?.string { json["model"] = .string(name) }
        return json
    }

    private func checkMLX(tied: Bool) throws {
        func refuse(_ feature: String) -> AdapterError {
            .cannotExpress(
                format: "MLX", feature: feature, remedy: "Write it for PEFT, or merge it into the model's weights.")
        }
        if !tokens.isEmpty { throw refuse("trained rows of the token table (trainable_token_indices)") }
        if modules.contains(where: { $0.bias != nil }) { throw refuse("a bias of B (lora_bias)") }
        let adapted = Set(modules.map(\.key) + tables.map(\.key))
        if wholes.contains(where: { adapted.contains(LoRAAdapter.split($0.key).module) }) {
            throw refuse("trained biases of adapted modules")
        }
        if tables.contains(where: { $0.magnitude != nil }) { throw refuse("DoRA on the token table") }
        if tied, !tables.isEmpty { throw refuse("an adapted token table beside a tied head that stays as it was") }
        if storesInputsFirst { throw refuse("weights stored as (in, out) (fan_in_fan_out)") }
    }

    private func factor(from own: Float, to common: Float, module: String) throws -> Float {
        let factor = own / common
        guard factor == 1 || (factor.significand == 1 && factor.isNormal) else {
            throw AdapterError.cannotExpress(
                format: "MLX", feature: "different scales (\(own) at '\(module)', \(common) elsewhere)",
                remedy: "Write it for PEFT, or merge it into the model's weights.")
        }
        return factor
    }

    /// (n, m) → (n, width), with zeros on the right.
    private func widened(_ matrix: Tensor, to width: Int) -> Tensor {
        guard matrix.width < width else { return matrix }
        return transposed(lengthened(transposed(matrix), to: width))
    }

    /// (n, m) → (count, m), with zeros below.
    private func lengthened(_ matrix: Tensor, to count: Int) -> Tensor {
        guard matrix.rowCount < count else { return matrix }
        let result = Tensor.zeros([count, matrix.width])
        result.rows(0..<matrix.rowCount).assign(matrix)
        return result
    }
}

import Autograd
import OrderedJSON

/// Takes values out of config.json and refuses what does not fit.
struct ConfigurationReader {
    let json: JSONObject
    let file: String
    let traits: FamilyTraits

    /// The family's own name of a key where the file uses that, or where it uses neither.
    func name(_ key: String) -> String {
        guard let own = traits.ownKeys[key], json[own] != nil || json[key] == nil else { return key }
        return own
    }

    /// An absent key has the family's default; an explicit null is no value.
    func value(_ key: String) -> JSONValue? {
        guard let value = json[name(key)] else { return traits.defaults[key] }
        // Not `nil`, which is also how JSONValue writes its null.
        return value.isNull ? Optional.none : value
    }

    func size(_ key: String, upTo limit: Int, absent: Int? = nil) throws(ModelError) -> Int {
        guard let value = value(key) else {
            if let absent { return absent }
            throw .missingKeys(file: file, keys: [name(key)])
        }
        guard let size = value.int, size > 0 else {
            throw .badValue(
                file: file, key: name(key), problem: "is \(value.serialized()), not a whole number above 0")
        }
        guard size <= limit else {
            throw .badValue(file: file, key: name(key), problem: "is \(size), more than any model has (\(limit))")
        }
        return size
    }

    func positive(_ key: String, absent: Double) throws(ModelError) -> Double {
        try positive(value(key), named: name(key)) ?? absent
    }

    func optionalPositive(_ key: String) throws(ModelError) -> Float? {
        try positive(value(key), named: name(key)).map { Float($0) }
    }

    /// Within what float32 can hold, and its inverse too.
    func positive(_ value: JSONValue?, named key: String) throws(ModelError) -> Double? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.double, number > 1e-30, number < 1e30 else {
            throw .badValue(file: file, key: key, problem: "is \(value.serialized()), not a number above 0")
        }
        return number
    }

    func flag(_ key: String, absent: Bool) throws(ModelError) -> Bool {
        guard let value = value(key) else { return absent }
        guard let flag = value.bool else {
            throw .badValue(file: file, key: name(key), problem: "is \(value.serialized()), neither true nor false")
        }
        return flag
    }

    func isOn(_ wanted: FamilyTraits.Switch) throws(ModelError) -> Bool {
        switch wanted {
        case .never: false
        case .always: true
        case .key(let key, let absent): try flag(key, absent: absent)
        }
    }

    /// A token id, or a list of them.
    func ids(_ key: String) -> [Int32] {
        guard let value = value(key) else { return [] }
        return (value.array ?? [value]).compactMap { $0.int.flatMap { Int32(exactly: $0) } }.filter { $0 >= 0 }
    }

    /// The names that transformers has for the functions of the engine.
    func activation() throws(ModelError) -> Activation {
        let key = traits.activationKey
        let name = value(key)?.string ?? (value(key) == nil ? "silu" : value(key)?.serialized() ?? "")
        switch name {
        case "silu", "swish": return .silu
        case "gelu", "gelu_python": return .gelu
        case "gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate": return .geluTanh
        case "quick_gelu": return .quickGELU
        case "relu": return .relu
        case "relu2": return .reluSquared
        default:
            throw .unsupported(
                file: file, key: key, value: "'\(name)'",
                supported: "'silu', 'gelu' and its tanh forms, 'quick_gelu', 'relu' and 'relu2'")
        }
    }

    /// What would make another model of it, in any family or in this one.
    func refuseOtherModels() throws(ModelError) {
        if let quantization = json["quantization_config"], !quantization.isNull {
            throw .unsupported(
                file: file, key: "quantization_config",
                value: quantization["quant_method"]?.string.map { "'\($0)'" } ?? "present",
                supported: "weights in F32, F16 and BF16")
        }
        let fixed = traits.fixed + [("add_cross_attention", false), ("is_encoder_decoder", false)]
        for (key, wanted) in fixed {
            guard let value = value(key), value != wanted else { continue }
            throw .unsupported(
                file: file, key: key, value: value.serialized(), supported: "\(wanted.serialized()) only")
        }
    }

    func windows(layers: Int) throws(ModelError) -> [Int?] {
        let types = value("layer_types")?.array?.map { $0.string ?? $0.serialized() }
        if let types, types.count != layers {
            throw .badValue(
                file: file, key: "layer_types", problem: "names \(types.count) layers, the model has \(layers)")
        }
        var windows: [Int?] = []
        for layer in 0..<layers {
            var slides = traits.slides(layer, self)
            if let type = types?[layer] {
                guard type == "sliding_attention" || type == "full_attention",
                    traits.readsLayerTypes || (type == "sliding_attention") == slides
                else {
                    throw .unsupported(
                        file: file, key: "layer_types", value: "'\(type)' for layer \(layer)",
                        supported: traits.readsLayerTypes
                            ? "'full_attention' and 'sliding_attention'"
                            : "this family with '\(slides ? "sliding" : "full")_attention' there")
                }
                slides = type == "sliding_attention"
            }
            windows.append(slides ? try size("sliding_window", upTo: Int(Int32.max)) : nil)
        }
        return windows
    }
}

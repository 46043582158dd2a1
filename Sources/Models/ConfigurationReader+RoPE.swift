import Autograd
import OrderedJSON

extension ConfigurationReader {
    /// Rotary settings of the layers that see everything and of those with a window; nil with learned positions.
    ///
    /// They are in `rope_parameters` since transformers 5; before, in `rope_theta`, `rope_scaling` and keys of the
    /// family.
    func rope(headWidth: Int, contextLength: Int) throws(ModelError) -> (all: RoPESettings, window: RoPESettings)? {
        let newer = value("rope_parameters")?.object
        let older = value("rope_scaling")?.object
        let context = (headWidth, contextLength)
        switch traits.positions {
        case .learned: return nil
        case .rotary, .partialRotary:
            let theta = try positive("rope_theta", absent: 10_000)
            let settings = try settings(newer ?? older ?? [:], newer == nil, theta: theta, context)
            return (settings, settings)
        case .rotaryByLayer(let global, let local):
            let theta = try positive("rope_theta", absent: global)
            let windowTheta = try positive("rope_local_base_freq", absent: local)
            let full = newer.map { $0["full_attention"]?.object ?? [:] } ?? older ?? [:]
            let window = newer?["sliding_attention"]?.object ?? [:]
            return (
                try settings(full, newer == nil, theta: theta, context),
                try settings(window, newer == nil, theta: windowTheta, context)
            )
        }
    }

    private func settings(
        _ json: JSONObject, _ isOlder: Bool, theta: Double, _ context: (headWidth: Int, length: Int)
    ) throws(ModelError) -> RoPESettings {
        let reader = RoPEReader(
            configuration: self, json: json, place: isOlder ? "rope_scaling" : "rope_parameters",
            contextLength: context.length)
        if json["full_attention"] != nil || json["sliding_attention"] != nil {
            throw .unsupported(
                file: file, key: reader.place, value: "given for each kind of layer",
                supported: "this family with one for all layers")
        }
        let rotated = try rotatedWidth(json, of: context.headWidth)
        let ownTheta = try positive(json["rope_theta"], named: reader.place + ".rope_theta")
        return RoPESettings(
            theta: ownTheta ?? theta, rotatedWidth: rotated, scaling: try reader.scaling(pairs: rotated / 2))
    }

    private func rotatedWidth(_ json: JSONObject, of headWidth: Int) throws(ModelError) -> Int {
        let key = "partial_rotary_factor"
        var share = try positive(json[key], named: key)
        if share == nil, case .partialRotary(let absent, let older) = traits.positions {
            share = try positive(older, absent: absent)
        }
        if share == nil { share = try positive(value(key), named: key) }
        guard let share, share != 1 else {
            guard headWidth % 2 == 0 else {
                throw .badValue(
                    file: file, key: "head_dim", problem: "is \(headWidth); the rotary embedding needs an even width")
            }
            return headWidth
        }
        guard case .partialRotary = traits.positions else {
            throw .unsupported(file: file, key: key, value: "\(share)", supported: "this family with 1")
        }
        let width = share < 1 ? Int(Double(headWidth) * share) : 0
        guard width > 0, width % 2 == 0 else {
            throw .badValue(
                file: file, key: key,
                problem: "is \(share): of heads of width \(headWidth) an even number of columns must turn")
        }
        return width
    }
}

/// One object of rotary settings.
private struct RoPEReader {
    let configuration: ConfigurationReader
    let json: JSONObject
    /// What messages call the object.
    let place: String
    let contextLength: Int

    private var file: String { configuration.file }

    private func number(_ key: String) throws(ModelError) -> Double? {
        try configuration.positive(json[key], named: "\(place).\(key)")
    }

    private func needed(_ key: String) throws(ModelError) -> Double {
        guard let number = try number(key) else { throw .missingKeys(file: file, keys: ["\(place).\(key)"]) }
        return number
    }

    /// The context of the first training: beside the rotary settings in Phi 3, in them elsewhere.
    private func originalContext() throws(ModelError) -> Int {
        let key = "original_max_position_embeddings"
        let beside = configuration.value(key)
        guard let value = beside ?? json[key], !value.isNull else { return contextLength }
        guard let original = value.int, original > 1, original <= 1 << 28 else {
            throw .badValue(
                file: file, key: beside == nil ? "\(place).\(key)" : key,
                problem: "is \(value.serialized()), not a number of tokens above 1")
        }
        return original
    }

    func scaling(pairs: Int) throws(ModelError) -> RoPEScaling {
        let type = json["rope_type"]?.string ?? json["type"]?.string ?? "default"
        switch (type, configuration.traits.architecture) {
        case ("default", _): return .none
        // Names of LongRoPE in Phi 3's first files.
        case ("longrope", _), ("su", FamilyTraits.phi3.architecture), ("yarn", FamilyTraits.phi3.architecture):
            return try longRoPE(pairs: pairs)
        case ("linear", _): return .linear(factor: try needed("factor"))
        case ("dynamic", _):
            return .dynamic(factor: try needed("factor"), originalContextLength: contextLength)
        case ("llama3", _):
            let (low, high) = (try needed("low_freq_factor"), try needed("high_freq_factor"))
            guard high > low else {
                throw .badValue(
                    file: file, key: "\(place).high_freq_factor", problem: "must be above low_freq_factor")
            }
            return .llama3(
                factor: try needed("factor"), lowFrequencyFactor: low, highFrequencyFactor: high,
                originalContextLength: try originalContext())
        case ("yarn", _): return try yarn()
        default:
            throw .unsupported(
                file: file, key: "\(place).rope_type", value: "'\(type)'",
                supported: "'default', 'linear', 'dynamic', 'llama3', 'yarn' and 'longrope'")
        }
    }

    private func yarn() throws(ModelError) -> RoPEScaling {
        let original = try originalContext()
        let truncate = json["truncate"].flatMap { $0.isNull ? nil : $0.bool } ?? true
        return .yarn(
            RoPETables.YaRN(
                factor: try number("factor") ?? Double(contextLength) / Double(original),
                originalContextLength: original, betaFast: try number("beta_fast") ?? 32,
                betaSlow: try number("beta_slow") ?? 1, scale: try scale("mscale"),
                scaleOfAllDimensions: try scale("mscale_all_dim"), attentionFactor: try number("attention_factor"),
                truncate: truncate))
    }

    /// Zero stands for none.
    private func scale(_ key: String) throws(ModelError) -> Double? {
        json[key]?.double == 0 ? nil : try number(key)
    }

    private func longRoPE(pairs: Int) throws(ModelError) -> RoPEScaling {
        func factors(_ key: String) throws(ModelError) -> [Double] {
            guard let value = json[key], !value.isNull else {
                throw .missingKeys(file: file, keys: ["\(place).\(key)"])
            }
            let numbers = (value.array ?? []).compactMap(\.double).filter { $0 > 1e-30 && $0 < 1e30 }
            guard numbers.count == pairs, value.array?.count == pairs else {
                throw .badValue(
                    file: file, key: "\(place).\(key)",
                    problem: "must hold \(pairs) numbers above 0, one for each pair of columns that turns")
            }
            return numbers
        }
        let original = try originalContext()
        return .longRoPE(
            RoPETables.LongRoPE(
                shortFactors: try factors("short_factor"), longFactors: try factors("long_factor"),
                originalContextLength: original,
                factor: try number("factor") ?? Double(contextLength) / Double(original),
                attentionFactor: try number("attention_factor")))
    }
}

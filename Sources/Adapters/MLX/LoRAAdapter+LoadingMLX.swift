import Autograd
import OrderedJSON
import Tensors
import WeightFiles

/// Adapters of Apple's mlx-lm: `adapters.safetensors` with `lora_a` (in, R) and `lora_b` (R, out), DoRA's `m` (out),
/// and the scale said as it is, not as alpha over rank.
///
/// - Source: mlx-lm, `tuner/lora.py`, `tuner/dora.py` and `tuner/utils.py`.
extension LoRAAdapter {
    /// What mlx-lm multiplies with when nothing is said.
    static let defaultMLXScale = 20.0

    static func loadMLX(_ found: AdapterFolder, trainable: Bool) throws -> LoRAAdapter {
        let configuration = try MLXConfiguration(found.configuration, file: found.configurationFile)
        let file = try found.openWeights()
        var groups: [String: [String: Tensor]] = [:]
        var types: [String: ElementType] = [:]
        for entry in file.entries {
            let (module, part) = split(entry.name)
            guard !module.isEmpty, ["lora_a", "lora_b", "m", "weight", "bias"].contains(part) else {
                throw AdapterError.unexpectedTensor(file: file.path, key: entry.name)
            }
            groups[module, default: [:]][part] = try file.tensor(entry.name)
        }
        func variable(_ tensor: Tensor) -> Variable { Variable(tensor.asFloat32(), wantsGradient: trainable) }
        var (modules, tables, wholes): ([Module], [Table], [Whole]) = ([], [], [])
        let isDoRA = configuration.method == .dora
        for name in groups.keys.sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) {
            let parts = groups[name, default: [:]]
            guard parts["lora_a"] != nil || parts["lora_b"] != nil || parts["m"] != nil else {
                for (part, tensor) in parts.sorted(by: { $0.key < $1.key }) {
                    // mlx-lm names the weights below an adapter `linear`; one of its own is not saved.
                    let isVector = tensor.shape.count == 1
                    let value = trainable || isVector ? tensor.asFloat32() : tensor
                    let key = name + "." + part
                    wholes.append(
                        Whole(
                            key: key, variable: Variable(value, wantsGradient: trainable),
                            savedKey: SavedKey.whole(key)))
                    types[SavedKey.whole(key)] = tensor.elementType
                }
                continue
            }
            let a = try parts["lora_a"] ?? file.tensor(name + ".lora_a")
            let b = try parts["lora_b"] ?? file.tensor(name + ".lora_b")
            guard a.shape.count == 2, b.shape.count == 2, a.shape[1] == configuration.rank,
                b.shape[0] == configuration.rank, parts["weight"] == nil, parts["bias"] == nil
            else {
                throw AdapterError.rankMismatch(
                    file: file.path, module: name, a: a.shape, b: b.shape, rank: configuration.rank)
            }
            let magnitude = isDoRA ? try parts["m"] ?? file.tensor(name + ".m") : nil
            guard isDoRA || parts["m"] == nil else {
                throw AdapterError.unexpectedTensor(file: file.path, key: name + ".m")
            }
            let scale = Float(configuration.scale)
            // A token table is told by its name: in both cases lora_a has as many rows as the base has inputs.
            let isTable = ["embed_tokens", "wte", "embed_in", "tok_embeddings"].contains(split(name).part)
            guard !isTable || !isDoRA else {
                throw AdapterError.unsupported(
                    file: file.path, feature: "DoRA on the token table '\(name)' with one length for each token",
                    remedy: "Fuse the adapter with mlx-lm, and load the result.")
            }
            let keys =
                isTable
                ? [SavedKey.lora(name, "embedding_A"), SavedKey.lora(name, "embedding_B")]
                : [SavedKey.lora(name, "A.weight"), SavedKey.lora(name, "B.weight")]
            (types[keys[0]], types[keys[1]]) = (a.elementType, b.elementType)
            types[SavedKey.magnitude(name)] = magnitude?.elementType
            let (across, down) = (variable(transposed(a)), variable(transposed(b)))
            if isTable {
                tables.append(
                    Table(key: name, a: across, b: down, magnitude: magnitude.map(variable), scale: scale))
            } else {
                modules.append(
                    Module(
                        key: name, a: across, b: down, bias: nil, magnitude: magnitude.map(variable), scale: scale))
            }
        }
        guard !modules.isEmpty || !tables.isEmpty || !wholes.isEmpty else {
            throw AdapterError.noTensors(file: file.path)
        }
        let settings = LoRASettings(
            rank: configuration.rank, alpha: configuration.alpha, dropout: configuration.dropout,
            targets: .modules((modules.map(\.key) + tables.map(\.key)).sorted()), usesDoRA: isDoRA,
            modulesToSave: wholes.map { split($0.key).module }.reduce(into: []) { names, name in
                if !names.contains(name) { names.append(name) }
            },
            // mlx-lm adapts a tied head along with the table; PEFT does not.
            keepsTying: !tables.isEmpty)
        let source: JSONObject = found.configuration["model"].map { ["base_model_name_or_path": $0] } ?? [:]
        return LoRAAdapter(
            settings: settings, modules: modules, tables: tables, wholes: wholes, source: source,
            warnings: found.warnings + configuration.warnings, storedTypes: types, mlxSource: found.configuration)
    }
}

/// adapter_config.json as mlx-lm writes it: what was trained, and every argument of the command beside.
struct MLXConfiguration {
    enum Method: String {
        case lora, dora, full
    }

    let method: Method
    let rank: Int
    let scale: Double
    let dropout: Double
    let warnings: [String]

    /// What PEFT would call alpha, so that alpha / rank is the scale. A whole number when it is one but for rounding.
    var alpha: Double {
        let alpha = scale * Double(rank)
        return abs(alpha - alpha.rounded()) < 1e-9 * max(1, abs(alpha)) ? alpha.rounded() : alpha
    }

    init(_ json: JSONObject, file: String) throws(AdapterError) {
        let name = json["fine_tune_type"]?.string ?? "lora"
        guard let method = Method(rawValue: name) else {
            throw .unsupported(
                file: file, feature: "fine_tune_type \"\(name)\"",
                remedy: "It runs lora, dora and full: fuse the adapter with mlx-lm, and load the result.")
        }
        self.method = method
        let parameters = json["lora_parameters"]?.object ?? [:]
        func number(_ key: String, _ standard: Double) throws(AdapterError) -> Double {
            guard let value = parameters[key], !value.isNull else { return standard }
            guard let number = value.double, number.isFinite else {
                throw .badValue(file: file, key: "lora_parameters.\(key)", problem: "is no number")
            }
            return number
        }
        let rank = try number("rank", 8)
        guard let whole = Int(exactly: rank), whole > 0, whole <= 1 << 16 else {
            throw .badValue(file: file, key: "lora_parameters.rank", problem: "is not a whole number above 0")
        }
        self.rank = whole
        var scale = try number("scale", LoRAAdapter.defaultMLXScale)
        var warnings: [String] = []
        if parameters["alpha"]?.double != nil {
            // Early versions multiplied with scale · alpha / rank, and wrote both.
            scale *= try number("alpha", rank) / rank
            warnings.append(
                "lora_parameters names alpha, as early versions of mlx-lm did: the scale is taken as \(scale)")
        }
        guard scale > 0 else {
            throw .badValue(file: file, key: "lora_parameters.scale", problem: "is \(scale), not above 0")
        }
        self.scale = scale
        dropout = try number("dropout", 0)
        guard (0..<1).contains(dropout) else {
            throw .badValue(file: file, key: "lora_parameters.dropout", problem: "must be from 0 to below 1")
        }
        self.warnings = warnings
    }
}

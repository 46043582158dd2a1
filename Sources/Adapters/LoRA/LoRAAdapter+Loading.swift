import Autograd
import Models
import OrderedJSON
import Tensors
import WeightFiles

extension LoRAAdapter {
    /// Loads an adapter folder in PEFT's layout, or in MLX's. `trainable` weights want gradients, to go on training.
    ///
    /// - Throws: `AdapterError` for the folder, the configuration and unknown tensors, `SafetensorsError` for the file.
    public static func load(folder: String, trainable: Bool = false) throws -> LoRAAdapter {
        let found = try AdapterFolder(folder)
        switch found.format {
        case .peft: return try loadPEFT(found, trainable: trainable)
        case .mlx: return try loadMLX(found, trainable: trainable)
        }
    }

    private static func loadPEFT(_ found: AdapterFolder, trainable: Bool) throws -> LoRAAdapter {
        let (settings, warnings) = try LoRAConfiguration.read(found.configuration, file: found.configurationFile)
        guard !trainable || !settings.keepsTying else {
            throw AdapterError.cannotTrain(
                module: "lm_head", reason: "ftbench does not train weights that are kept tied (ensure_weight_tying)")
        }
        let file = try found.openWeights()
        var parts = LoRAParts(file: file, trainable: trainable)
        for entry in file.entries {
            guard let (module, part) = SavedKey.parse(entry.name) else {
                throw AdapterError.unexpectedTensor(file: file.path, key: entry.name)
            }
            try parts.add(module, part, entry)
        }
        return try parts.adapter(
            settings: settings, source: found.configuration, warnings: found.warnings + warnings)
    }
}

/// The tensors of a file by module, put together and checked.
private struct LoRAParts {
    let file: SafetensorsFile
    let trainable: Bool
    private var names: [String: [(part: SavedKey.Part, key: String)]] = [:]
    private var types: [String: ElementType] = [:]

    init(file: SafetensorsFile, trainable: Bool) {
        self.file = file
        self.trainable = trainable
    }

    mutating func add(_ module: String, _ part: SavedKey.Part, _ entry: SafetensorsEntry) throws {
        names[module, default: []].append((part, entry.name))
        types[entry.name] = entry.elementType
    }

    private func tensor(_ module: String, _ part: SavedKey.Part, dimensions: Int) throws -> Tensor? {
        guard let key = names[module]?.first(where: { $0.part == part })?.key else { return nil }
        let tensor = try file.tensor(key)
        guard tensor.shape.count == dimensions else {
            throw AdapterError.shapeMismatch(module: key, adapter: tensor.shape, model: [])
        }
        return tensor
    }

    private func variable(_ tensor: Tensor) -> Variable {
        Variable(tensor.asFloat32(), wantsGradient: trainable)
    }

    func adapter(settings: LoRASettings, source: JSONObject, warnings: [String]) throws -> LoRAAdapter {
        var modules: [LoRAAdapter.Module] = []
        var tables: [LoRAAdapter.Table] = []
        var tokens: [LoRAAdapter.Tokens] = []
        var wholes: [LoRAAdapter.Whole] = []
        var baseTables: [(String, Tensor)] = []
        // Numbers of layers in their order: shorter names go first.
        for module in names.keys.sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) {
            let parts = names[module, default: []]
            let has = { (part: SavedKey.Part) in parts.contains { $0.part == part } }
            let isAdapted = has(.a) || has(.b) || has(.tableA) || has(.tableB)
            if has(.a) || has(.b) {
                modules.append(try self.module(module, settings))
            } else if has(.tableA) || has(.tableB) {
                tables.append(try table(module, settings))
            }
            for (part, key) in parts {
                switch part {
                case .a, .b, .tableA, .tableB: break
                case .bias where has(.b): break
                case .magnitude where isAdapted && settings.usesDoRA: break
                case .tokens: tokens.append(try tokenRows(module, settings))
                case .base("weight") where isAdapted: baseTables.append((module + ".weight", try file.tensor(key)))
                case .base("bias") where isAdapted: wholes.append(try whole(module, "bias", key))
                case .whole(let name) where !isAdapted: wholes.append(try whole(module, name, key))
                default: throw AdapterError.unexpectedTensor(file: file.path, key: key)
                }
            }
        }
        guard !modules.isEmpty || !tables.isEmpty || !tokens.isEmpty || !wholes.isEmpty else {
            throw AdapterError.noTensors(file: file.path)
        }
        return LoRAAdapter(
            settings: settings, modules: modules, tables: tables, tokens: tokens, wholes: wholes,
            baseTables: baseTables, source: source, warnings: warnings, storedTypes: types,
            storesInputsFirst: source["fan_in_fan_out"]?.bool ?? false)
    }

    private func module(_ name: String, _ settings: LoRASettings) throws -> LoRAAdapter.Module {
        // Asking names the half that is missing.
        let a = try tensor(name, .a, dimensions: 2) ?? file.tensor(SavedKey.lora(name, "A.weight"))
        let b = try tensor(name, .b, dimensions: 2) ?? file.tensor(SavedKey.lora(name, "B.weight"))
        let rank = settings.rank(of: name)
        guard a.shape[0] == rank, b.shape[1] == rank else {
            throw AdapterError.rankMismatch(file: file.path, module: name, a: a.shape, b: b.shape, rank: rank)
        }
        let magnitude = try tensor(name, .magnitude, dimensions: 1)
        if settings.usesDoRA, magnitude == nil { _ = try file.tensor(SavedKey.magnitude(name)) }
        let bias = try tensor(name, .bias, dimensions: 1)
        if settings.hasBias, bias == nil { _ = try file.tensor(SavedKey.lora(name, "B.bias")) }
        return LoRAAdapter.Module(
            key: name, a: variable(a), b: variable(b), bias: bias.map(variable),
            magnitude: magnitude.map(variable), scale: settings.scale(of: name))
    }

    private func table(_ name: String, _ settings: LoRASettings) throws -> LoRAAdapter.Table {
        let a = try tensor(name, .tableA, dimensions: 2) ?? file.tensor(SavedKey.lora(name, "embedding_A"))
        let b = try tensor(name, .tableB, dimensions: 2) ?? file.tensor(SavedKey.lora(name, "embedding_B"))
        let rank = settings.rank(of: name)
        guard a.shape[0] == rank, b.shape[1] == rank else {
            throw AdapterError.rankMismatch(file: file.path, module: name, a: a.shape, b: b.shape, rank: rank)
        }
        let magnitude = try tensor(name, .magnitude, dimensions: 1)
        if settings.usesDoRA, magnitude == nil { _ = try file.tensor(SavedKey.magnitude(name)) }
        return LoRAAdapter.Table(
            key: name, a: variable(a), b: variable(b), magnitude: magnitude.map(variable),
            scale: settings.scale(of: name))
    }

    private func tokenRows(_ name: String, _ settings: LoRASettings) throws -> LoRAAdapter.Tokens {
        let ids = settings.trainedTokens.entries.first { entry in
            entry.pattern.isEmpty || name == entry.pattern || name.hasSuffix("." + entry.pattern)
        }
        let key = SavedKey.tokens(name)
        let rows = try file.tensor(key)
        guard let ids = ids?.value, rows.shape.count == 2, rows.shape[0] == ids.count else {
            throw AdapterError.badValue(
                file: file.path, key: key,
                problem: "has shape \(rows.shape), but trainable_token_indices names \(ids?.value.count ?? 0) tokens")
        }
        return LoRAAdapter.Tokens(key: name, indices: ids, rows: variable(rows))
    }

    private func whole(_ module: String, _ part: String, _ key: String) throws -> LoRAAdapter.Whole {
        let tensor = try file.tensor(key)
        // Vectors are added and multiplied element by element, in float32.
        let isVector = tensor.shape.count == 1
        return LoRAAdapter.Whole(
            key: module + "." + part,
            variable: Variable(trainable || isVector ? tensor.asFloat32() : tensor, wantsGradient: trainable),
            savedKey: key)
    }
}

extension LoRASettings {
    /// What the adapter in a folder is said to be, without its weights.
    ///
    /// - Throws: `AdapterError`.
    public static func read(folder: String) throws -> LoRASettings {
        let found = try AdapterFolder(folder)
        guard found.format == .peft else { return try LoRAAdapter.load(folder: folder).settings }
        return try LoRAConfiguration.read(found.configuration, file: found.configurationFile).0
    }

    /// The same from the bytes of an adapter_config.json of PEFT; `file` is what error messages call it.
    ///
    /// - Throws: `AdapterError`.
    public static func read(configuration bytes: [UInt8], file: String = "adapter_config.json") throws -> LoRASettings {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw AdapterError.noConfiguration(file: file, reason: "it is not valid JSON: \(error.description)")
        }
        guard let members = json.object else {
            throw AdapterError.noConfiguration(file: file, reason: "it holds \(json.kind), not an object")
        }
        return try LoRAConfiguration.read(members, file: file).0
    }
}

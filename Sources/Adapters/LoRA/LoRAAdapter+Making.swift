import Autograd
public import Models
import Tensors

extension LoRAAdapter {
    /// Fresh weights as PEFT makes them: A Kaiming-uniform with a = √5 (so uniform in ±1/√in), B zero; of a token
    /// table A zero and B normal; DoRA's magnitudes the lengths of the base; everything trained whole a copy.
    ///
    /// Each tensor is a function of (seed, key) and the base alone.
    ///
    /// - Throws: `AdapterError` when a target is missing, a pattern is none, or a rank is not positive.
    public convenience init(_ settings: LoRASettings, for model: Decoder, seed: UInt64) throws {
        try settings.checkPatterns(file: "LoRA settings")
        guard !settings.keepsTying else {
            throw AdapterError.cannotTrain(
                module: model.headModule,
                reason: "ftbench does not train weights that are kept tied (ensure_weight_tying)")
        }
        let stream = RandomStream(seed: seed)
        func key(_ name: String) -> UInt64 { stream.key(site: stableHash(of: name)) }
        let known = LoRAAdapter.moduleNames(of: model)
        let projections = model.projectionKeys.filter { settings.targets($0) }
        let adaptsHead = settings.targets(model.headModule, isHead: true)
        let adaptsTable = settings.targets(model.embeddingModule, isHead: true)
        let all =
            projections + (adaptsHead ? [model.headModule] : []) + (adaptsTable ? [model.embeddingModule] : [])
        if case .modules(let names) = settings.targets {
            // A name that only others exclude is there all the same.
            var plain = settings
            (plain.excluded, plain.layers, plain.modulesToSave) = (nil, nil, [])
            for name in names {
                plain.targets = .modules([name])
                guard
                    model.projectionKeys.contains(where: { plain.targets($0) })
                        || [model.headModule, model.embeddingModule].contains(where: { plain.targets($0) })
                else { throw AdapterError.noTarget(targets: [name], known: known) }
            }
        }
        guard !all.isEmpty else { throw AdapterError.noTarget(targets: settings.targetNames, known: known) }
        func rank(_ key: String) throws -> Int {
            let rank = settings.rank(of: key)
            guard rank > 0 else {
                throw AdapterError.badValue(file: "LoRA settings", key: "rank", problem: "is \(rank), not above 0")
            }
            return rank
        }
        var modules: [Module] = []
        for name in projections + (adaptsHead ? [model.headModule] : []) {
            let base = try model.adaptedWeight(name)
            let rank = try rank(name)
            let bound = 1 / Float(base.inputs).squareRoot()
            let a = Tensor.uniform([rank, base.inputs], seed: key(name + ".lora_A"), in: -bound..<bound)
            modules.append(
                Module(
                    key: name, a: Variable(a, wantsGradient: true),
                    b: Variable(.zeros([base.outputs, rank]), wantsGradient: true),
                    bias: settings.hasBias ? Variable(.zeros([base.outputs]), wantsGradient: true) : nil,
                    magnitude: settings.usesDoRA
                        ? Variable(WeightNorms.ofOutputs(base), wantsGradient: true) : nil,
                    scale: settings.scale(of: name)))
        }
        var tables: [Table] = []
        if adaptsTable {
            let name = model.embeddingModule
            let table = try model.baseTable(name)
            let rank = try rank(name)
            let b = Tensor.random([table.width, rank], seed: key(name + ".lora_embedding_B"))
            tables.append(
                Table(
                    key: name, a: Variable(.zeros([rank, table.rowCount]), wantsGradient: true),
                    b: Variable(b, wantsGradient: true),
                    magnitude: settings.usesDoRA
                        ? Variable(WeightNorms.ofColumns(table), wantsGradient: true) : nil,
                    scale: settings.scale(of: name)))
        }
        let baseTables =
            try (adaptsTable ? [model.embeddingModule] : [])
            .filter { LoRAAdapter.savesBase(of: $0) }.map { ($0 + ".weight", try model.baseTable($0)) }
            + (adaptsHead && LoRAAdapter.savesBase(of: model.headModule)
                ? [(model.headModule + ".weight", try model.baseTable(model.headModule))] : [])
        self.init(
            settings: settings, modules: modules, tables: tables,
            tokens: try LoRAAdapter.freshTokens(settings, model),
            wholes: try LoRAAdapter.freshWholes(settings, model, adapted: Set(all)), baseTables: baseTables,
            storesInputsFirst: try projections.contains { try model.linear($0).storesInputsFirst })
    }

    private static func freshTokens(_ settings: LoRASettings, _ model: Decoder) throws -> [Tokens] {
        try settings.trainedTokens.entries.map { name, ids in
            guard name.isEmpty || model.embeddingModule == name || model.embeddingModule.hasSuffix("." + name) else {
                throw AdapterError.noTarget(targets: [name], known: [model.embeddingModule])
            }
            let table = try model.baseTable(model.embeddingModule)
            guard Set(ids).count == ids.count, ids.allSatisfy({ $0 >= 0 && Int($0) < table.rowCount }) else {
                throw AdapterError.badValue(
                    file: "LoRA settings", key: "trainable_token_indices",
                    problem: "must hold different ids below \(table.rowCount)")
            }
            let rows = Tensor.uninitialized([ids.count, table.width])
            for (row, id) in ids.enumerated() {
                rows.rows(row..<row + 1).assign(table.rows(Int(id)..<Int(id) + 1))
            }
            return Tokens(
                key: model.embeddingModule, indices: ids, rows: Variable(rows, wantsGradient: true))
        }
    }

    /// Copies of what is trained whole: modules by name (or those within one), and biases.
    private static func freshWholes(
        _ settings: LoRASettings, _ model: Decoder, adapted: Set<String>
    ) throws -> [Whole] {
        var wholes: [Whole] = []
        var found: Set<String> = []
        let head = model.configuration.tiesEmbeddings ? [model.headModule + ".weight"] : []
        for key in model.parameters.map(\.key) + head {
            let (module, part) = split(key)
            let names = settings.modulesToSave.filter { name in ancestors(of: module).contains { $0.hasSuffix(name) } }
            found.formUnion(names)
            let isBias = part == "bias" && settings.trainedBiases != .none
            guard !names.isEmpty || (isBias && (settings.trainedBiases == .all || adapted.contains(module))) else {
                continue
            }
            guard let base = model.baseVariable(key) else { continue }
            wholes.append(
                Whole(
                    key: key, variable: Variable(base.value.copy(), wantsGradient: true),
                    savedKey: adapted.contains(module) ? SavedKey.base(module, part) : SavedKey.whole(key)))
        }
        for name in settings.modulesToSave where !found.contains(name) {
            throw AdapterError.noTarget(targets: [name], known: moduleNames(of: model))
        }
        return wholes
    }

    /// `model.norm.weight` → (`model.norm`, `weight`)
    static func split(_ key: String) -> (module: String, part: String) {
        guard let dot = key.lastIndex(of: ".") else { return (key, "") }
        return (String(key[..<dot]), String(key[key.index(after: dot)...]))
    }

    /// `a.b.c` → `a`, `a.b`, `a.b.c`
    private static func ancestors(of module: String) -> [String] {
        let parts = module.split(separator: ".")
        return parts.indices.map { parts[...$0].joined(separator: ".") }
    }

    /// PEFT saves the base of these modules along when they are adapted (`EMBEDDING_LAYER_NAMES`).
    static func savesBase(of module: String) -> Bool {
        ["embed_tokens", "lm_head"].contains(split(module).part.isEmpty ? module : split(module).part)
    }

    /// Names to choose from.
    static func moduleNames(of model: Decoder) -> [String] {
        model.projectionNames + [split(model.embeddingModule).part, model.headModule]
    }
}

extension LoRASettings {
    var targetNames: [String] {
        switch targets {
        case .allLinear: ["all-linear"]
        case .modules(let names): names
        case .pattern(let text): [text]
        }
    }
}

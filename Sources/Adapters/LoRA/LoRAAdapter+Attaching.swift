import Autograd
public import Models
import Tensors

extension LoRAAdapter {
    // MARK: The verbs

    /// - Throws: `AdapterError` when a module is missing, does not fit or already has an adapter; the model is then
    ///   unchanged.
    public func attach(to model: Decoder) throws {
        try check(on: model)
        let projections = Set(model.projectionKeys)
        for module in modules where projections.contains(module.key) {
            guard try model.projection(module.key) is Linear else {
                throw AdapterError.alreadyAdapted(module: module.key)
            }
        }
        if model.embeddingOverlay != nil, !tables.isEmpty || !tokens.isEmpty {
            throw AdapterError.alreadyAdapted(module: model.embeddingModule)
        }
        if model.headOverlay != nil, modules.contains(where: { $0.key == model.headModule }) {
            throw AdapterError.alreadyAdapted(module: model.headModule)
        }
        try model.substitute(substitutes(for: model))
        for (key, linear) in try linears(on: model) { try model.replaceProjection(key, with: linear) }
        for module in modules { try attach(module, to: model) }
        if let table = tables.first { model.embeddingOverlay = LoRATable(table, base: model.embedding) }
        if let entry = tokens.first {
            let rows = TokenRowsTable(entry, base: model.embedding)
            model.embeddingOverlay = rows
            if model.configuration.tiesEmbeddings { model.headOverlay = rows }
        }
    }

    private func attach(_ module: Module, to model: Decoder) throws {
        if module.key == model.headModule {
            model.headOverlay = LoRAHead(module, base: model.head)
            return
        }
        guard let base = try model.projection(module.key) as? Linear else {
            throw AdapterError.alreadyAdapted(module: module.key)
        }
        let (dropout, site) = (Float(settings.dropout), stableHash(of: module.key))
        let adapted: any Projection =
            if let magnitude = module.magnitude {
                DoRALinear(
                    base: base, a: module.a, b: module.b, magnitude: magnitude, scale: module.scale,
                    dropout: dropout, site: site)
            } else {
                LoRALinear(
                    base: base, a: module.a, b: module.b, bias: module.bias, scale: module.scale, dropout: dropout,
                    site: site)
            }
        try model.replaceProjection(module.key, with: adapted)
    }

    public func detach(from model: Decoder) {
        for module in modules {
            if let head = model.headOverlay as? LoRAHead, head.adapter.a === module.a { model.headOverlay = nil }
            guard let adapted = try? model.projection(module.key) as? any AdaptedProjection, adapted.a === module.a,
                let base = try? model.linear(module.key)
            else { continue }
            try? model.replaceProjection(module.key, with: base)
        }
        for whole in wholes {
            let (module, part) = LoRAAdapter.split(whole.key)
            guard let linear = try? model.projection(module) as? Linear, let base = try? model.linear(module),
                (part == "bias" ? linear.bias : linear.weight) === whole.variable
            else { continue }
            try? model.replaceProjection(module, with: base)
        }
        if let table = model.embeddingOverlay as? LoRATable, table.adapter.a === tables.first?.a {
            model.embeddingOverlay = nil
        }
        if let rows = model.embeddingOverlay as? TokenRowsTable, rows.adapter.rows === tokens.first?.rows {
            if model.headOverlay === rows { model.headOverlay = nil }
            model.embeddingOverlay = nil
        }
        model.restore(wholes.map(\.key) + baseTables.map(\.key) + [model.headModule + ".weight"])
    }

    // MARK: What takes the place of base weights

    /// Tables and norms, by checkpoint key.
    func substitutes(for model: Decoder) -> [String: Variable] {
        let plain = Set(model.plainKeys)
        var result: [String: Variable] = [:]
        let (table, head) = (model.embeddingModule + ".weight", model.headModule + ".weight")
        for (key, tensor) in baseTables where plain.contains(key) {
            // What was saved beside the adapter goes before the model's own table, as PEFT loads it.
            guard let base = model.baseVariable(key), !equal(base.value, tensor) else { continue }
            result[key] = Variable(tensor)
            if model.configuration.tiesEmbeddings {
                result[table] = result[key]
                result[head] = result[key]
            }
        }
        for whole in wholes where plain.contains(whole.key) { result[whole.key] = whole.variable }
        if model.configuration.tiesEmbeddings, settings.keepsTying {
            if let trained = result[table] { result[head] = trained }
        }
        return result
    }

    private func equal(_ a: Tensor, _ b: Tensor) -> Bool {
        guard a !== b else { return true }
        return a.withBytes { first in
            a.elementType == b.elementType && b.withBytes { first.elementsEqual($0) }
        } || a.toArray() == b.toArray()
    }

    /// Projections with a weight or bias of their own in the place of the base's.
    func linears(on model: Decoder) throws -> [(key: String, linear: Linear)] {
        let projections = Set(model.projectionKeys)
        var parts: [String: (weight: Variable?, bias: Variable?)] = [:]
        for whole in wholes {
            let (module, part) = LoRAAdapter.split(whole.key)
            guard projections.contains(module) else { continue }
            if part == "bias" {
                parts[module, default: (nil, nil)].bias = whole.variable
            } else {
                parts[module, default: (nil, nil)].weight = whole.variable
            }
        }
        return try parts.sorted { $0.key < $1.key }.map { key, part in
            let base = try model.linear(key)
            return (key, base.replacing(weight: part.weight ?? base.weight, bias: part.bias ?? base.bias))
        }
    }

    // MARK: Checks

    /// - Throws: `AdapterError` for what this model does not have or cannot take.
    func check(on model: Decoder) throws {
        let known = LoRAAdapter.moduleNames(of: model)
        let projections = Set(model.projectionKeys)
        func fits(_ module: String, _ adapter: [Int], _ found: [Int]?) throws {
            guard let found else { throw AdapterError.noSuchModule(module: module, known: known) }
            guard adapter == found else {
                throw AdapterError.shapeMismatch(module: module, adapter: adapter, model: found)
            }
        }
        for module in modules {
            guard projections.contains(module.key) || module.key == model.headModule else {
                throw AdapterError.noSuchModule(module: module.key, known: known)
            }
            let weight = try model.adaptedWeight(module.key)
            try fits(module.key, [module.b.shape[0], module.a.shape[1]], [weight.outputs, weight.inputs])
            for vector in [module.bias, module.magnitude].compactMap({ $0 }) {
                try fits(module.key, vector.shape, [weight.outputs])
            }
            guard module.key == model.headModule, module.a.wantsGradient || module.bias != nil else { continue }
            if settings.dropout > 0 || module.bias != nil {
                throw AdapterError.cannotTrain(
                    module: module.key,
                    reason: "the head takes an adapter without dropout and without a bias of its own")
            }
        }
        let table = model.baseVariable(model.embeddingModule + ".weight")?.shape ?? []
        for entry in tables {
            guard entry.key == model.embeddingModule, table.count == 2 else {
                throw AdapterError.noSuchModule(module: entry.key, known: known)
            }
            try fits(entry.key, [entry.a.shape[1], entry.b.shape[0]], table)
            if let magnitude = entry.magnitude { try fits(entry.key, magnitude.shape, [table[1]]) }
        }
        for entry in tokens {
            guard entry.key == model.embeddingModule, table.count == 2 else {
                throw AdapterError.noSuchModule(module: entry.key, known: known)
            }
            try fits(entry.key, entry.rows.shape, [entry.indices.count, table[1]])
            guard entry.indices.allSatisfy({ Int($0) < table[0] }) else {
                throw AdapterError.shapeMismatch(
                    module: entry.key, adapter: [Int(entry.indices.max() ?? 0) + 1, table[1]], model: table)
            }
        }
        try checkWholes(on: model, projections: projections, fits)
        guard tables.count <= 1, tokens.count <= 1, tables.isEmpty || tokens.isEmpty else {
            throw AdapterError.alreadyAdapted(module: model.embeddingModule)
        }
    }

    private func checkWholes(
        on model: Decoder, projections: Set<String>, _ fits: (String, [Int], [Int]?) throws -> Void
    ) throws {
        let plain = Set(model.plainKeys)
        for whole in wholes {
            let (module, part) = LoRAAdapter.split(whole.key)
            if projections.contains(module) {
                let linear = try model.linear(module)
                try fits(whole.key, whole.variable.shape, part == "bias" ? linear.bias?.shape : linear.weight.shape)
            } else {
                try fits(
                    whole.key, whole.variable.shape,
                    plain.contains(whole.key) ? model.baseVariable(whole.key)?.shape : nil)
            }
        }
        for (key, tensor) in baseTables {
            try fits(key, tensor.shape, plain.contains(key) ? model.baseVariable(key)?.shape : nil)
        }
        if settings.keepsTying, model.configuration.tiesEmbeddings, !tables.isEmpty,
            !modules.contains(where: { $0.key == model.headModule })
        {
            throw AdapterError.unsupported(
                file: "The adapter", feature: "an adapted token table that the tied head must follow",
                remedy: "Merge it with the tool that made it, and load the resulting model.")
        }
    }
}

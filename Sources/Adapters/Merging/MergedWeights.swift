import Autograd
public import Models
public import OrderedJSON
public import Tensors

/// The weights of a base model with an adapter in them, by checkpoint key, made one at a time when they are asked for.
///
/// Everything is computed in float32: W + scale · B·A for LoRA; for DoRA the same with every output set to its learned
/// length; whole modules, biases and rows of the token table in the place of the base's. Nothing of the base is
/// changed, so whoever writes a merged model holds one tensor beyond the mapped base.
public struct MergedWeights {
    /// What is merged into; the adapter may or may not be attached to it.
    public let base: Decoder
    public let adapter: LoRAAdapter?
    /// Every checkpoint key in the order of the data flow, with the head where merging takes it from the table.
    public let keys: [String]
    /// Whether the model shares one table between embedding and head, and after merging no longer does: config.json
    /// must say so.
    public let unties: Bool

    private let replaced: [String: Tensor]
    private let modules: [String: LoRAAdapter.Module]
    private let baseKeys: [String: Tensor]

    /// - Throws: `AdapterError` when the adapter does not fit the model, or cannot be part of its weights.
    public init(base: Decoder, adapter: LoRAAdapter?) throws {
        let plain = base.sharingWeights()
        self.base = base
        self.adapter = adapter
        let parameters = plain.parameters.map { (key: $0.key, tensor: $0.variable.value) }
        let head = plain.headModule + ".weight"
        let tied = plain.configuration.tiesEmbeddings
        var substitutes: [String: Tensor] = [:]
        if let adapter {
            try adapter.check(on: plain)
            for (key, variable) in adapter.substitutes(for: plain) { substitutes[key] = variable.value }
            let table = plain.embeddingModule + ".weight"
            let headDiffers = substitutes[head] !== substitutes[table]
            let adaptsHead = adapter.modules.contains { $0.key + ".weight" == head }
            unties = tied && (headDiffers || !adapter.tables.isEmpty || adaptsHead)
            for (key, linear) in try adapter.linears(on: plain) {
                substitutes[key + ".weight"] = linear.weight.value
                if let bias = linear.bias { substitutes[key + ".bias"] = bias.value }
            }
        } else {
            unties = false
        }
        var baseKeys = Dictionary(parameters.map { ($0.key, $0.tensor) }, uniquingKeysWith: { first, _ in first })
        if unties { baseKeys[head] = plain.head.value }
        keys = parameters.map(\.key) + (unties ? [head] : [])
        replaced = substitutes.filter { baseKeys[$0.key] != nil && baseKeys[$0.key] !== $0.value }
        modules = Dictionary(
            (adapter?.modules ?? []).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        self.baseKeys = baseKeys
        for module in modules.values where module.bias != nil && baseKeys[module.key + ".bias"] == nil {
            throw AdapterError.cannotMerge(
                module: module.key, reason: "the adapter adds a bias (lora_bias) where the model has none")
        }
    }

    /// Whether merging changes the weight at `key`.
    public func isChanged(_ key: String) -> Bool {
        if replaced[key] != nil { return true }
        guard let adapter else { return false }
        let (module, part) = LoRAAdapter.split(key)
        if let lora = modules[module] { return part == "weight" || lora.bias != nil }
        guard part == "weight" else { return false }
        return adapter.tables.contains { $0.key == module } || adapter.tokens.contains { $0.key == module }
    }

    /// Nil for a key that is not among `keys`.
    public func shape(of key: String) -> [Int]? { baseKeys[key]?.shape }

    /// The weight at `key`: float32 when merging changes it, else the base's own tensor, mapped and in its own type.
    ///
    /// - Throws: `AdapterError.noSuchModule` for a key that is not among `keys`.
    public func tensor(_ key: String) throws -> Tensor {
        guard let stored = baseKeys[key] else {
            throw AdapterError.noSuchModule(module: key, known: LoRAAdapter.moduleNames(of: base))
        }
        let start = replaced[key] ?? stored
        guard let adapter, isChanged(key) else { return start }
        let (module, part) = LoRAAdapter.split(key)
        if let lora = modules[module] {
            if part == "weight" { return try merged(start, lora) }
            let bias = start.copy()
            if let added = lora.bias { bias.add(added.value, scaledBy: lora.scale) }
            return bias
        }
        if let table = adapter.tables.first(where: { $0.key == module }) { return merged(start, table) }
        if let tokens = adapter.tokens.first(where: { $0.key == module }) {
            let result = start.copy()
            for (row, id) in tokens.indices.enumerated() {
                result.rows(Int(id)..<Int(id) + 1).assign(tokens.rows.value.rows(row..<row + 1))
            }
            return result
        }
        return start.asFloat32()
    }

    /// config.json of the merged model.
    public var configuration: JSONObject {
        var json = base.configuration.source
        if unties { json["tie_word_embeddings"] = false }
        return json
    }

    private func merged(_ weight: Tensor, _ lora: LoRAAdapter.Module) throws -> Tensor {
        let isHead = lora.key == base.headModule
        let inputsFirst = try !isHead && base.linear(lora.key).storesInputsFirst
        let sum = AdaptedWeight(tensor: weight, storesInputsFirst: inputsFirst).copied()
        sum.assign(lora.b.value, times: lora.a.value, alpha: lora.scale, accumulate: true)
        if let magnitude = lora.magnitude {
            for (row, length) in magnitude.value.toArray().enumerated() {
                let weights = sum.rows(row..<row + 1)
                weights.scale(by: length / Float(weights.sumOfSquares().squareRoot()))
            }
        }
        return inputsFirst ? transposed(sum) : sum
    }

    private func merged(_ weight: Tensor, _ table: LoRAAdapter.Table) -> Tensor {
        let sum = weight.copy()
        let delta = Tensor.uninitialized(sum.shape)
        delta.assign(transposed(table.a.value), timesTransposed: table.b.value)
        sum.add(delta, scaledBy: table.scale)
        guard let magnitude = table.magnitude else { return sum }
        let factors = zip(magnitude.value.toArray(), WeightNorms.ofColumns(sum).toArray()).map { $0 / $1 }
        return scaleColumns(Variable(sum), by: Variable(Tensor(factors)), in: .inference).value
    }
}

extension MergedWeights {
    /// A decoder of its own on the merged weights. What merging does not change is shared with the base as long as
    /// it is held in the same type.
    ///
    /// `elementType` is what every matrix is rounded to; nil keeps each in the type the base holds it in.
    public func decoder(as elementType: ElementType? = nil) throws -> Decoder {
        try base.rebuilt(untied: unties) { key, isVector in
            let tensor = try tensor(key)
            if isVector { return tensor.asFloat32() }
            let type = elementType ?? baseKeys[key]?.elementType ?? .float32
            return tensor.elementType == type ? tensor : tensor.converted(to: type)
        }
    }
}

extension LoRAAdapter {
    public func merged(into model: Decoder, as elementType: ElementType? = nil) throws -> Decoder {
        try MergedWeights(base: model, adapter: self).decoder(as: elementType)
    }
}

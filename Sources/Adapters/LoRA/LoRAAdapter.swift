public import Autograd
public import Models
public import OrderedJSON
import Tensors

/// LoRA weights for some projections of a model, apart from the model: they attach, detach, merge and are saved.
public final class LoRAAdapter: MergeableAdapter {
    /// A (R, in) and B (out, R) of one projection.
    public struct Module {
        /// `model.layers.0.self_attn.q_proj`
        public let key: String
        public let a, b: Variable
        public let scale: Float
    }

    public let settings: LoRASettings
    /// In the order of the model's layers.
    public let modules: [Module]
    /// The adapter_config.json it came from; keys the engine does not read are kept when it is saved again.
    public let source: JSONObject
    /// What the configuration says that has no effect here, for the person to know.
    public let warnings: [String]

    init(settings: LoRASettings, modules: [Module], source: JSONObject = [:], warnings: [String] = []) {
        self.settings = settings
        self.modules = modules
        self.source = source
        self.warnings = warnings
    }

    /// Fresh weights as PEFT makes them: A Kaiming-uniform with a = √5 (so uniform in ±1/√in), B zero.
    ///
    /// Each tensor is a function of (seed, key) alone.
    ///
    /// - Throws: `AdapterError` when no projection is a target or a rank is not positive.
    public convenience init(_ settings: LoRASettings, for model: Decoder, seed: UInt64) throws {
        let stream = RandomStream(seed: seed)
        let keys = model.projectionKeys.filter { settings.targets($0) }
        if case .modules(let names) = settings.targets {
            for name in names where !keys.contains(where: { $0 == name || $0.hasSuffix("." + name) }) {
                throw AdapterError.noTarget(targets: [name], known: model.projectionNames)
            }
        }
        guard !keys.isEmpty else {
            throw AdapterError.noTarget(targets: [], known: model.projectionNames)
        }
        let modules = try keys.map { key in
            let linear = try model.linear(key)
            let rank = settings.rank(of: key)
            guard rank > 0 else {
                throw AdapterError.badValue(file: "LoRA settings", key: "rank", problem: "is \(rank), not above 0")
            }
            let bound = 1 / Float(linear.inputs).squareRoot()
            let a = Tensor.uniform(
                [rank, linear.inputs], seed: stream.key(site: stableHash(of: key + ".lora_A")), in: -bound..<bound)
            return Module(
                key: key, a: Variable(a, wantsGradient: true),
                b: Variable(.zeros([linear.outputs, rank]), wantsGradient: true), scale: settings.scale(of: key))
        }
        self.init(settings: settings, modules: modules)
    }

    public var parameters: [(key: String, variable: Variable)] {
        modules.flatMap { module in
            [
                (LoRAAdapter.key(of: module.key, "A"), module.a),
                (LoRAAdapter.key(of: module.key, "B"), module.b),
            ]
        }
    }

    public var parameterCount: Int { modules.reduce(0) { $0 + $1.a.value.count + $1.b.value.count } }

    /// The key in adapter_model.safetensors.
    static func key(of module: String, _ part: String) -> String { "base_model.model.\(module).lora_\(part).weight" }

    // MARK: The verbs

    /// - Throws: `AdapterError` when a module is missing, does not fit or already has an adapter; the model is then
    ///   unchanged.
    public func attach(to model: Decoder) throws {
        let places = model.projectionKeys
        for module in modules {
            try check(module, on: model, places: places)
            if try model.projection(module.key) is LoRALinear { throw AdapterError.alreadyAdapted(module: module.key) }
        }
        for module in modules {
            let adapted = LoRALinear(
                base: try model.projection(module.key), a: module.a, b: module.b, scale: module.scale,
                dropout: Float(settings.dropout), site: stableHash(of: module.key))
            try model.replaceProjection(module.key, with: adapted)
        }
    }

    public func detach(from model: Decoder) {
        for module in modules {
            guard let adapted = try? model.projection(module.key) as? LoRALinear, adapted.a === module.a else {
                continue
            }
            try? model.replaceProjection(module.key, with: adapted.base)
        }
    }

    /// W + scale · B·A for each module.
    public func merge(into model: Decoder) throws {
        let places = model.projectionKeys
        for module in modules { try check(module, on: model, places: places) }
        for module in modules {
            let merged = try model.linear(module.key).weight.value.copy()
            merged.assign(module.b.value, times: module.a.value, alpha: module.scale, accumulate: true)
            try model.replaceWeight(module.key, with: merged)
        }
    }

    private func check(_ module: Module, on model: Decoder, places: [String]) throws {
        guard places.contains(module.key) else {
            throw AdapterError.noSuchModule(module: module.key, known: model.projectionNames)
        }
        let shape = try model.linear(module.key).weight.shape
        let fits = [module.b.shape[0], module.a.shape[1]]
        guard shape == fits else {
            throw AdapterError.shapeMismatch(module: module.key, adapter: fits, model: shape)
        }
    }
}

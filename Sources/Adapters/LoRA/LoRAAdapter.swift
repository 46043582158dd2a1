public import Autograd
public import OrderedJSON
public import Tensors

/// LoRA weights for some modules of a model, apart from the model: they attach, detach, merge and are saved. With them
/// may go weights that are trained as they are: whole modules, biases, rows of the token tables.
public final class LoRAAdapter: MergeableAdapter {
    /// A (R, in) and B (out, R) of one projection, or of the head.
    public struct Module {
        /// `model.layers.0.self_attn.q_proj`
        public let key: String
        public let a, b: Variable
        /// Of B, (out).
        public let bias: Variable?
        /// DoRA's length of each output's weights, (out).
        public let magnitude: Variable?
        public let scale: Float
    }

    /// A (R, V) and B (C, R) of a token table.
    public struct Table {
        /// `model.embed_tokens`
        public let key: String
        public let a, b: Variable
        /// DoRA's length of each column, (C).
        public let magnitude: Variable?
        public let scale: Float
    }

    /// Rows (M, C) in the place of those of a token table.
    public struct Tokens {
        public let key: String
        public let indices: [Int32]
        public let rows: Variable
    }

    /// A weight of the base that is replaced as a whole.
    public struct Whole {
        /// The checkpoint key: `model.norm.weight`.
        public let key: String
        public let variable: Variable
        /// The key it is saved under.
        public let savedKey: String
    }

    public let settings: LoRASettings
    /// In the order of the model's layers.
    public let modules: [Module]
    public let tables: [Table]
    public let tokens: [Tokens]
    public let wholes: [Whole]
    /// Tables of the base that PEFT saves beside an adapter of theirs, by checkpoint key. They are not trained.
    public let baseTables: [(key: String, tensor: Tensor)]
    /// The adapter_config.json it came from; keys the engine does not read are kept when it is saved again.
    public let source: JSONObject
    /// What the configuration says that has no effect here, for the person to know.
    public let warnings: [String]
    /// The type each weight was read in, by saved key.
    let storedTypes: [String: ElementType]
    /// The configuration of an MLX adapter it came from.
    let mlxSource: JSONObject
    /// Whether the adapted projections store their weight as (in, out); PEFT calls it fan_in_fan_out.
    let storesInputsFirst: Bool

    init(
        settings: LoRASettings, modules: [Module], tables: [Table] = [], tokens: [Tokens] = [], wholes: [Whole] = [],
        baseTables: [(key: String, tensor: Tensor)] = [], source: JSONObject = [:], warnings: [String] = [],
        storedTypes: [String: ElementType] = [:], mlxSource: JSONObject = [:], storesInputsFirst: Bool = false
    ) {
        self.settings = settings
        self.modules = modules
        self.tables = tables
        self.tokens = tokens
        self.wholes = wholes
        self.baseTables = baseTables
        self.source = source
        self.warnings = warnings
        self.storedTypes = storedTypes
        self.mlxSource = mlxSource
        self.storesInputsFirst = storesInputsFirst
    }

    public var parameters: [(key: String, variable: Variable)] {
        var result: [(key: String, variable: Variable)] = []
        for module in modules {
            result.append((SavedKey.lora(module.key, "A.weight"), module.a))
            result.append((SavedKey.lora(module.key, "B.weight"), module.b))
            if let bias = module.bias { result.append((SavedKey.lora(module.key, "B.bias"), bias)) }
            if let magnitude = module.magnitude { result.append((SavedKey.magnitude(module.key), magnitude)) }
        }
        for table in tables {
            result.append((SavedKey.lora(table.key, "embedding_A"), table.a))
            result.append((SavedKey.lora(table.key, "embedding_B"), table.b))
            if let magnitude = table.magnitude { result.append((SavedKey.magnitude(table.key), magnitude)) }
        }
        for entry in tokens { result.append((SavedKey.tokens(entry.key), entry.rows)) }
        for whole in wholes { result.append((whole.savedKey, whole.variable)) }
        return result
    }

    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.variable.shape.reduce(1, *) } }
}

/// Names of an adapter's tensors in adapter_model.safetensors.
enum SavedKey {
    static let prefix = "base_model.model."

    static func lora(_ module: String, _ part: String) -> String { "\(prefix)\(module).lora_\(part)" }
    static func magnitude(_ module: String) -> String { "\(prefix)\(module).lora_magnitude_vector" }
    static func tokens(_ module: String) -> String { "\(prefix)\(module).token_adapter.trainable_tokens_delta" }
    static func whole(_ key: String) -> String { prefix + key }
    /// Of a weight whose module is wrapped by an adapter.
    static func base(_ module: String, _ part: String) -> String { "\(prefix)\(module).base_layer.\(part)" }

    enum Part: Equatable {
        case a, b, bias, magnitude, tableA, tableB, tokens
        /// `weight` or `bias` of the module below the adapter, or of a module without one.
        case base(String), whole(String)
    }

    private static let suffixes: [(suffix: String, part: Part)] = [
        (".lora_A.weight", .a), (".lora_B.weight", .b), (".lora_B.bias", .bias),
        (".lora_magnitude_vector", .magnitude), (".lora_magnitude_vector.weight", .magnitude),
        (".lora_embedding_A", .tableA), (".lora_embedding_B", .tableB),
        (".token_adapter.trainable_tokens_delta", .tokens), (".base_layer.weight", .base("weight")),
        (".base_layer.bias", .base("bias")), (".weight", .whole("weight")), (".bias", .whole("bias")),
    ]

    /// `base_model.model.<module>.lora_A.weight` → (module, .a); nil for a name that LoRA does not write.
    static func parse(_ key: String) -> (module: String, part: Part)? {
        guard key.hasPrefix(prefix) else { return nil }
        for (suffix, part) in suffixes where key.hasSuffix(suffix) {
            let module = key.dropFirst(prefix.count).dropLast(suffix.count)
            guard key.utf8.count > prefix.utf8.count + suffix.utf8.count else { return nil }
            if case .whole = part, module.contains(".lora_") || module.contains(".token_adapter") { return nil }
            return (String(module), part)
        }
        return nil
    }
}

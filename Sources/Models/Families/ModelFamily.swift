import OrderedJSON

/// The kinds of model the engine runs; raw values are `model_type` of config.json.
public enum ModelFamily: String, Sendable, CaseIterable {
    case llama
    case mistral
    case qwen2

    var traits: FamilyTraits {
        switch self {
        case .llama: .llama
        case .mistral: .mistral
        case .qwen2: .qwen2
        }
    }

    /// The class name that `architectures` of config.json holds.
    public var architecture: String { traits.architecture }
}

/// What sets one family apart from the shared layers. Everything else is the same block.
struct FamilyTraits: Sendable {
    /// The class name in `architectures`.
    let architecture: String
    /// Of a config.json that does not say; nil means as many as query heads.
    let defaultKeyValueHeads: Int?
    let queryKeyValueBias: @Sendable (_ json: JSONObject) -> Bool
    let outputBias: @Sendable (_ json: JSONObject) -> Bool
    let feedForwardBias: @Sendable (_ json: JSONObject) -> Bool
    /// Whether `layer` sees only `sliding_window` tokens, when no `layer_types` says so.
    let slides: @Sendable (_ layer: Int, _ json: JSONObject) -> Bool
}

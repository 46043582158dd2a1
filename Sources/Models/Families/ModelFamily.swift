/// The kinds of model the engine runs; raw values are `model_type` of config.json.
public enum ModelFamily: String, Sendable, CaseIterable {
    case llama
    case mistral
    case qwen2
    case qwen3
    case gemma2
    case gemma3 = "gemma3_text"
    case phi3
    case gpt2
    case gptNeoX = "gpt_neox"
    case olmo2
    case granite
    case starcoder2

    var traits: FamilyTraits {
        switch self {
        case .llama: .llama
        case .mistral: .mistral
        case .qwen2: .qwen2
        case .qwen3: .qwen3
        case .gemma2: .gemma2
        case .gemma3: .gemma3
        case .phi3: .phi3
        case .gpt2: .gpt2
        case .gptNeoX: .gptNeoX
        case .olmo2: .olmo2
        case .granite: .granite
        case .starcoder2: .starcoder2
        }
    }

    /// The last parts of projections' names in any family, each once, Llama's first.
    public static var projectionNames: [String] {
        var seen: Set<String> = []
        return allCases.flatMap(\.traits.names.projections)
            .map { String($0.split(separator: ".").last ?? "") }.filter { seen.insert($0).inserted }
    }

    /// The class name that `architectures` of config.json holds.
    public var architecture: String { traits.architecture }
}

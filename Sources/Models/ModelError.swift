/// What is wrong with a model's configuration, or with how it is asked to run.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    case noConfiguration(file: String, reason: String)
    case unknownArchitecture(file: String, found: String?, known: [String])
    case missingKeys(file: String, keys: [String])
    case badValue(file: String, key: String, problem: String)
    case unsupported(file: String, key: String, value: String, supported: String)
    case unusedTensor(folder: String, key: String, family: String)
    case tokenOutOfRange(id: Int32, vocabulary: Int)
    case noTokens
    case tooLong(tokens: Int, context: Int)
    case noSuchProjection(key: String, known: [String])

    public var description: String {
        switch self {
        case .noConfiguration(let file, let reason):
            "Cannot use \(file): \(reason). A model folder holds config.json and model.safetensors."
        case .unknownArchitecture(let file, let found, let known):
            "\(file) describes " + (found.map { "the architecture '\($0)'" } ?? "no architecture (no model_type)")
                + ", which ftbench does not run. It runs \(known.joined(separator: ", "))."
        case .missingKeys(let file, let keys):
            "\(file) lacks \(keys.joined(separator: ", ")). Use the config.json that was published with the weights."
        case .badValue(let file, let key, let problem):
            "\(file): \(key) \(problem). Use the config.json that was published with the weights."
        case .unsupported(let file, let key, let value, let supported):
            "\(file): \(key) is \(value), which ftbench does not run; it runs \(supported). Choose another model."
        case .unusedTensor(let folder, let key, let family):
            "The weights in \(folder) hold '\(key)', which a \(family) model as its config.json describes has no place "
                + "for: it would compute something else. Check that config.json and weights belong together."
        case .tokenOutOfRange(let id, let vocabulary):
            "Token id \(id) is outside the model's vocabulary of \(vocabulary). "
                + "Check that the tokenizer belongs to this model."
        case .noTokens:
            "There is no token to start from. Give at least one token, for example the beginning-of-sequence token."
        case .tooLong(let tokens, let context):
            "\(tokens) tokens are more than the \(context) positions that the model has learned. Shorten the text."
        case .noSuchProjection(let key, let known):
            "The model has no projection '\(key)'. Its layers have \(known.joined(separator: ", "))."
        }
    }
}

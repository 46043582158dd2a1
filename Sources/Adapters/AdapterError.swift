/// What is wrong with an adapter, or with putting it on a model.
public enum AdapterError: Error, Equatable, CustomStringConvertible {
    case noConfiguration(file: String, reason: String)
    case badValue(file: String, key: String, problem: String)
    case unsupported(file: String, feature: String, remedy: String)
    case unexpectedTensor(file: String, key: String)
    case noTensors(file: String)
    case shapeMismatch(module: String, adapter: [Int], model: [Int])
    case rankMismatch(file: String, module: String, a: [Int], b: [Int], rank: Int)
    case noSuchModule(module: String, known: [String])
    case noTarget(targets: [String], known: [String])
    case alreadyAdapted(module: String)

    public var description: String {
        switch self {
        case .noConfiguration(let file, let reason):
            "Cannot use \(file): \(reason). An adapter folder holds adapter_config.json and adapter_model.safetensors."
        case .badValue(let file, let key, let problem):
            "\(file): \(key) \(problem). Use the adapter_config.json that was saved with the adapter."
        case .unsupported(let file, let feature, let remedy):
            "\(file) uses \(feature), which ftbench does not run. \(remedy)"
        case .unexpectedTensor(let file, let key):
            "\(file) holds '\(key)', which is no LoRA weight of a projection. "
                + "Leaving it out would change the adapter: merge it with the tool that made it, and load the result."
        case .noTensors(let file):
            "\(file) holds no LoRA weights. Check that the adapter was saved after training."
        case .shapeMismatch(let module, let adapter, let model):
            "The adapter's '\(module)' fits a weight of shape \(adapter), the model's is \(model). "
                + "The adapter was made for another base model: choose that one."
        case .rankMismatch(let file, let module, let a, let b, let rank):
            "\(file): '\(module)' has A of shape \(a) and B of shape \(b), but its configuration gives rank \(rank). "
                + "Use the adapter_config.json that was saved with these weights."
        case .noSuchModule(let module, let known):
            "The adapter changes '\(module)', which this model does not have, or which ftbench does not adapt. "
                + "Modules that can be adapted: \(known.joined(separator: ", "))."
        case .noTarget(let targets, let known):
            "No projection of the model is called \(targets.joined(separator: ", ")). "
                + "Choose among \(known.joined(separator: ", ")), or all-linear."
        case .alreadyAdapted(let module):
            "'\(module)' already carries an adapter. Detach that one first."
        }
    }
}

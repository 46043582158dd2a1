/// What is wrong with an adapter, or with putting it on a model.
public enum AdapterError: Error, Equatable, CustomStringConvertible {
    case noConfiguration(file: String, reason: String)
    case pickledWeights(file: String)
    case severalAdapters(folder: String, names: [String])
    case badValue(file: String, key: String, problem: String)
    case unsupported(file: String, feature: String, remedy: String)
    case unexpectedTensor(file: String, key: String)
    case noTensors(file: String)
    case shapeMismatch(module: String, adapter: [Int], model: [Int])
    case rankMismatch(file: String, module: String, a: [Int], b: [Int], rank: Int)
    case noSuchModule(module: String, known: [String])
    case noTarget(targets: [String], known: [String])
    case alreadyAdapted(module: String)
    case cannotTrain(module: String, reason: String)
    case cannotMerge(module: String, reason: String)
    case mergeDiffers(difference: Float, bound: Float, elementType: String)
    case cannotExpress(format: String, feature: String, remedy: String)

    public var description: String {
        switch self {
        case .noConfiguration(let file, let reason):
            "Cannot use \(file): \(reason). An adapter folder holds adapter_config.json and adapter_model.safetensors."
        case .pickledWeights(let file):
            "\(file) is a pickle, which can run any program when it is read, so ftbench does not. Load the adapter with "
                + "PEFT where you trust it and save it again: save_pretrained writes adapter_model.safetensors."
        case .severalAdapters(let folder, let names):
            "\(folder) holds several adapters: \(names.joined(separator: ", ")). Name the folder of one of them."
        case .badValue(let file, let key, let problem):
            "\(file): \(key) \(problem). Use the adapter_config.json that was saved with the adapter."
        case .unsupported(let file, let feature, let remedy):
            "\(file) uses \(feature), which ftbench does not run. \(remedy)"
        case .unexpectedTensor(let file, let key):
            "\(file) holds '\(key)', which is no weight that LoRA saves. "
                + "Leaving it out would change the adapter: merge it with the tool that made it, and load the result."
        case .noTensors(let file):
            "\(file) holds no adapter weights. Check that the adapter was saved after training."
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
            "No module of the model is called \(targets.joined(separator: ", ")). "
                + "Choose among \(known.joined(separator: ", ")), or all-linear."
        case .alreadyAdapted(let module):
            "'\(module)' already carries an adapter. Detach that one first."
        case .cannotTrain(let module, let reason):
            "'\(module)' cannot be trained so: \(reason)."
        case .cannotMerge(let module, let reason):
            "'\(module)' cannot be merged: \(reason). Keep the adapter beside the model."
        case .mergeDiffers(let difference, let bound, let elementType):
            "Merged and stored as \(elementType), the model's logits differ from the adapter's by up to \(difference), "
                + "more than \(bound). Store the merged model as float32, or keep the adapter beside the base model."
        case .cannotExpress(let format, let feature, let remedy):
            "An adapter with \(feature) cannot be written as \(format). \(remedy)"
        }
    }
}

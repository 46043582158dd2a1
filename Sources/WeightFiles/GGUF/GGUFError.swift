/// What is wrong with a GGUF file; the text says where and what to do next.
public enum GGUFError: Error, Equatable, CustomStringConvertible {
    case cannotRead(file: String, reason: String)
    case notGGUF(file: String, found: String)
    case unsupportedVersion(file: String, version: UInt32)
    case bigEndian(file: String)
    case truncated(file: String, what: String, needed: UInt64, fileBytes: Int)
    case badHeader(file: String, problem: String)
    case badMetadata(file: String, key: String, problem: String)
    case badTensor(file: String, tensor: String, problem: String)
    case overlap(file: String, first: String, second: String)
    case missingTensor(key: String, file: String, nearest: String?)
    case wrongShape(key: String, file: String, expected: [Int], actual: [Int])
    case unreadableType(tensor: String, file: String, type: String)
    case missingKey(key: String, file: String)

    public var description: String {
        switch self {
        case .cannotRead(let file, let reason):
            "Cannot read \(file): \(reason)."
        case .notGGUF(let file, let found):
            "\(file) is no GGUF file: it \(found). Use a file that was exported as GGUF."
        case .unsupportedVersion(let file, let version):
            "\(file) is GGUF version \(version); ftbench reads versions 2 and 3. Convert the model again with a current "
                + "tool."
        case .bigEndian(let file):
            "\(file) was written for big-endian machines, which ftbench does not read. Convert the model again without "
                + "the big-endian option."
        case .truncated(let file, let what, let needed, let bytes):
            "\(file) is cut short: \(what) needs \(needed) bytes and the file has \(bytes). Fetch the file again."
        case .badHeader(let file, let problem):
            "The header of \(file) is wrong: \(problem). The file is damaged: fetch it again."
        case .badMetadata(let file, let key, let problem):
            "\(file): the metadata '\(key)' is wrong: \(problem). The file is damaged: fetch it again."
        case .badTensor(let file, let tensor, let problem):
            "\(file): the tensor '\(tensor)' is wrong: \(problem). The file is damaged: fetch it again."
        case .overlap(let file, let first, let second):
            "\(file): '\(first)' and '\(second)' claim the same bytes. The file is damaged: fetch it again."
        case .missingTensor(let key, let file, let nearest):
            "\(file) has no tensor '\(key)'" + (nearest.map { " (the nearest is '\($0)')" } ?? "")
                + ". The file belongs to another kind of model, or was cut."
        case .wrongShape(let key, let file, let expected, let actual):
            "\(file): '\(key)' has shape \(actual), the model needs \(expected). Metadata and weights do not belong "
                + "together."
        case .unreadableType(let tensor, let file, let type):
            "\(file): '\(tensor)' is stored as \(type), which ftbench does not read. It reads "
                + GGUFTensorType.readable.map(\.name).joined(separator: ", ") + ": export the model as one of these."
        case .missingKey(let key, let file):
            "\(file) lacks the metadata '\(key)'. Convert the model again with a current tool."
        }
    }
}

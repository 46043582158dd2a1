/// What is wrong with a weight file or a folder of them; the text says where and what to do next.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible {
    case cannotRead(file: String, reason: String)
    case truncated(file: String, expectedBytes: Int, actualBytes: Int)
    case headerBeyondFile(file: String, claimedBytes: UInt64, fileBytes: Int)
    case headerNotJSON(file: String, reason: String)
    case gitLFSPointer(file: String)
    case webPage(file: String)
    case otherFormat(file: String, format: String)
    case badEntry(file: String, tensor: String, problem: String)
    case overlap(file: String, first: String, second: String)
    case gap(file: String, before: String, bytes: Int)
    case trailingBytes(file: String, bytes: Int)
    case missingTensor(key: String, file: String, nearest: String?)
    case wrongShape(key: String, file: String, expected: [Int], actual: [Int])
    case notComputable(key: String, file: String, type: String)
    case noWeights(folder: String, found: [String])
    case badIndex(file: String, problem: String)
    case unsafeShardName(index: String, shard: String)
    case missingShard(index: String, shard: String)
    case notInShard(key: String, index: String, shard: String)

    public var description: String {
        switch self {
        case .cannotRead(let file, let reason):
            "Cannot read \(file): \(reason)."
        case .truncated(let file, let expected, let actual):
            "\(file) is \(actual) bytes but its header needs \(expected). The copy was cut short: fetch the file again."
        case .headerBeyondFile(let file, let claimed, let bytes):
            "\(file) claims a header of \(claimed) bytes, but the file has \(bytes). "
                + "It is no safetensors file, or it was damaged or cut short: fetch it again."
        case .headerNotJSON(let file, let reason):
            "The header of \(file) cannot be read: \(reason). The file is damaged: fetch it again."
        case .gitLFSPointer(let file):
            "\(file) is a Git LFS pointer, not the weights themselves. "
                + "Run `git lfs install` and `git lfs pull` in its folder, or download the file."
        case .webPage(let file):
            "\(file) is a web page, not weights: the download was answered with HTML, often a login or error page. "
                + "Fetch it again from the model's file list."
        case .otherFormat(let file, let format):
            "\(file) is \(format), not a safetensors file. Use the model's .safetensors files instead."
        case .badEntry(let file, let tensor, let problem):
            "\(file): the header's entry for '\(tensor)' is wrong: \(problem). The file is damaged: fetch it again."
        case .overlap(let file, let first, let second):
            "\(file): '\(first)' and '\(second)' claim the same bytes. The file is damaged: fetch it again."
        case .gap(let file, let before, let bytes):
            "\(file): \(bytes) bytes before '\(before)' belong to no tensor. The file is damaged: fetch it again."
        case .trailingBytes(let file, let bytes):
            "\(file): \(bytes) bytes at its end belong to no tensor. The file is damaged: fetch it again."
        case .missingTensor(let key, let file, let nearest):
            "\(file) has no tensor '\(key)'." + (nearest.map { " The nearest name there is '\($0)'." } ?? "")
                + " Check that the weights belong to this config.json."
        case .wrongShape(let key, let file, let expected, let actual):
            "'\(key)' in \(file) has shape \(actual), but config.json asks for \(expected). "
                + "Check that both files come from the same model."
        case .notComputable(let key, let file, let type):
            "'\(key)' in \(file) is stored as \(type); the engine computes with F32, F16 and BF16. "
                + "Use a version of the model in one of these types."
        case .noWeights(let folder, let found):
            "\(folder) has no model.safetensors and no model.safetensors.index.json."
                + (found.isEmpty
                    ? " Give the folder that holds the model's weights."
                    : " It does hold \(found.joined(separator: ", ")), which ftbench does not read:"
                        + " get the model's safetensors files.")
        case .badIndex(let file, let problem):
            "\(file): \(problem). Fetch the index again."
        case .unsafeShardName(let index, let shard):
            "\(index) names the shard '\(shard)', which is not a plain file name. "
                + "Shards must lie beside the index; do not use this folder unless you trust where it came from."
        case .missingShard(let index, let shard):
            "\(index) needs the shard \(shard), which is not in its folder. Fetch that file too."
        case .notInShard(let key, let index, let shard):
            "\(index) says that '\(key)' is in \(shard), but it is not there. Fetch the index and the shards again."
        }
    }
}

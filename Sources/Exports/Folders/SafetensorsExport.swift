import Models
import OrderedJSON
import Tensors
import WeightFiles

/// A whole model folder as transformers loads it: sharded weights, config.json with their type, tokenizer files.
struct SafetensorsExport {
    private(set) var problems: [ExportProblem] = []
    let plan: ShardPlan
    private let weights: ExportWeights
    private let folder: String
    private let type: ElementType?
    private let configuration: JSONObject
    private let texts: [(name: String, bytes: Int)]

    /// `type` is that of all numbers; nil keeps each tensor's own.
    init(folder: String, weights: ExportWeights, type: ExportType?, maxShardBytes: Int) {
        self.folder = folder
        self.weights = weights
        self.type = type?.elementType
        if let type, type.elementType == nil {
            problems.append(
                .error("A safetensors folder has no type \(type.rawValue)", "Choose f32, f16 or bf16, or export GGUF."))
        }
        if let json = weights.configuration {
            configuration = json
        } else if let json = (try? JSONValue(readingFile: folder + "/config.json"))?.object {
            configuration = json
        } else {
            configuration = [:]
            problems.append(.error("\(folder)/config.json cannot be read", "Export a whole model folder."))
        }
        let stored = type?.elementType
        plan = ShardPlan(
            weights.keys.map { key in
                let count = weights.shape(of: key)?.reduce(1, *) ?? 0
                return (key, count * (stored ?? weights.elementType(of: key) ?? .float32).byteSize, count)
            }, limit: maxShardBytes)
        for key in weights.keys where weights.elementType(of: key)?.isComputable != true {
            problems.append(
                .error("'\(key)' is stored in a type that ftbench does not read", "Use weights in F32, F16 or BF16."))
            break
        }
        texts = Decoder.textFiles.compactMap { name in
            (try? MappedFile(path: folder + "/" + name)).map { (name, $0.count) }
        }
    }

    var files: [ExportedFile] {
        var files = zip(plan.names, plan.shards).map { ExportedFile(name: $0, bytes: $1.bytes) }
        if let index = plan.index {
            files.append(ExportedFile(name: "model.safetensors.index.json", bytes: index.utf8.count))
        }
        files.append(ExportedFile(name: "config.json", bytes: configText.utf8.count))
        return files + texts.map { ExportedFile(name: $0.name, bytes: $0.bytes) }
    }

    /// config.json with the type of the weights in it.
    private var configText: String {
        var json = configuration
        let element = type ?? weights.keys.lazy.compactMap { weights.elementType(of: $0) }.first
        let name = [ElementType.float32: "float32", .float16: "float16", .bfloat16: "bfloat16"][element ?? .float32]
        let key = json["torch_dtype"] != nil && json["dtype"] == nil ? "torch_dtype" : "dtype"
        json[key] = .string(name ?? "float32")
        return JSONValue.object(json).serialized(.pretty(indent: 2)) + "\n"
    }

    /// Writes everything into `target`, which exists. `progress` is told the bytes so far before each tensor; what it
    /// throws stops the writing.
    func write(into target: String, progress: (Int) throws -> Void) throws {
        try withoutActuallyEscaping(progress) { try writeShards(into: target, progress: $0) }
        if let index = plan.index { try DurableFile.write(index, to: target + "/model.safetensors.index.json") }
        try DurableFile.write(configText, to: target + "/config.json")
        for (name, _) in texts {
            let file = try MappedFile(path: folder + "/" + name)
            try DurableFile.write(file.bytes(0..<file.count), to: target + "/" + name)
        }
    }

    private func writeShards(into target: String, progress: @escaping (Int) throws -> Void) throws {
        var done = 0
        for (name, shard) in zip(plan.names, plan.shards) {
            let pending = shard.keys.map { key in
                // A merged weight goes back to the type it came in, so that the folder is no larger than the base.
                let stored = type ?? weights.elementType(of: key) ?? .float32
                let shape = weights.shape(of: key) ?? []
                return SafetensorsFile.PendingTensor(name: key, shape: shape, elementType: stored) { [weights] in
                    try progress(done)
                    let tensor = try weights.tensor(key)
                    guard tensor.isFinite else { throw ExportError.notFinite(key: key) }
                    done += shape.reduce(1, *) * stored.byteSize
                    return tensor
                }
            }
            try SafetensorsFile.write(pending: pending, to: target + "/" + name)
            try progress(done)
        }
    }
}

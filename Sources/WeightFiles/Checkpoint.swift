import OrderedJSON
public import Tensors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// All weights of a model folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
///
/// - Errors: `SafetensorsError`. Shard names must be plain file names beside the index.
public final class Checkpoint {
    public let folder: String
    private let files: [SafetensorsFile]
    private let homes: [String: Int]

    public init(folder: String) throws(SafetensorsError) {
        self.folder = folder
        let single = folder + "/model.safetensors"
        let index = folder + "/model.safetensors.index.json"
        if fileExists(single) {
            let file = try SafetensorsFile(path: single)
            files = [file]
            homes = Dictionary(file.entries.map { ($0.name, 0) }, uniquingKeysWith: { first, _ in first })
        } else if fileExists(index) {
            (files, homes) = try Checkpoint.shards(index: index, folder: folder)
        } else {
            let others = [
                "pytorch_model.bin", "pytorch_model.bin.index.json", "model.gguf", "adapter_model.safetensors",
            ]
            throw .noWeights(folder: folder, found: others.filter { fileExists(folder + "/" + $0) })
        }
    }

    /// Every tensor's name, sorted.
    public var names: [String] { homes.keys.sorted() }
    public func contains(_ name: String) -> Bool { homes[name] != nil }
    public func entry(_ name: String) -> SafetensorsEntry? { homes[name].flatMap { files[$0].entry(name) } }
    /// Bytes of all tensors together.
    public var byteCount: Int { files.reduce(0) { $0 + $1.entries.reduce(0) { $0 + $1.bytes.count } } }

    /// The tensor of that name, mapped; see `SafetensorsFile.tensor`.
    public func tensor(_ name: String, shape: [Int]? = nil) throws(SafetensorsError) -> Tensor {
        guard let home = homes[name] else {
            let file = files.count == 1 ? files[0].path : folder + "/model.safetensors.index.json"
            throw .missingTensor(key: name, file: file, nearest: names.nearest(to: name))
        }
        return try files[home].tensor(name, shape: shape)
    }

    private static func shards(
        index: String, folder: String
    ) throws(SafetensorsError) -> ([SafetensorsFile], [String: Int]) {
        let json: JSONValue
        do {
            json = try JSONValue(readingFile: index)
        } catch {
            throw .badIndex(file: index, problem: error.reason)
        }
        guard let map = json["weight_map"]?.object, !map.isEmpty else {
            throw .badIndex(file: index, problem: "it has no weight_map")
        }
        var files: [SafetensorsFile] = []
        var places: [String: Int] = [:]
        var homes: [String: Int] = [:]
        for (key, value) in map {
            guard let shard = value.string else {
                throw .badIndex(file: index, problem: "the shard of '\(key)' is \(value.kind), not a name")
            }
            if places[shard] == nil {
                guard !shard.isEmpty, shard != ".", shard != "..", !shard.utf8.contains(UInt8(ascii: "/")),
                    !shard.utf8.contains(0), !shard.utf8.contains(UInt8(ascii: "\\"))
                else { throw .unsafeShardName(index: index, shard: shard) }
                guard fileExists(folder + "/" + shard) else { throw .missingShard(index: index, shard: shard) }
                places[shard] = files.count
                files.append(try SafetensorsFile(path: folder + "/" + shard))
            }
            guard let place = places[shard], files[place].contains(key) else {
                throw .notInShard(key: key, index: index, shard: shard)
            }
            homes[key] = place
        }
        return (files, homes)
    }
}

func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

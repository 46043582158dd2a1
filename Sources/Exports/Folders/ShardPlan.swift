import OrderedJSON

/// Which tensors go into which file of a model folder, as transformers cuts them: in order, a new file when the next
/// tensor would not fit.
struct ShardPlan {
    struct Shard: Equatable {
        var keys: [String] = []
        var bytes = 0
    }

    let shards: [Shard]
    let totalBytes: Int
    let totalParameters: Int
    /// The file of each shard.
    let names: [String]

    /// `tensors` have their key, bytes as stored and number of elements, in order.
    init(_ tensors: [(key: String, bytes: Int, count: Int)], limit: Int) {
        var shards = [Shard()]
        for (key, bytes, _) in tensors {
            if !shards[shards.count - 1].keys.isEmpty, shards[shards.count - 1].bytes + bytes > limit {
                shards.append(Shard())
            }
            shards[shards.count - 1].keys.append(key)
            shards[shards.count - 1].bytes += bytes
        }
        self.shards = shards
        totalBytes = tensors.reduce(0) { $0 + $1.bytes }
        totalParameters = tensors.reduce(0) { $0 + $1.count }
        func padded(_ number: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, 5 - text.count)) + text
        }
        names =
            shards.count == 1
            ? ["model.safetensors"]
            : shards.indices.map { "model-\(padded($0 + 1))-of-\(padded(shards.count)).safetensors" }
    }

    /// `model.safetensors.index.json`; nil for a single file, which needs none.
    var index: String? {
        guard shards.count > 1 else { return nil }
        var map = JSONObject()
        for (shard, name) in zip(shards, names) {
            for key in shard.keys { map[key] = .string(name) }
        }
        let json: JSONValue = [
            "metadata": ["total_parameters": .integer(totalParameters), "total_size": .integer(totalBytes)],
            "weight_map": .object(map),
        ]
        return json.serialized(.pretty(indent: 2).sorted().ascii()) + "\n"
    }
}

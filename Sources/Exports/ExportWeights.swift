import Adapters
import Models
import OrderedJSON
public import Tensors
import WeightFiles

/// The weights to export, by checkpoint key: those of a model folder, or those with an adapter merged into them.
///
/// Nothing is held: a tensor is mapped or made when it is asked for.
public final class ExportWeights {
    private let checkpoint: Checkpoint
    private let merged: MergedWeights?
    /// In the order of the data flow.
    public let keys: [String]

    /// The folder's own weights, as its writer named them.
    init(checkpoint: Checkpoint) {
        self.checkpoint = checkpoint
        merged = nil
        keys = checkpoint.names.sorted { Self.precedes($0, $1) }
    }

    /// Those of a model that was loaded from the same folder, under the names the engine saves them with.
    init(checkpoint: Checkpoint, merged: MergedWeights) {
        self.checkpoint = checkpoint
        self.merged = merged
        keys = merged.keys.sorted { Self.precedes($0, $1) }
    }

    /// config.json where merging changes it.
    var configuration: JSONObject? { merged.flatMap { $0.unties ? $0.configuration : nil } }

    public func contains(_ key: String) -> Bool {
        merged == nil ? checkpoint.contains(key) : keys.contains(key)
    }

    public func shape(of key: String) -> [Int]? { checkpoint.entry(key)?.shape ?? merged?.shape(of: key) }

    /// What it is stored as in the folder; a weight that merging adds takes the type of the token table. Nil for types
    /// that the engine cannot hold.
    public func elementType(of key: String) -> ElementType? {
        checkpoint.entry(key)?.elementType ?? merged?.base.elementType
    }

    /// Whether the adapter changes it.
    public func isChanged(_ key: String) -> Bool { merged?.isChanged(key) ?? false }

    /// The weight as the exported model has it: mapped in its own type, or float32 where the adapter changes it.
    ///
    /// - Throws: `SafetensorsError`, `AdapterError`.
    public func tensor(_ key: String) throws -> Tensor {
        if let merged, merged.isChanged(key) || !checkpoint.contains(key) { return try merged.tensor(key) }
        return try checkpoint.tensor(key)
    }

    /// Embeddings, then layers by number, then the rest; numbers as numbers.
    static func precedes(_ a: String, _ b: String) -> Bool {
        let (left, right) = (rank(a), rank(b))
        if left.group != right.group { return left.group < right.group }
        if left.layer != right.layer { return left.layer < right.layer }
        return a.utf8.lexicographicallyPrecedes(b.utf8)
    }

    private static func rank(_ key: String) -> (group: Int, layer: Int) {
        let parts = key.split(separator: ".")
        if let number = parts.lazy.compactMap({ Int($0) }).first { return (1, number) }
        if parts.contains(where: { ["embed_tokens", "wte", "wpe", "embed_in"].contains($0) }) { return (0, 0) }
        return (key.hasPrefix("lm_head") || key.hasPrefix("embed_out") ? 3 : 2, 0)
    }
}

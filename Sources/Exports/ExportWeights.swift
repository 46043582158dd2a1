public import Adapters
import Autograd
import Models
public import Tensors
public import WeightFiles

/// The weights to export, by checkpoint key: those of a model folder, with an adapter's update added where one is.
///
/// Nothing is held: a tensor is mapped or made when it is asked for.
public final class ExportWeights {
    private let checkpoint: Checkpoint
    private let updates: [String: LoRAAdapter.Module]
    /// In the order of the data flow.
    public let keys: [String]

    /// - Throws: `ExportError` when the adapter changes what the model does not have.
    public init(checkpoint: Checkpoint, merging adapter: LoRAAdapter? = nil) throws {
        self.checkpoint = checkpoint
        keys = checkpoint.names.sorted { Self.precedes($0, $1) }
        var updates: [String: LoRAAdapter.Module] = [:]
        for module in adapter?.modules ?? [] {
            let key = module.key + ".weight"
            guard let shape = checkpoint.entry(key)?.shape else {
                throw AdapterError.noSuchModule(module: module.key, known: [])
            }
            let fits = [module.b.shape[0], module.a.shape[1]]
            guard shape == fits || shape == fits.reversed() else {
                throw AdapterError.shapeMismatch(module: module.key, adapter: fits, model: shape)
            }
            updates[key] = module
        }
        self.updates = updates
    }

    public func contains(_ key: String) -> Bool { checkpoint.contains(key) }
    public func shape(of key: String) -> [Int]? { checkpoint.entry(key)?.shape }
    /// Nil for types that the engine cannot hold.
    public func elementType(of key: String) -> ElementType? { checkpoint.entry(key)?.elementType }
    /// Whether the adapter changes it.
    public func isChanged(_ key: String) -> Bool { updates[key] != nil }

    /// The weight as the exported model has it: mapped in its own type, or float32 where the adapter changes it.
    ///
    /// - Throws: `SafetensorsError`.
    public func tensor(_ key: String) throws -> Tensor {
        let stored = try checkpoint.tensor(key)
        guard let module = updates[key] else { return stored }
        let merged = stored.copy()
        if stored.shape == [module.b.shape[0], module.a.shape[1]] {
            merged.assign(module.b.value, times: module.a.value, alpha: module.scale, accumulate: true)
        } else {
            // Stored as (in, out): the update is transposed.
            let (rows, columns) = (module.b.shape[0], module.a.shape[1])
            let update = Tensor.uninitialized([rows, columns])
            update.assign(module.b.value, times: module.a.value, alpha: module.scale, accumulate: false)
            merged.add(update.transposed())
        }
        return merged
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

import Tensors
import WeightFiles

/// The weights of a model folder under the names that this engine saves them with, whichever their writer used.
///
/// Files differ in the base of the names (a model saved without its head leaves it out), in which of two tied tables
/// they keep, and in what the head is called.
final class StoredWeights {
    let checkpoint: Checkpoint
    private let configuration: ModelConfiguration
    private let names: WeightNames
    /// What stands in the file where `names.base` should.
    private let base: String
    private var used: Set<String> = []

    init(folder: String, for configuration: ModelConfiguration) throws(SafetensorsError) {
        let checkpoint = try Checkpoint(folder: folder)
        let names = configuration.family.traits.names
        self.checkpoint = checkpoint
        self.configuration = configuration
        self.names = names
        let norm = names.finalNormKey.dropFirst(names.base.count) + ".weight"
        base = ([names.base] + names.otherBases + [""]).first { checkpoint.contains($0 + norm) } ?? names.base
    }

    /// The name in the file.
    func stored(_ key: String) -> String {
        guard key != names.headKey else {
            return headKeys.first { checkpoint.contains($0) } ?? key
        }
        let stored = key.hasPrefix(names.base) ? base + key.dropFirst(names.base.count) : key
        // Exports that drop shared tensors keep one of the two names of a tied table, not always the first.
        guard key == names.embeddingKey, configuration.tiesEmbeddings, !checkpoint.contains(stored) else {
            return stored
        }
        return headKeys.first { checkpoint.contains($0) } ?? stored
    }

    func tensor(_ key: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        let stored = stored(key)
        used.insert(stored)
        return try checkpoint.tensor(stored, shape: shape)
    }

    /// The first tensor that nothing has asked for, and that is no buffer, no second copy of a tied head and no other
    /// part of a larger model.
    var unused: String? {
        checkpoint.names.first { name in !used.contains(name) && !mayBeIgnored(name) }
    }

    private var headKeys: [String] {
        let outer = base.split(separator: ".").first.map { "\($0)." } ?? ""
        return names.head.flatMap { [$0 + ".weight", outer + $0 + ".weight"] }
    }

    private func mayBeIgnored(_ name: String) -> Bool {
        if configuration.tiesEmbeddings, headKeys.contains(name) { return true }
        if names.otherParts.contains(where: name.hasPrefix) { return true }
        if name == base + "rotary_emb.inv_freq" { return true }
        let layers = base + names.layers + "."
        guard name.hasPrefix(layers) else { return false }
        let rest = name.dropFirst(layers.count)
        guard let dot = rest.firstIndex(of: "."), let layer = Int(rest[..<dot]), layer < configuration.layers else {
            return false
        }
        return names.buffers.contains(String(rest[rest.index(after: dot)...]))
    }
}

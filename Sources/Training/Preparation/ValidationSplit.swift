import Datasets
import OrderedJSON

/// Which rows are held out: decided by their content and the seed, so that adding, removing or moving other rows
/// hardly changes it, and two equal rows never stand on both sides.
enum ValidationSplit {
    /// Indices of `examples` in both parts, each in file order.
    static func split(_ examples: [Example], share: Double, seed: UInt64) -> (train: [Int], validation: [Int]) {
        guard share > 0, examples.count > 1 else { return (Array(examples.indices), []) }
        let keys = examples.map { key(of: $0, seed: seed) }
        var groups: [UInt64: [Int]] = [:]
        for index in examples.indices { groups[keys[index], default: []].append(index) }
        guard groups.count > 1 else { return (Array(examples.indices), []) }
        let wanted = max(1, Int((share * Double(examples.count)).rounded()))
        var held: Set<UInt64> = []
        var count = 0
        for key in groups.keys.sorted() {
            guard count < wanted, held.count < groups.count - 1 else { break }
            held.insert(key)
            count += groups[key]?.count ?? 0
        }
        return (
            examples.indices.filter { !held.contains(keys[$0]) }, examples.indices.filter { held.contains(keys[$0]) }
        )
    }

    private static func key(of example: Example, seed: UInt64) -> UInt64 {
        var bare = example
        bare.line = 0
        bare.extra = [:]
        var hash = ContentHash()
        hash.update(bare.asJSON.serialized(.compact))
        hash.update(Int(bitPattern: UInt(truncatingIfNeeded: seed)))
        // FNV's low bits follow the last bytes closely; mixed as in SplitMix64 (Steele, Lea, Flood 2014).
        var x = hash.folded
        x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
        return x ^ (x >> 31)
    }
}

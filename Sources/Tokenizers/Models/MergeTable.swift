/// The merges of a BPE model: (left id, right id) → (rank, id of the merged token), in one flat hash table.
struct MergeTable: Sendable {
    static let noRank = UInt32.max

    struct Merge: Sendable {
        var rank: UInt32
        var id: Int32
    }

    private var keys: [UInt64]
    private var merges: [Merge]
    private(set) var count = 0

    private static let free = UInt64.max

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        keys = [UInt64](repeating: Self.free, count: size)
        merges = [Merge](repeating: Merge(rank: Self.noRank, id: -1), count: size)
    }

    /// A pair named twice keeps its last rank, as the reference library does.
    mutating func insert(left: Int32, right: Int32, rank: UInt32, id: Int32) {
        if (count + 1) * 2 > keys.count { grow() }
        place(Self.key(left, right), Merge(rank: rank, id: id))
    }

    /// `rank == noRank` when the two do not merge. Ids must not be negative.
    @inline(__always)
    func find(_ left: Int32, _ right: Int32) -> Merge {
        let key = Self.key(left, right)
        let last = keys.count - 1
        var slot = Self.slot(key) & last
        while true {
            let present = keys[slot]
            if present == key { return merges[slot] }
            if present == Self.free { return Merge(rank: Self.noRank, id: -1) }
            slot = (slot + 1) & last
        }
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private static func slot(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 32)
    }

    private mutating func place(_ key: UInt64, _ merge: Merge) {
        let last = keys.count - 1
        var slot = Self.slot(key) & last
        while keys[slot] != Self.free, keys[slot] != key { slot = (slot + 1) & last }
        if keys[slot] == Self.free { count += 1 }
        keys[slot] = key
        merges[slot] = merge
    }

    private mutating func grow() {
        let oldKeys = keys
        let oldMerges = merges
        keys = [UInt64](repeating: Self.free, count: oldKeys.count * 2)
        merges = [Merge](repeating: Merge(rank: Self.noRank, id: -1), count: oldKeys.count * 2)
        count = 0
        for (key, merge) in zip(oldKeys, oldMerges) where key != Self.free { place(key, merge) }
    }
}

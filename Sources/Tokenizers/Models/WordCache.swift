/// The tokens of words met before. Natural text repeats its words, so most words are merged only once.
struct WordCache: Sendable {
    static let longestWord = 48
    private static let capacity = 1 << 16

    private struct Entry: Sendable {
        var keyStart: Int32
        var keyCount: Int32
        var valueStart: Int32
        var valueCount: Int32
    }

    private var keys: [UInt8] = []
    private var ids: [Int32] = []
    private var widths: [Int32] = []
    private var entries: [Entry] = []
    private var slots = [Int32](repeating: -1, count: 4096)

    /// Appends the tokens of `bytes[start..<end]` and says whether the word was known.
    @inline(__always)
    func append(_ bytes: [UInt8], from start: Int, to end: Int, hash: UInt64, to output: inout TokenRun) -> Bool {
        let last = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & last
        while slots[slot] >= 0 {
            let entry = entries[Int(slots[slot])]
            if Int(entry.keyCount) == end - start {
                let key = Int(entry.keyStart)
                var offset = 0
                while offset < end - start, keys[key + offset] == bytes[start + offset] { offset += 1 }
                if offset == end - start {
                    let first = Int(entry.valueStart)
                    for index in first..<(first + Int(entry.valueCount)) {
                        output.ids.append(ids[index])
                        output.widths.append(widths[index])
                    }
                    return true
                }
            }
            slot = (slot + 1) & last
        }
        return false
    }

    /// Keeps the tokens that `output` has from index `first` on as those of the word.
    mutating func keep(
        _ bytes: [UInt8], from start: Int, to end: Int, hash: UInt64, output: TokenRun, first: Int
    ) {
        if entries.count == Self.capacity { self = WordCache() }
        if (entries.count + 1) * 2 > slots.count { grow() }
        entries.append(
            Entry(
                keyStart: Int32(keys.count), keyCount: Int32(end - start), valueStart: Int32(ids.count),
                valueCount: Int32(output.ids.count - first)))
        keys.append(contentsOf: bytes[start..<end])
        ids.append(contentsOf: output.ids[first...])
        widths.append(contentsOf: output.widths[first...])
        place(Int32(entries.count - 1), hash: hash)
    }

    private mutating func place(_ entry: Int32, hash: UInt64) {
        let last = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & last
        while slots[slot] >= 0 { slot = (slot + 1) & last }
        slots[slot] = entry
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for (index, entry) in entries.enumerated() {
            let start = Int(entry.keyStart)
            place(Int32(index), hash: TokenTable.hash(keys, from: start, to: start + Int(entry.keyCount)))
        }
    }
}

/// Tokens as a model puts them out: ids, and the bytes of the piece that each stands for.
struct TokenRun: Sendable {
    var ids: [Int32] = []
    var widths: [Int32] = []

    @inline(__always)
    mutating func append(_ id: Int32, width: Int) {
        ids.append(id)
        widths.append(Int32(truncatingIfNeeded: width))
    }
}

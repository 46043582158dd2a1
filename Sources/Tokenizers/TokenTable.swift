/// Tokens by id and ids by token, kept flat: all texts in one array, found through open addressing.
///
/// A dictionary of a hundred thousand small strings costs ten times the memory and is several times slower to fill and
/// to ask.
struct TokenTable: Sendable {
    /// Beyond any published vocabulary (about 262 thousand), small enough to allocate for.
    static let highestAllowedID = 4_194_303

    private var text: [UInt8] = []
    private var starts: [Int] = [0]
    private var ids: [Int32] = []
    /// Entry index by hash, −1 where free. Its count is a power of two.
    private var slots: [Int32]
    private var entryByID: [Int32] = []

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [Int32](repeating: -1, count: size)
        starts.reserveCapacity(capacity + 1)
        ids.reserveCapacity(capacity)
    }

    var count: Int { ids.count }
    var highestID: Int32 { Int32(entryByID.count) - 1 }

    enum Insertion { case added, textTaken(by: Int32), idTaken }

    /// Adds an entry unless its text or its id is there already. The id must lie in 0...highestAllowedID.
    mutating func insert(_ token: [UInt8], id: Int32, sharesID: Bool = false) -> Insertion {
        if let present = self.id(of: token, from: 0, to: token.count) { return .textTaken(by: present) }
        let index = Int(id)
        if index >= entryByID.count {
            entryByID.append(contentsOf: repeatElement(-1, count: index + 1 - entryByID.count))
        }
        if !sharesID, entryByID[index] >= 0 { return .idTaken }
        if (ids.count + 1) * 2 > slots.count { grow() }
        let entry = Int32(ids.count)
        entryByID[index] = entry
        text.append(contentsOf: token)
        starts.append(text.count)
        ids.append(id)
        place(entry, hash: Self.hash(token, from: 0, to: token.count))
        return .added
    }

    @inline(__always)
    func id(of bytes: [UInt8], from start: Int, to end: Int) -> Int32? {
        var slot = Int(truncatingIfNeeded: Self.hash(bytes, from: start, to: end)) & (slots.count - 1)
        while slots[slot] >= 0 {
            let entry = Int(slots[slot])
            if isEntry(entry, equalTo: bytes, from: start, to: end) { return ids[entry] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    func id(of bytes: [UInt8]) -> Int32? { id(of: bytes, from: 0, to: bytes.count) }

    func bytes(of id: Int32) -> ArraySlice<UInt8>? {
        guard id >= 0, Int(id) < entryByID.count, entryByID[Int(id)] >= 0 else { return nil }
        let entry = Int(entryByID[Int(id)])
        return text[starts[entry]..<starts[entry + 1]]
    }

    @inline(__always)
    private func isEntry(_ entry: Int, equalTo bytes: [UInt8], from start: Int, to end: Int) -> Bool {
        let lower = starts[entry]
        guard starts[entry + 1] - lower == end - start else { return false }
        for offset in 0..<(end - start) where text[lower + offset] != bytes[start + offset] { return false }
        return true
    }

    private mutating func place(_ entry: Int32, hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for entry in 0..<ids.count {
            place(Int32(entry), hash: Self.hash(text, from: starts[entry], to: starts[entry + 1]))
        }
    }

    /// FNV-1a over the bytes, mixed at the end so that the low bits are good.
    @inline(__always)
    static func hash(_ bytes: [UInt8], from start: Int, to end: Int) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in start..<end { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        return hash ^ (hash >> 29) ^ (hash >> 47)
    }
}

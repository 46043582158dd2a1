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
    mutating func insert(_ token: [UInt8], id: Int32) -> Insertion {
        insert(token, from: 0, to: token.count, id: id)
    }

    /// Adds `bytes[start..<end]`. `replaces`: whether of two entries of the same text the later one is found by it;
    /// both are found by their ids.
    mutating func insert(
        _ bytes: [UInt8], from start: Int, to end: Int, id: Int32, replaces: Bool = false
    ) -> Insertion {
        let hash = Self.hash(bytes, from: start, to: end)
        let slot = slot(of: bytes, from: start, to: end, hash: hash)
        if slots[slot] >= 0, !replaces { return .textTaken(by: ids[Int(slots[slot])]) }
        let index = Int(id)
        if index >= entryByID.count {
            entryByID.append(contentsOf: repeatElement(-1, count: index + 1 - entryByID.count))
        }
        if entryByID[index] >= 0 { return .idTaken }
        let entry = Int32(ids.count)
        entryByID[index] = entry
        text.append(contentsOf: bytes[start..<end])
        starts.append(text.count)
        ids.append(id)
        if ids.count * 2 > slots.count {
            grow()
        } else {
            slots[slot] = entry
        }
        return .added
    }

    /// Where an entry of that text is, or where it would be put.
    @inline(__always)
    private func slot(of bytes: [UInt8], from start: Int, to end: Int, hash: UInt64) -> Int {
        let last = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & last
        while slots[slot] >= 0, !isEntry(Int(slots[slot]), equalTo: bytes, from: start, to: end) {
            slot = (slot + 1) & last
        }
        return slot
    }

    @inline(__always)
    func id(of bytes: [UInt8], from start: Int, to end: Int) -> Int32? {
        id(of: bytes, from: start, to: end, hash: Self.hash(bytes, from: start, to: end))
    }

    /// `hash` must be that of `bytes[start..<end]`.
    @inline(__always)
    func id(of bytes: [UInt8], from start: Int, to end: Int, hash: UInt64) -> Int32? {
        let entry = slots[slot(of: bytes, from: start, to: end, hash: hash)]
        return entry < 0 ? nil : ids[Int(entry)]
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

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        // Backwards, so that of equal texts the later one is found first.
        for entry in (0..<ids.count).reversed() {
            let hash = Self.hash(text, from: starts[entry], to: starts[entry + 1])
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(entry)
        }
    }

    static let hashSeed: UInt64 = 0xcbf2_9ce4_8422_2325

    @inline(__always)
    static func hashStep(_ state: UInt64, _ byte: UInt8) -> UInt64 { (state ^ UInt64(byte)) &* 0x100_0000_01b3 }

    @inline(__always)
    static func hashEnd(_ state: UInt64) -> UInt64 { state ^ (state >> 29) ^ (state >> 47) }

    /// FNV-1a over the bytes, mixed at the end so that the low bits are good.
    @inline(__always)
    static func hash(_ bytes: [UInt8], from start: Int, to end: Int) -> UInt64 {
        var hash = hashSeed
        for index in start..<end { hash = hashStep(hash, bytes[index]) }
        return hashEnd(hash)
    }
}

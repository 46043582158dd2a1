/// Compressed bytes as they come, block by block, so that a large file is never held whole.
public struct CompressedInput {
    /// Gives the next bytes; empty at the end.
    public typealias Refill = () throws -> [UInt8]

    private(set) var block: [UInt8]
    private(set) var position = 0
    private var before = 0
    private var atEnd = false
    private let refill: Refill

    public init(refill: @escaping Refill) {
        block = []
        self.refill = refill
    }

    public init(_ bytes: [UInt8]) {
        block = bytes
        refill = { [] }
    }

    /// Bytes taken so far.
    var offset: Int { before + position }

    /// The next byte; nil at the end.
    mutating func next() throws -> UInt8? {
        if position == block.count, !(try more()) { return nil }
        let byte = block[position]
        position += 1
        return byte
    }

    mutating func peek() throws -> UInt8? {
        if position == block.count, !(try more()) { return nil }
        return block[position]
    }

    /// Exactly `count` bytes; nil when fewer are left, and then all of them are taken.
    mutating func take(_ count: Int) throws -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            if position == block.count, !(try more()) { return nil }
            let end = min(block.count, position + count - bytes.count)
            bytes += block[position..<end]
            position = end
        }
        return bytes
    }

    private mutating func more() throws -> Bool {
        guard !atEnd else { return false }
        before += block.count
        position = 0
        block = try refill()
        atEnd = block.isEmpty
        return !atEnd
    }
}

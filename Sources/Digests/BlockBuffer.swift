/// Cuts a stream of bytes into blocks of 64 for SHA-1 and SHA-256, which also pad alike.
struct BlockBuffer: Sendable {
    private var waiting: [UInt8] = []
    private var count: UInt64 = 0

    init() { waiting.reserveCapacity(64) }

    /// Hands whole blocks to `compress`; what is left over waits.
    mutating func update(_ bytes: some Sequence<UInt8>, compress: (UnsafeBufferPointer<UInt8>) -> Void) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { cut($0, compress) }
        if done == nil { ContiguousArray(bytes).withUnsafeBufferPointer { cut($0, compress) } }
    }

    private mutating func cut(_ bytes: UnsafeBufferPointer<UInt8>, _ compress: (UnsafeBufferPointer<UInt8>) -> Void) {
        count &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !waiting.isEmpty {
            let missing = min(64 - waiting.count, rest.count)
            waiting.append(contentsOf: rest.prefix(missing))
            rest = rest.dropFirst(missing)
            guard waiting.count == 64 else { return }
            waiting.withUnsafeBufferPointer(compress)
            waiting.removeAll(keepingCapacity: true)
        }
        let whole = rest.count & ~63
        if whole > 0 { compress(UnsafeBufferPointer(rebasing: rest.prefix(whole))) }
        waiting.append(contentsOf: rest.dropFirst(whole))
    }

    /// A one bit, zeros, and the length in bits as 64 of them, up to the end of a block.
    var padding: [UInt8] {
        var bytes: [UInt8] = [0x80]
        bytes += repeatElement(0, count: (119 - waiting.count) % 64)
        let bits = count &* 8
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        return bytes
    }
}

extension UnsafeBufferPointer<UInt8> {
    @inline(__always)
    func bigEndianWord(at index: Int) -> UInt32 {
        UInt32(self[index]) << 24 | UInt32(self[index &+ 1]) << 16 | UInt32(self[index &+ 2]) << 8
            | UInt32(self[index &+ 3])
    }
}

extension UInt32 {
    /// To the right.
    @inline(__always)
    func rotated(_ places: UInt32) -> UInt32 { (self &>> places) | (self &<< (32 &- places)) }
}

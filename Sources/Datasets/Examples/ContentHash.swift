/// A 128-bit FNV-1a hash of content: names versions, sources and caches; not for security.
///
/// Fowler, Noll, Vo: `h = (h xor byte) · (2^88 + 0x13B) mod 2^128`.
public struct ContentHash: Sendable, Hashable, CustomStringConvertible {
    private var high: UInt64 = 0x6C62_272E_07BB_0142
    private var low: UInt64 = 0x62B8_2175_6295_C58D

    public init() {}

    public init(_ bytes: some Sequence<UInt8>) {
        update(bytes)
    }

    public init(_ text: String) {
        update(text.utf8)
    }

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { mix($0) }
        if done == nil { ContiguousArray(bytes).withUnsafeBufferPointer { mix($0) } }
    }

    private mutating func mix(_ bytes: UnsafeBufferPointer<UInt8>) {
        var high = high
        var low = low
        var index = 0
        while index < bytes.count {
            low ^= UInt64(bytes[index])
            index += 1
            // (high, low) · (2^88 + 0x13B): the 2^88 part only shifts the low word into the high one.
            let product = low.multipliedFullWidth(by: 0x13B)
            high = high &* 0x13B &+ product.high &+ (low << 24)
            low = product.low
        }
        self.high = high
        self.low = low
    }

    /// Adds a text and a mark after it, so that ("ab", "c") and ("a", "bc") differ.
    public mutating func update(_ text: String) {
        update(text.utf8)
        update(CollectionOfOne(0xFF))
    }

    public mutating func update(_ number: Int) {
        var rest = UInt64(bitPattern: Int64(number))
        for _ in 0..<8 {
            update(CollectionOfOne(UInt8(truncatingIfNeeded: rest)))
            rest >>= 8
        }
    }

    /// 32 hexadecimal digits.
    public var hex: String {
        Self.hex(high) + Self.hex(low)
    }

    public var description: String { hex }

    /// The hash folded to 64 bits, for tables.
    public var folded: UInt64 { high ^ low }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

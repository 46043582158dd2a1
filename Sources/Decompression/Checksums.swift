/// CRC-32 of gzip and of Parquet pages (ISO 3309, reflected polynomial 0xEDB88320).
public struct CRC32: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    public init() {}

    public var value: UInt32 { ~state }

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        var state = state
        for byte in bytes { state = Self.table[Int((state ^ UInt32(byte)) & 0xFF)] ^ (state >> 8) }
        self.state = state
    }

    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        return value
    }
}

/// Adler-32 of zlib streams (RFC 1950).
struct Adler32 {
    private var low: UInt32 = 1
    private var high: UInt32 = 0

    var value: UInt32 { high << 16 | low }

    mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
    }
}

/// XXH64 with seed 0, of which zstd keeps the low 32 bits (xxHash specification 0.1.1).
struct XXHash64 {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
        0x27D4_EB2F_1656_67C5
    )
    private var lanes: (UInt64, UInt64, UInt64, UInt64)
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    init() {
        let (p1, p2, _, _, _) = Self.primes
        lanes = (p1 &+ p2, p2, 0, 0 &- p1)
    }

    mutating func update(_ bytes: ArraySlice<UInt8>) {
        length &+= UInt64(bytes.count)
        var bytes = bytes
        if !pending.isEmpty {
            let missing = 32 - pending.count
            pending += bytes.prefix(missing)
            bytes = bytes.dropFirst(missing)
            if pending.count < 32 { return }
            mix(pending[...], at: 0)
            pending.removeAll(keepingCapacity: true)
        }
        var position = bytes.startIndex
        while bytes.endIndex - position >= 32 {
            mix(bytes, at: position)
            position += 32
        }
        pending += bytes[position...]
    }

    private mutating func mix(_ bytes: ArraySlice<UInt8>, at position: Int) {
        lanes.0 = Self.round(lanes.0, Self.word(bytes, position))
        lanes.1 = Self.round(lanes.1, Self.word(bytes, position + 8))
        lanes.2 = Self.round(lanes.2, Self.word(bytes, position + 16))
        lanes.3 = Self.round(lanes.3, Self.word(bytes, position + 24))
    }

    var value: UInt64 {
        let (p1, p2, p3, p4, p5) = Self.primes
        var hash: UInt64
        if length >= 32 {
            hash =
                Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7) &+ Self.rotate(lanes.2, 12)
                &+ Self.rotate(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                hash = (hash ^ Self.round(0, lane)) &* p1 &+ p4
            }
        } else {
            hash = p5
        }
        hash &+= length
        var position = 0
        while pending.count - position >= 8 {
            hash = Self.rotate(hash ^ Self.round(0, Self.word(pending[...], position)), 27) &* p1 &+ p4
            position += 8
        }
        if pending.count - position >= 4 {
            var word: UInt64 = 0
            for index in 0..<4 { word |= UInt64(pending[position + index]) << UInt64(8 * index) }
            hash = Self.rotate(hash ^ (word &* p1), 23) &* p2 &+ p3
            position += 4
        }
        for byte in pending[position...] { hash = Self.rotate(hash ^ (UInt64(byte) &* p5), 11) &* p1 }
        hash = (hash ^ (hash >> 33)) &* p2
        hash = (hash ^ (hash >> 29)) &* p3
        return hash ^ (hash >> 32)
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* primes.1, 31) &* primes.0
    }

    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }

    private static func word(_ bytes: ArraySlice<UInt8>, _ position: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<8 { word |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        return word
    }
}

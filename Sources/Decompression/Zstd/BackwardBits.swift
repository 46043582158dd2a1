/// Bits of a zstd stream that is read from its end (RFC 8878, 4.1): the last byte's highest set bit marks the start.
struct BackwardBits {
    private let bytes: [UInt8]
    private let start: Int
    private var next: Int
    private var bits: UInt64 = 0
    private(set) var count = 0
    /// Bits taken beyond the beginning; they read as zeros.
    private(set) var overrun = 0

    /// Nil when the stream is empty or has no mark.
    init?(_ bytes: [UInt8], _ range: Range<Int>) {
        guard let last = range.last, bytes[last] != 0 else { return nil }
        self.bytes = bytes
        start = range.lowerBound
        next = last
        bits = UInt64(bytes[last])
        count = 7 - bytes[last].leadingZeroBitCount
        bits &= 1 << UInt64(count) - 1
    }

    /// Whether every bit was taken and none beyond.
    var isExactlyUsed: Bool { overrun == 0 && count == 0 && next == start }
    var isUsed: Bool { count == 0 && next == start }

    private mutating func fill() {
        while count <= 56, next > start {
            next -= 1
            bits = bits << 8 | UInt64(bytes[next])
            count += 8
        }
    }

    /// The next `wanted` bits (at most 56) without taking them.
    mutating func peek(_ wanted: Int) -> Int {
        if count < wanted { fill() }
        let mask: UInt64 = 1 << UInt64(wanted) - 1
        return count >= wanted
            ? Int(bits >> UInt64(count - wanted) & mask) : Int(bits << UInt64(wanted - count) & mask)
    }

    mutating func drop(_ taken: Int) {
        if taken <= count {
            count -= taken
        } else {
            overrun += taken - count
            count = 0
        }
        bits &= 1 << UInt64(count) - 1
    }

    mutating func take(_ wanted: Int) -> Int {
        if wanted == 0 { return 0 }
        let value = peek(wanted)
        drop(wanted)
        return value
    }
}

/// Takes bit-packed numbers out of bytes, lowest bit first.
struct BitReader {
    private let bytes: [UInt8]
    private let end: Int
    private(set) var position: Int
    private var held: UInt64 = 0
    private var count = 0

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next number of `width` bits, up to 64; nil at the end.
    mutating func next(_ width: Int) -> UInt64? {
        if width > 56 {
            guard let low = next(32), let high = next(width - 32) else { return nil }
            return high << 32 | low
        }
        while count < width {
            guard position < end else { return nil }
            held |= UInt64(bytes[position]) << UInt64(count)
            position += 1
            count += 8
        }
        let value = held & (1 << UInt64(width) - 1)
        held >>= UInt64(width)
        count -= width
        return value
    }
}

/// Parquet's encodings of levels, indices and numbers (Encodings.md).
enum ParquetBits {
    /// Runs and bit-packed groups of numbers of `width` bits; each run goes to `take` as a value and its length.
    /// - Returns: where the last one ended.
    @discardableResult
    static func hybrid(
        _ bytes: [UInt8], _ range: Range<Int>, width: Int, count: Int,
        take: (_ value: UInt32, _ length: Int) throws(ParquetError) -> Void
    ) throws(ParquetError) -> Int {
        guard width <= 32 else { throw .damaged(reason: "numbers of \(width) bits") }
        var position = range.lowerBound
        var left = count
        while left > 0 {
            let header = try varint(bytes, &position, end: range.upperBound)
            let size = Int(clamping: header >> 1)
            if header & 1 == 1 {
                let (values, tooMany) = size.multipliedReportingOverflow(by: 8)
                guard size > 0, !tooMany else { throw damaged }
                let (length, tooLong) = size.multipliedReportingOverflow(by: width)
                // Some writers leave out what the last group does not need.
                let end = tooLong ? range.upperBound : min(range.upperBound, position &+ length)
                guard end >= position else { throw damaged }
                var bits = BitReader(bytes, position..<end)
                for _ in 0..<min(values, left) {
                    guard let value = bits.next(width) else { throw damaged }
                    try take(UInt32(truncatingIfNeeded: value), 1)
                }
                left -= min(values, left)
                position = end
            } else {
                guard size > 0 else { throw damaged }
                let length = (width + 7) / 8
                guard range.upperBound - position >= length else { throw damaged }
                var value: UInt32 = 0
                for index in 0..<length { value |= UInt32(bytes[position + index]) << UInt32(8 * index) }
                position += length
                let run = min(size, left)
                try take(value, run)
                left -= run
            }
        }
        return position
    }

    /// DELTA_BINARY_PACKED: numbers as differences in bit-packed blocks; `position` moves behind them.
    static func deltas(
        _ bytes: [UInt8], _ position: inout Int, count: Int, isNarrow: Bool
    ) throws(ParquetError) -> [Int64] {
        let end = bytes.count
        let blockSize = try varint(bytes, &position, end: end)
        let pieces = try varint(bytes, &position, end: end)
        let total = try varint(bytes, &position, end: end)
        var value = zigzag(try varint(bytes, &position, end: end))
        guard pieces > 0, pieces <= 1_024, blockSize > 0, blockSize <= 1 << 24, blockSize % pieces == 0 else {
            throw damaged
        }
        guard total == UInt64(count) else {
            throw .damaged(reason: "a page states \(count) values and holds \(total)")
        }
        if count == 0 { return [] }
        let perPiece = Int(blockSize / pieces)
        func narrowed(_ value: Int64) -> Int64 { isNarrow ? Int64(Int32(truncatingIfNeeded: value)) : value }
        var values = [narrowed(value)]
        while values.count < count {
            let least = zigzag(try varint(bytes, &position, end: end))
            guard end - position >= Int(pieces) else { throw damaged }
            let widths = Array(bytes[position..<(position + Int(pieces))])
            position += Int(pieces)
            for width in widths where values.count < count {
                guard width <= 64 else { throw damaged }
                let length = (perPiece * Int(width) + 7) / 8
                let stop = min(end, position + length)
                var bits = BitReader(bytes, position..<stop)
                for _ in 0..<min(perPiece, count - values.count) {
                    guard let delta = bits.next(Int(width)) else { throw damaged }
                    value = value &+ least &+ Int64(bitPattern: delta)
                    values.append(narrowed(value))
                }
                position = stop
            }
        }
        return values
    }

    static let damaged = ParquetError.damaged(reason: "a page's values are cut off or contradict their count")

    static func zigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    static func varint(_ bytes: [UInt8], _ position: inout Int, end: Int) throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 70 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw damaged
    }
}

/// Unpacks one block of Snappy (format description of google/snappy), as Parquet pages hold it.
public enum Snappy {
    /// Unpacks a block that may hold `limit` bytes at most; the length it states is checked before anything is
    /// allocated.
    public static func unpack(_ bytes: [UInt8], limit: Int) throws(DecompressionError) -> [UInt8] {
        var position = 0
        func failure(_ reason: String) -> DecompressionError {
            DecompressionError(.snappy, offset: position, reason: reason)
        }
        var length = 0
        var shift = 0
        while true {
            guard position < bytes.count, shift < 35 else { throw failure("its length is cut off") }
            let byte = Int(bytes[position])
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        guard length <= limit else { throw failure("it states \(length) bytes where \(limit) are expected") }
        var output: [UInt8] = []
        // The best that the format can do is 64 bytes for three.
        output.reserveCapacity(min(length, bytes.count &* 22))
        while position < bytes.count {
            let tag = Int(bytes[position])
            position += 1
            var count = 0
            var distance = 0
            func little(_ size: Int) throws(DecompressionError) -> Int {
                guard bytes.count - position >= size else { throw failure("the data ends in the middle") }
                var value = 0
                for index in 0..<size { value |= Int(bytes[position + index]) << (8 * index) }
                position += size
                return value
            }
            switch tag & 3 {
            case 0:
                count = tag >> 2 + 1
                if count > 60 { count = try little(count - 60) + 1 }
                guard count <= bytes.count - position else { throw failure("a text reaches beyond the end") }
                guard output.count + count <= length else { throw failure("it holds more than it states") }
                output += bytes[position..<(position + count)]
                position += count
                continue
            case 1:
                count = (tag >> 2 & 7) + 4
                distance = (tag >> 5) << 8 | (try little(1))
            case 2:
                count = tag >> 2 + 1
                distance = try little(2)
            default:
                count = tag >> 2 + 1
                distance = try little(4)
            }
            guard distance > 0, distance <= output.count else { throw failure("a copy reaches back before the start") }
            guard output.count + count <= length else { throw failure("it holds more than it states") }
            let start = output.count - distance
            for index in 0..<count { output.append(output[start + index]) }
        }
        guard output.count == length else { throw failure("it holds \(output.count) bytes and states \(length)") }
        return output
    }
}

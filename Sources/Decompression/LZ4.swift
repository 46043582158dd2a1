/// Unpacks one block of LZ4 (LZ4 block format description), as Parquet pages hold it.
public enum LZ4 {
    /// Unpacks a block that may hold `limit` bytes at most.
    public static func unpack(_ bytes: ArraySlice<UInt8>, limit: Int) throws(DecompressionError) -> [UInt8] {
        var position = bytes.startIndex
        let end = bytes.endIndex
        func failure(_ reason: String) -> DecompressionError {
            DecompressionError(.lz4, offset: position - bytes.startIndex, reason: reason)
        }
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, bytes.count &* 8))
        func extended(_ first: Int) throws(DecompressionError) -> Int {
            guard first == 15 else { return first }
            var total = first
            while true {
                guard position < end else { throw failure("the data ends in the middle") }
                let byte = Int(bytes[position])
                position += 1
                total += byte
                if byte < 255 { return total }
                if total > limit { throw failure("it holds more than \(limit) bytes") }
            }
        }
        while position < end {
            let token = Int(bytes[position])
            position += 1
            let literals = try extended(token >> 4)
            guard literals <= end - position else { throw failure("a text reaches beyond the end") }
            guard output.count + literals <= limit else { throw failure("it holds more than \(limit) bytes") }
            output += bytes[position..<(position + literals)]
            position += literals
            if position == end { break }
            guard end - position >= 2 else { throw failure("the data ends in the middle") }
            let distance = Int(bytes[position]) | Int(bytes[position + 1]) << 8
            position += 2
            let count = try extended(token & 15) + 4
            guard distance > 0, distance <= output.count else { throw failure("a copy reaches back before the start") }
            guard output.count + count <= limit else { throw failure("it holds more than \(limit) bytes") }
            let start = output.count - distance
            for index in 0..<count { output.append(output[start + index]) }
        }
        return output
    }

    /// The framing that Hadoop puts around blocks, and that Parquet's older LZ4 codec stands for: lengths unpacked
    /// and packed, 4 bytes each, highest first. Nil when the bytes are not framed so.
    public static func unpackHadoop(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        var position = 0
        var output: [UInt8] = []
        func word() -> Int? {
            guard bytes.count - position >= 4 else { return nil }
            defer { position += 4 }
            return bytes[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
        }
        while position < bytes.count {
            guard let unpacked = word(), let packed = word(), packed <= bytes.count - position,
                unpacked <= limit - output.count,
                let block = try? unpack(bytes[position..<(position + packed)], limit: unpacked),
                block.count == unpacked
            else { return nil }
            output += block
            position += packed
        }
        return output
    }
}

import OrderedJSON

/// The header in front of each page (parquet.thrift, PageHeader).
struct ParquetPageHeader {
    enum Kind: Int { case data, index, dictionary, dataV2 }

    var kind: Int?
    var unpackedSize = -1
    var packedSize = -1
    var checksum: UInt32?
    var values = 0
    var encoding = 0
    var definitionEncoding = 3
    var repetitionEncoding = 3
    /// Version 2 only: bytes of the levels, which are never packed.
    var definitionBytes = 0
    var repetitionBytes = 0
    var isPacked = true

    init(_ thrift: inout CompactThrift) throws(ParquetError) {
        try thrift.object { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, .int32): kind = try reader.integer()
            case (2, .int32): unpackedSize = try reader.integer()
            case (3, .int32): packedSize = try reader.integer()
            case (4, .int32): checksum = UInt32(truncatingIfNeeded: try reader.integer())
            case (5, .object): try details(&reader, version: 1)
            case (7, .object): try details(&reader, version: 0)
            case (8, .object): try details(&reader, version: 2)
            default: return false
            }
            return true
        }
    }

    private mutating func details(_ reader: inout CompactThrift, version: Int) throws(ParquetError) {
        try reader.object { reader, field throws(ParquetError) in
            switch (version, field.id, field.kind) {
            case (_, 1, .int32): values = try reader.integer()
            case (0...1, 2, .int32), (2, 4, .int32): encoding = try reader.integer()
            case (1, 3, .int32): definitionEncoding = try reader.integer()
            case (1, 4, .int32): repetitionEncoding = try reader.integer()
            case (2, 5, .int32): definitionBytes = try reader.integer()
            case (2, 6, .int32): repetitionBytes = try reader.integer()
            case (2, 7, .yes), (2, 7, .no): isPacked = try reader.flag(field.kind)
            default: return false
            }
            return true
        }
    }
}

/// Values of a page from their bytes.
struct ParquetDecoder {
    let values: ParquetValues
    private var leaf: ParquetSchema.Leaf { values.leaf }

    init(_ leaf: ParquetSchema.Leaf) {
        values = ParquetValues(leaf: leaf)
    }

    func decode(
        _ bytes: [UInt8], from start: Int, count: Int, encoding: Int, dictionary: [JSONValue]?
    ) throws(ParquetError) -> [JSONValue] {
        if count == 0 { return [] }
        switch (encoding, leaf.physical) {
        case (0, _): return try plain(bytes, from: start, count: count)
        case (2, _), (8, _):
            guard let dictionary else { throw .damaged(reason: "a page needs a dictionary, and there is none") }
            return try indexed(bytes, from: start, count: count, dictionary)
        case (3, .boolean):
            guard bytes.count - start >= 4 else { throw ParquetBits.damaged }
            var flags: [JSONValue] = []
            try ParquetBits.hybrid(bytes, (start + 4)..<bytes.count, width: 1, count: count) {
                flags += repeatElement(.bool($0 == 1), count: $1)
            }
            return flags
        case (5, .int32), (5, .int64):
            var position = start
            return try ParquetBits.deltas(bytes, &position, count: count, isNarrow: leaf.physical == .int32)
                .map(values.integer)
        case (6, .bytes): return try lengthsFirst(bytes, from: start, count: count)
        case (7, .bytes), (7, .fixed): return try prefixes(bytes, from: start, count: count)
        case (9, .float), (9, .double), (9, .int32), (9, .int64), (9, .fixed):
            return try split(bytes, from: start, count: count)
        default:
            throw .unsupported(
                feature: "encoding \(encoding) in column '\(leaf.path.joined(separator: "."))'",
                remedy: "write it again with a current pyarrow")
        }
    }

    // MARK: Encodings

    private func plain(_ bytes: [UInt8], from start: Int, count: Int) throws(ParquetError) -> [JSONValue] {
        var found: [JSONValue] = []
        found.reserveCapacity(min(count, bytes.count * 8))
        switch leaf.physical {
        case .boolean:
            var bits = BitReader(bytes, start..<bytes.count)
            for _ in 0..<count {
                guard let bit = bits.next(1) else { throw ParquetBits.damaged }
                found.append(.bool(bit == 1))
            }
        case .bytes:
            var position = start
            for _ in 0..<count {
                guard bytes.count - position >= 4 else { throw ParquetBits.damaged }
                let length = Int(Self.word(bytes, position))
                position += 4
                guard length <= bytes.count - position else { throw ParquetBits.damaged }
                found.append(try values.bytes(bytes[position..<(position + length)]))
                position += length
            }
        default:
            let width = try self.width()
            let (total, isTooMuch) = width.multipliedReportingOverflow(by: count)
            guard !isTooMuch, bytes.count - start >= total else { throw ParquetBits.damaged }
            for index in 0..<count { found.append(try fixed(bytes, start + index * width, width)) }
        }
        return found
    }

    private func width() throws(ParquetError) -> Int {
        switch leaf.physical {
        case .int32, .float: 4
        case .int64, .double: 8
        case .int96: 12
        case .fixed: leaf.length
        case .boolean, .bytes: throw ParquetBits.damaged
        }
    }

    private func fixed(_ bytes: [UInt8], _ position: Int, _ width: Int) throws(ParquetError) -> JSONValue {
        switch leaf.physical {
        case .int32: return values.integer(Int64(Int32(bitPattern: Self.word(bytes, position))))
        case .float: return values.number(Double(Float(bitPattern: Self.word(bytes, position))))
        case .int64: return values.integer(Int64(bitPattern: Self.long(bytes, position)))
        case .double: return values.number(Double(bitPattern: Self.long(bytes, position)))
        case .int96: return values.int96(bytes[position..<(position + 12)])
        default: return try values.bytes(bytes[position..<(position + width)])
        }
    }

    private func indexed(
        _ bytes: [UInt8], from start: Int, count: Int, _ dictionary: [JSONValue]
    ) throws(ParquetError) -> [JSONValue] {
        guard start < bytes.count else { throw ParquetBits.damaged }
        var found: [JSONValue] = []
        try ParquetBits.hybrid(bytes, (start + 1)..<bytes.count, width: Int(bytes[start]), count: count) {
            index, length throws(ParquetError) in
            guard Int(index) < dictionary.count else { throw .damaged(reason: "a value lies outside its dictionary") }
            if length == 1 {
                found.append(dictionary[Int(index)])
            } else {
                found += repeatElement(dictionary[Int(index)], count: length)
            }
        }
        return found
    }

    private func lengthsFirst(_ bytes: [UInt8], from start: Int, count: Int) throws(ParquetError) -> [JSONValue] {
        var position = start
        let lengths = try ParquetBits.deltas(bytes, &position, count: count, isNarrow: true)
        var found: [JSONValue] = []
        for length in lengths {
            guard length >= 0, Int(length) <= bytes.count - position else { throw ParquetBits.damaged }
            found.append(try values.bytes(bytes[position..<(position + Int(length))]))
            position += Int(length)
        }
        return found
    }

    /// Each value repeats some of the one before.
    private func prefixes(_ bytes: [UInt8], from start: Int, count: Int) throws(ParquetError) -> [JSONValue] {
        var position = start
        let shared = try ParquetBits.deltas(bytes, &position, count: count, isNarrow: true)
        let lengths = try ParquetBits.deltas(bytes, &position, count: count, isNarrow: true)
        var found: [JSONValue] = []
        var last: [UInt8] = []
        var total = 0
        for (shared, length) in zip(shared, lengths) {
            guard shared >= 0, Int(shared) <= last.count, length >= 0, Int(length) <= bytes.count - position else {
                throw ParquetBits.damaged
            }
            last.removeSubrange(Int(shared)...)
            last += bytes[position..<(position + Int(length))]
            position += Int(length)
            // Long shared beginnings could unfold a small page into any size.
            total += last.count
            guard total <= 1 << 31 else { throw .damaged(reason: "a page unfolds to more than 2 GiB") }
            if leaf.physical == .fixed, last.count != leaf.length { throw ParquetBits.damaged }
            found.append(try values.bytes(last[...]))
        }
        return found
    }

    /// BYTE_STREAM_SPLIT: the first bytes of all values, then the second, …
    private func split(_ bytes: [UInt8], from start: Int, count: Int) throws(ParquetError) -> [JSONValue] {
        let width = try self.width()
        let (total, isTooMuch) = width.multipliedReportingOverflow(by: count)
        guard !isTooMuch, bytes.count - start >= total else { throw ParquetBits.damaged }
        var found: [JSONValue] = []
        found.reserveCapacity(count)
        var one = [UInt8](repeating: 0, count: width)
        for index in 0..<count {
            for byte in 0..<width { one[byte] = bytes[start + byte * count + index] }
            found.append(try fixed(one, 0, width))
        }
        return found
    }

    static func word(_ bytes: [UInt8], _ position: Int) -> UInt32 {
        UInt32(bytes[position]) | UInt32(bytes[position + 1]) << 8 | UInt32(bytes[position + 2]) << 16
            | UInt32(bytes[position + 3]) << 24
    }

    private static func long(_ bytes: [UInt8], _ position: Int) -> UInt64 {
        UInt64(word(bytes, position)) | UInt64(word(bytes, position + 4)) << 32
    }
}

import Decompression
import OrderedJSON

/// The values of one leaf in one row group, in order, a page in memory at a time.
final class ParquetLeafCursor {
    /// Values a page may state: beyond what any writer puts in one.
    private static let pageLimit = 1 << 26

    let leaf: ParquetSchema.Leaf
    private let file: any PlacedBytes
    private let codec: ParquetCodec
    private let decoder: ParquetDecoder
    private var offset: Int
    private let end: Int
    /// Values of the chunk that no page was read for yet.
    private var left: Int
    private var dictionary: [JSONValue]?
    private var repetitions: [UInt8] = []
    private var definitions: [UInt8] = []
    private var values: [JSONValue] = []
    private var pageCount = 0
    private var index = 0
    private var valueIndex = 0

    init(_ leaf: ParquetSchema.Leaf, _ chunk: ParquetMetadata.Chunk, in file: any PlacedBytes) throws(ParquetError) {
        let name = leaf.path.joined(separator: ".")
        if chunk.isElsewhere {
            throw .unsupported(
                feature: "values of column '\(name)' in another file", remedy: "write it again as one file")
        }
        if chunk.isEncrypted {
            throw .unsupported(feature: "encryption", remedy: "write it again without")
        }
        guard let codec = ParquetCodec(rawValue: chunk.codec) else {
            throw .unsupported(
                feature: "compression \(chunk.codec)",
                remedy: "write it again with compression snappy, zstd, gzip or none")
        }
        guard chunk.hasMetadata, chunk.path == leaf.path, chunk.physical == leaf.physical.rawValue else {
            throw .damaged(reason: "the chunks of a row group do not match its columns (at '\(name)')")
        }
        var start = chunk.dataOffset
        if let first = chunk.dictionaryOffset, first > 0, first < start { start = first }
        let (end, isTooFar) = start.addingReportingOverflow(chunk.packedSize)
        guard start >= 4, chunk.packedSize >= 0, !isTooFar, end <= file.count, chunk.values >= 0 else {
            throw .damaged(reason: "column '\(name)' lies outside the file")
        }
        self.leaf = leaf
        self.file = file
        self.codec = codec
        decoder = ParquetDecoder(leaf)
        offset = start
        self.end = end
        left = chunk.values
    }

    /// Levels of the next value; nil at the end.
    func peek() throws(ParquetError) -> (repetition: Int, definition: Int)? {
        while index == pageCount {
            if left == 0 { return nil }
            try readPage()
        }
        return (
            leaf.maxRepetition > 0 ? Int(repetitions[index]) : 0,
            leaf.maxDefinition > 0 ? Int(definitions[index]) : 0
        )
    }

    /// Takes the next value: null where it is not there.
    func take() throws(ParquetError) -> JSONValue {
        guard let levels = try peek() else {
            throw .damaged(reason: "column '\(leaf.path.joined(separator: "."))' ends before the others")
        }
        index += 1
        guard levels.definition == leaf.maxDefinition else { return .null }
        valueIndex += 1
        return values[valueIndex - 1]
    }

    // MARK: Pages

    private func readPage() throws(ParquetError) {
        let (header, headerSize) = try readHeader()
        guard let kind = header.kind, header.packedSize >= 0, header.unpackedSize >= 0,
            header.packedSize <= end - offset - headerSize
        else { throw damaged("a page lies outside its column") }
        offset += headerSize
        let body = try file.bytes(offset..<(offset + header.packedSize))
        offset += header.packedSize
        if let checksum = header.checksum {
            var found = CRC32()
            found.update(body)
            if found.value != checksum { throw damaged("the checksum of a page does not match its content") }
        }
        guard header.values >= 0, header.values <= Self.pageLimit else { throw damaged("a page has too many values") }
        switch ParquetPageHeader.Kind(rawValue: kind) {
        case .dictionary:
            guard dictionary == nil, pageCount == 0 else { throw damaged("it has a second dictionary") }
            let bytes = try codec.unpack(body, size: header.unpackedSize)
            dictionary = try decoder.decode(bytes, from: 0, count: header.values, encoding: 0, dictionary: nil)
        case .data: try readData(header, body)
        case .dataV2: try readDataV2(header, body)
        default: break
        }
    }

    private func readHeader() throws(ParquetError) -> (ParquetPageHeader, size: Int) {
        var size = 1 << 10
        while true {
            let count = min(size, end - offset)
            guard count > 0 else { throw damaged("its pages end too early") }
            var thrift = CompactThrift(try file.bytes(offset..<(offset + count)))
            do {
                let header = try ParquetPageHeader(&thrift)
                return (header, thrift.position)
            } catch {
                // Statistics of long texts make long headers.
                guard error == CompactThrift.cutOff, count == size, size < 1 << 26 else { throw error }
                size *= 8
            }
        }
    }

    private func readData(_ header: ParquetPageHeader, _ body: [UInt8]) throws(ParquetError) {
        let bytes = try codec.unpack(body, size: header.unpackedSize)
        var position = 0
        let count = header.values
        repetitions = try levels(bytes, &position, leaf.maxRepetition, count, header.repetitionEncoding)
        definitions = try levels(bytes, &position, leaf.maxDefinition, count, header.definitionEncoding)
        try finish(header, bytes, from: position)
    }

    private func readDataV2(_ header: ParquetPageHeader, _ body: [UInt8]) throws(ParquetError) {
        let (before, isTooMuch) = header.repetitionBytes.addingReportingOverflow(header.definitionBytes)
        guard header.repetitionBytes >= 0, header.definitionBytes >= 0, !isTooMuch, before <= body.count,
            header.unpackedSize >= before
        else { throw damaged("the levels of a page lie outside it") }
        let middle = header.repetitionBytes
        repetitions = try levels(body, 0..<middle, leaf.maxRepetition, header.values)
        definitions = try levels(body, middle..<before, leaf.maxDefinition, header.values)
        let rest = Array(body[before...])
        let size = header.unpackedSize - before
        let packed = header.isPacked && codec != .none && !(rest.isEmpty && size == 0)
        try finish(header, packed ? try codec.unpack(rest, size: size) : rest, from: 0)
    }

    private func finish(_ header: ParquetPageHeader, _ bytes: [UInt8], from position: Int) throws(ParquetError) {
        let count = header.values
        guard count <= left else { throw damaged("its pages hold more values than it states") }
        let most = UInt8(leaf.maxDefinition)
        let present = leaf.maxDefinition == 0 ? count : definitions.count { $0 == most }
        values = try decoder.decode(
            bytes, from: position, count: present, encoding: header.encoding, dictionary: dictionary)
        guard values.count == present else { throw damaged("a page holds fewer values than it states") }
        left -= count
        pageCount = count
        (index, valueIndex) = (0, 0)
    }

    // MARK: Levels

    /// Version 1: run-length levels behind their size, or the bit-packed ones of the first writers.
    private func levels(
        _ bytes: [UInt8], _ position: inout Int, _ most: Int, _ count: Int, _ encoding: Int
    ) throws(ParquetError) -> [UInt8] {
        guard most > 0 else { return [] }
        if encoding == 4 {
            let width = Int.bitWidth - most.leadingZeroBitCount
            let size = (count * width + 7) / 8
            guard size <= bytes.count - position else { throw ParquetBits.damaged }
            var found: [UInt8] = []
            for value in 0..<count {
                // Highest bit first, unlike everything else in the format.
                var level = 0
                for bit in (value * width)..<((value + 1) * width) {
                    level = level << 1 | Int(bytes[position + bit >> 3] >> UInt8(7 - bit & 7) & 1)
                }
                guard level <= most else { throw damaged("a level is too high") }
                found.append(UInt8(level))
            }
            position += size
            return found
        }
        guard encoding == 3, bytes.count - position >= 4 else { throw damaged("its levels cannot be read") }
        let size = Int(ParquetDecoder.word(bytes, position))
        position += 4
        guard size <= bytes.count - position else { throw ParquetBits.damaged }
        position += size
        return try levels(bytes, (position - size)..<position, most, count)
    }

    private func levels(
        _ bytes: [UInt8], _ range: Range<Int>, _ most: Int, _ count: Int
    ) throws(ParquetError) -> [UInt8] {
        guard most > 0 else { return [] }
        var found: [UInt8] = []
        let width = Int.bitWidth - most.leadingZeroBitCount
        try ParquetBits.hybrid(bytes, range, width: width, count: count) { level, length throws(ParquetError) in
            guard Int(level) <= most else { throw self.damaged("a level is too high") }
            if length == 1 {
                found.append(UInt8(level))
            } else {
                found += repeatElement(UInt8(level), count: length)
            }
        }
        return found
    }

    private func damaged(_ reason: String) -> ParquetError {
        .damaged(reason: "column '\(leaf.path.joined(separator: "."))': \(reason)")
    }
}

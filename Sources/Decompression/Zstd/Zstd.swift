/// Unpacks zstd (RFC 8878), of one frame or several, block by block; dictionaries are refused.
public struct Zstd {
    private static let blockLimit = 1 << 17
    /// What the zstd tool accepts without being asked for more.
    private static let windowLimit = 1 << 27

    private var input: CompressedInput
    /// What matches may reach back to, then what is new.
    private var output: [UInt8] = []
    private var window = 0
    private var frames = 0
    private var inFrame = false
    private var hasChecksum = false
    private var statedSize: Int?
    private var frameSize = 0
    private var hash = XXHash64()
    private var huffman: ZstdHuffman?
    private var sequences = ZstdSequences()

    public init(_ input: CompressedInput) {
        self.input = input
    }

    /// The next bytes; nil at the end.
    /// - Throws: `DecompressionError`, and what the input throws.
    public mutating func next() throws -> ArraySlice<UInt8>? {
        while true {
            if !inFrame, !(try startFrame()) { return nil }
            if output.count > window + (1 << 20), output.count > 2 * window {
                output.removeFirst(output.count - window)
            }
            let begin = output.count
            try readBlock()
            let piece = output[begin...]
            if piece.isEmpty { continue }
            return piece
        }
    }

    /// All of it, or an error when it is more than `limit` bytes.
    public static func unpack(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        var zstd = Zstd(CompressedInput(bytes))
        var output: [UInt8] = []
        while let piece = try zstd.next() {
            if output.count + piece.count > limit {
                throw DecompressionError(.zstd, offset: bytes.count, reason: "it holds more than \(limit) bytes")
            }
            output += piece
        }
        return output
    }

    // MARK: Frames

    /// False at the end of the input.
    private mutating func startFrame() throws -> Bool {
        while true {
            guard try input.peek() != nil else {
                if frames == 0 { throw failure("there are no bytes") }
                return false
            }
            let magic = try little(4)
            if magic & 0xFFFF_FFF0 == 0x184D_2A50 {
                let size = try little(4)
                frames += 1
                var left = size
                while left > 0 {
                    guard let skipped = try input.take(min(left, 1 << 16)) else {
                        throw failure("the data ends in the middle")
                    }
                    left -= skipped.count
                }
                continue
            }
            guard magic == 0xFD2F_B528 else {
                throw failure(frames == 0 ? "it does not begin as zstd does" : "other bytes come after the end")
            }
            break
        }
        let flags = try little(1)
        if flags & 8 != 0 { throw failure("unknown flags in its header") }
        let isSingle = flags & 32 != 0
        hasChecksum = flags & 4 != 0
        if !isSingle {
            let descriptor = try little(1)
            let base = 1 << (10 + descriptor >> 3)
            window = base + base / 8 * (descriptor & 7)
        }
        if try little([0, 1, 2, 4][flags & 3]) != 0 {
            throw failure("it was packed with a dictionary. Pack it again without one")
        }
        statedSize = nil
        switch flags >> 6 {
        case 0: if isSingle { statedSize = try little(1) }
        case 1: statedSize = try little(2) + 256
        case 2: statedSize = try little(4)
        default: statedSize = try little(8)
        }
        if let statedSize, statedSize < 0 { throw failure("it states an impossible length") }
        if isSingle { window = statedSize ?? 0 }
        guard window <= Self.windowLimit || isSingle else {
            throw failure(
                "it needs \(window >> 20) MiB of memory to be unpacked. Pack it again with a window up to 128 MiB")
        }
        // A frame that states its length may reach back over all of it, which need not be kept beyond the limit.
        window = min(window, Self.windowLimit)
        output = []
        (frameSize, hash, huffman, sequences) = (0, XXHash64(), nil, ZstdSequences())
        inFrame = true
        frames += 1
        return true
    }

    private mutating func readBlock() throws {
        let header = try little(3)
        let size = header >> 3
        let begin = output.count
        let most = min(max(window, 1), Self.blockLimit)
        switch header >> 1 & 3 {
        case 0:
            guard size <= most else { throw failure("a block is too large") }
            guard let bytes = try input.take(size) else { throw failure("the data ends in the middle") }
            output += bytes
        case 1:
            guard size <= most else { throw failure("a block is too large") }
            let byte = UInt8(truncatingIfNeeded: try little(1))
            output += repeatElement(byte, count: size)
        case 2:
            guard size <= Self.blockLimit else { throw failure("a block is too large") }
            guard let bytes = try input.take(size) else { throw failure("the data ends in the middle") }
            try unpack(bytes)
            guard output.count - begin <= Self.blockLimit else { throw failure("a block is too large") }
        default: throw failure("unknown kind of block")
        }
        frameSize += output.count - begin
        if hasChecksum { hash.update(output[begin...]) }
        guard header & 1 == 1 else { return }
        if let statedSize, statedSize != frameSize {
            throw failure("it states \(statedSize) bytes and holds \(frameSize)")
        }
        if hasChecksum {
            guard try little(4) == Int(hash.value & 0xFFFF_FFFF) else {
                throw failure("its checksum does not match its content")
            }
        }
        inFrame = false
    }

    // MARK: Compressed blocks

    private mutating func unpack(_ bytes: [UInt8]) throws {
        var position = 0
        let literals = try readLiterals(bytes, &position)
        try runSequences(bytes, position, literals)
    }

    private mutating func readLiterals(_ bytes: [UInt8], _ position: inout Int) throws -> [UInt8] {
        guard let first = bytes.first else { throw failure("a block is empty") }
        let (kind, format) = (Int(first) & 3, Int(first) >> 2 & 3)
        func header(_ size: Int) throws -> Int {
            guard bytes.count >= size else { throw failure("a block's header is cut off") }
            position = size
            return bytes[..<size].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        if kind < 2 {
            let count: Int
            switch format {
            case 1: count = try header(2) >> 4
            case 3: count = try header(3) >> 4
            default: count = try header(1) >> 3
            }
            guard count <= Self.blockLimit else { throw failure("a block has too many literals") }
            let size = kind == 0 ? count : 1
            guard bytes.count - position >= size else { throw failure("literals are cut off") }
            defer { position += size }
            return kind == 0
                ? Array(bytes[position..<(position + count)])
                : [UInt8](repeating: bytes[position], count: count)
        }
        let value = try header([3, 3, 4, 5][format]) >> 4
        let width = [10, 10, 14, 18][format]
        let count = value & (1 << width - 1)
        let size = value >> width & (1 << width - 1)
        guard count <= Self.blockLimit, size <= bytes.count - position else { throw failure("literals are cut off") }
        let end = position + size
        if kind == 2 {
            guard let tree = ZstdHuffman(bytes, &position, end: end) else { throw failure("a Huffman tree is damaged") }
            huffman = tree
        }
        guard let huffman else { throw failure("a block uses the Huffman tree of none before it") }
        var literals: [UInt8] = []
        literals.reserveCapacity(count)
        if format == 0 {
            guard huffman.decode(bytes, position..<end, count: count, into: &literals) else {
                throw failure("literals are damaged")
            }
        } else {
            guard end - position >= 6 else { throw failure("literals are cut off") }
            var begin = position + 6
            let part = (count + 3) / 4
            guard count >= 3 * part else { throw failure("literals are damaged") }
            for stream in 0..<4 {
                let at = position + 2 * stream
                let stop = stream < 3 ? begin + Int(bytes[at]) + Int(bytes[at + 1]) << 8 : end
                guard begin <= stop, stop <= end,
                    huffman.decode(
                        bytes, begin..<stop, count: stream < 3 ? part : count - 3 * part, into: &literals)
                else { throw failure("literals are damaged") }
                begin = stop
            }
        }
        position = end
        return literals
    }

    private mutating func runSequences(_ bytes: [UInt8], _ from: Int, _ literals: [UInt8]) throws {
        var position = from
        func byte() throws -> Int {
            guard position < bytes.count else { throw failure("sequences are cut off") }
            position += 1
            return Int(bytes[position - 1])
        }
        var count = try byte()
        if count == 255 {
            count = try byte() + (try byte()) << 8 + 0x7F00
        } else if count >= 128 {
            count = (count - 128) << 8 + (try byte())
        }
        if count == 0 {
            guard position == bytes.count else { throw failure("a block has bytes too many") }
            output += literals
            return
        }
        let modes = try byte()
        guard modes & 3 == 0,
            let lengths = ZstdSequences.table(
                mode: modes >> 6, kind: ZstdSequences.literalLengths, before: sequences.literalTable, bytes, &position),
            let offsets = ZstdSequences.table(
                mode: modes >> 4 & 3, kind: ZstdSequences.offsets, before: sequences.offsetTable, bytes, &position),
            let matches = ZstdSequences.table(
                mode: modes >> 2 & 3, kind: ZstdSequences.matchLengths, before: sequences.matchTable, bytes, &position),
            position < bytes.count, var bits = BackwardBits(bytes, position..<bytes.count)
        else { throw failure("the tables of a block's sequences are damaged") }
        (sequences.literalTable, sequences.offsetTable, sequences.matchTable) = (lengths, offsets, matches)
        var lengthState = bits.take(lengths.log)
        var offsetState = bits.take(offsets.log)
        var matchState = bits.take(matches.log)
        var taken = 0
        let begin = output.count
        for index in 0..<count {
            let length = lengths.entries[lengthState]
            let offset = offsets.entries[offsetState]
            let match = matches.entries[matchState]
            let offsetValue = 1 << Int(offset.symbol) + bits.take(Int(offset.symbol))
            let matchLength =
                ZstdSequences.matchBase[Int(match.symbol)] + bits.take(ZstdSequences.matchBits[Int(match.symbol)])
            let literalLength =
                ZstdSequences.literalBase[Int(length.symbol)]
                + bits.take(ZstdSequences.literalBits[Int(length.symbol)])
            if index < count - 1 {
                lengthState = Int(length.base) + bits.take(Int(length.bits))
                matchState = Int(match.base) + bits.take(Int(match.bits))
                offsetState = Int(offset.base) + bits.take(Int(offset.bits))
            }
            guard bits.overrun == 0 else { throw failure("sequences are cut off") }
            guard literalLength <= literals.count - taken,
                output.count - begin + literalLength + matchLength <= Self.blockLimit
            else { throw failure("a sequence asks for more than its block has") }
            output += literals[taken..<(taken + literalLength)]
            taken += literalLength
            let distance = sequences.distance(offsetValue, literals: literalLength)
            guard distance > 0, distance <= output.count else {
                throw failure("a match reaches back before the start")
            }
            let start = output.count - distance
            if distance >= matchLength {
                // Not `output += output[…]`: the slice would hold on to the array and have all of it copied.
                for index in start..<(start + matchLength) { output.append(output[index]) }
            } else {
                for index in 0..<matchLength { output.append(output[start + index % distance]) }
            }
        }
        guard bits.isExactlyUsed else { throw failure("a block has bits too many") }
        output += literals[taken...]
    }

    // MARK: Bytes

    private mutating func little(_ size: Int) throws -> Int {
        if size == 0 { return 0 }
        guard let bytes = try input.take(size) else { throw failure("the data ends in the middle") }
        return bytes.reversed().reduce(0) { Int(truncatingIfNeeded: UInt(bitPattern: $0) << 8 | UInt($1)) }
    }

    private func failure(_ reason: String) -> DecompressionError {
        DecompressionError(.zstd, offset: input.offset, reason: reason)
    }
}

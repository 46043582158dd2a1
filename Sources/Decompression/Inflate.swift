/// Unpacks a deflate stream (RFC 1951) piece by piece.
struct Inflate {
    /// How far back a match may reach.
    static let window = 32_768
    private static let piece = 1 << 18

    private enum Block {
        case none
        case stored(left: Int)
        case coded
        case finished
    }

    var input: CompressedInput
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var block = Block.none
    private var isLast = false
    private var literals: HuffmanCode?
    private var distances: HuffmanCode?
    /// The last 32 KiB that were given out, then what is new.
    private var output = [UInt8](repeating: 0, count: Inflate.window + Inflate.piece + 258)
    private var filled = 0

    init(_ input: CompressedInput) {
        self.input = input
    }

    /// The next bytes, up to about 256 KiB; empty once the stream has ended.
    mutating func next() throws -> ArraySlice<UInt8> {
        if filled > Self.window {
            let start = filled - Self.window
            for index in 0..<Self.window { output[index] = output[start + index] }
            filled = Self.window
        }
        let begin = filled
        while filled - begin < Self.piece {
            switch block {
            case .none: try startBlock()
            case .stored(let left): try copyStored(left, begin: begin)
            case .coded: try decode(upTo: begin + Self.piece)
            case .finished: return output[begin..<filled]
            }
        }
        return output[begin..<filled]
    }

    /// After the end: gives back whole bytes that were read ahead.
    mutating func nextByte() throws -> UInt8? {
        if bitCount >= 8 {
            let drop = bitCount % 8
            bits >>= UInt64(drop)
            bitCount -= drop
            let byte = UInt8(truncatingIfNeeded: bits)
            bits >>= 8
            bitCount -= 8
            return byte
        }
        (bits, bitCount) = (0, 0)
        return try input.next()
    }

    /// Starts another stream behind this one, as in a gzip file of several members.
    mutating func restart() {
        (block, isLast, filled) = (.none, false, 0)
    }

    // MARK: Blocks

    private mutating func startBlock() throws {
        if isLast {
            block = .finished
            return
        }
        isLast = try take(1) == 1
        switch try take(2) {
        case 0:
            let drop = bitCount % 8
            bits >>= UInt64(drop)
            bitCount -= drop
            let length = try take(16)
            guard try take(16) == ~length & 0xFFFF else {
                throw failure("the length of a stored block contradicts its copy")
            }
            block = .stored(left: length)
        case 1:
            (literals, distances) = (Self.fixedLiterals, Self.fixedDistances)
            block = .coded
        case 2:
            try readCodes()
            block = .coded
        default: throw failure("unknown kind of block")
        }
    }

    private mutating func copyStored(_ left: Int, begin: Int) throws {
        let count = min(left, Self.piece - (filled - begin))
        for _ in 0..<count {
            guard let byte = try nextByte() else { throw failure("the data ends in the middle") }
            output[filled] = byte
            filled += 1
        }
        block = left == count ? .none : .stored(left: left - count)
    }

    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private mutating func readCodes() throws {
        let literalCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let lengthCount = try take(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw failure("a block has too many codes") }
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<lengthCount { lengths[Self.order[index]] = UInt8(try take(3)) }
        guard let code = HuffmanCode(lengths: lengths[...]) else { throw failure("a block's code lengths do not fit") }
        var all: [UInt8] = []
        let wanted = literalCount + distanceCount
        while all.count < wanted {
            let symbol = try self.symbol(code)
            switch symbol {
            case 0...15: all.append(UInt8(symbol))
            case 16:
                guard let last = all.last else { throw failure("a block repeats a code length before the first") }
                all += repeatElement(last, count: try take(2) + 3)
            case 17: all += repeatElement(0, count: try take(3) + 3)
            default: all += repeatElement(0, count: try take(7) + 11)
            }
        }
        guard all.count == wanted, all[256] > 0, let literals = HuffmanCode(lengths: all[..<literalCount]),
            let distances = HuffmanCode(lengths: all[literalCount...])
        else { throw failure("a block's codes do not fit") }
        (self.literals, self.distances) = (literals, distances)
    }

    private static let fixedLiterals = HuffmanCode(
        lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }[...])
    private static let fixedDistances = HuffmanCode(lengths: [UInt8](repeating: 5, count: 32)[...])

    // MARK: Symbols

    private mutating func decode(upTo limit: Int) throws {
        guard let literals, let distances else { throw failure("a block has no codes") }
        while filled < limit {
            let symbol = try self.symbol(literals)
            if symbol < 256 {
                output[filled] = UInt8(truncatingIfNeeded: symbol)
                filled += 1
                continue
            }
            if symbol == 256 {
                block = .none
                return
            }
            guard symbol < 286 else { throw failure("unknown length code") }
            let length = Self.lengthBase[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
            let place = try self.symbol(distances)
            guard place < 30 else { throw failure("unknown distance code") }
            let distance = Self.distanceBase[place] + (try take(Self.distanceBits[place]))
            guard distance <= filled else { throw failure("a match reaches back before the start") }
            for index in filled..<(filled + length) { output[index] = output[index - distance] }
            filled += length
        }
    }

    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]

    private mutating func symbol(_ code: HuffmanCode) throws -> Int {
        if bitCount < 15 { try fill() }
        let entry = code.table[Int(bits & (1 << HuffmanCode.direct - 1))]
        var (symbol, length) = (Int(entry >> 4), Int(entry & 15))
        if length == 0 {
            guard let found = code.longCode(bits) else {
                throw failure(bitCount < 15 ? "the data ends in the middle" : "a code without a meaning")
            }
            (symbol, length) = found
        }
        guard length <= bitCount else { throw failure("the data ends in the middle") }
        bits >>= UInt64(length)
        bitCount -= length
        return symbol
    }

    private mutating func take(_ count: Int) throws -> Int {
        if count == 0 { return 0 }
        if bitCount < count { try fill() }
        guard count <= bitCount else { throw failure("the data ends in the middle") }
        let value = Int(bits & (1 << UInt64(count) - 1))
        bits >>= UInt64(count)
        bitCount -= count
        return value
    }

    private mutating func fill() throws {
        while bitCount <= 48, let byte = try input.next() {
            bits |= UInt64(byte) << UInt64(bitCount)
            bitCount += 8
        }
    }

    private func failure(_ reason: String) -> DecompressionError {
        DecompressionError(.deflate, offset: max(0, input.offset - bitCount / 8), reason: reason)
    }
}

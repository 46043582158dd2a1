/// The Huffman code of a zstd frame's literals (RFC 8878, 4.2).
struct ZstdHuffman {
    let log: Int
    /// By the next `log` bits: `symbol << 8 | length`.
    let table: [UInt16]

    /// Reads the tree's description and moves `position` behind it; nil when it is damaged.
    init?(_ bytes: [UInt8], _ position: inout Int, end: Int) {
        guard position < end else { return nil }
        let header = Int(bytes[position])
        position += 1
        var weights: [Int] = []
        if header >= 128 {
            let count = header - 127
            guard end - position >= (count + 1) / 2 else { return nil }
            for index in 0..<count {
                let byte = bytes[position + index / 2]
                weights.append(Int(index.isMultiple(of: 2) ? byte >> 4 : byte & 15))
            }
            position += (count + 1) / 2
        } else {
            let stop = position + header
            guard stop <= end, let table = FSETable.read(bytes, &position, end: stop, maxLog: 6, maxSymbol: 12),
                position <= stop, let found = Self.weights(bytes, position..<stop, table)
            else { return nil }
            weights = found
            position = stop
        }
        guard weights.allSatisfy({ $0 <= 11 }) else { return nil }
        let sum = weights.reduce(0) { $0 + ($1 > 0 ? 1 << ($1 - 1) : 0) }
        guard sum > 0 else { return nil }
        let log = Int.bitWidth - sum.leadingZeroBitCount
        let left = 1 << log - sum
        guard log <= 11, left & (left - 1) == 0, weights.count < 256 else { return nil }
        weights.append(left.trailingZeroBitCount + 1)
        var table: [UInt16] = []
        table.reserveCapacity(1 << log)
        for weight in 1...log {
            for (symbol, own) in weights.enumerated() where own == weight {
                table += repeatElement(UInt16(symbol << 8 | (log + 1 - weight)), count: 1 << (weight - 1))
            }
        }
        guard table.count == 1 << log else { return nil }
        self.log = log
        self.table = table
    }

    /// Two states take turns until the bits are used up.
    private static func weights(_ bytes: [UInt8], _ range: Range<Int>, _ table: FSETable) -> [Int]? {
        guard var bits = BackwardBits(bytes, range) else { return nil }
        var states = [bits.take(table.log), bits.take(table.log)]
        guard bits.overrun == 0 else { return nil }
        var weights: [Int] = []
        var turn = 0
        while weights.count < 255 {
            let entry = table.entries[states[turn]]
            weights.append(Int(entry.symbol))
            states[turn] = Int(entry.base) + bits.take(Int(entry.bits))
            if bits.overrun > 0 {
                weights.append(Int(table.entries[states[1 - turn]].symbol))
                return weights
            }
            turn = 1 - turn
        }
        return nil
    }

    /// Appends `count` literals; false when the stream does not hold exactly these.
    func decode(_ bytes: [UInt8], _ range: Range<Int>, count: Int, into output: inout [UInt8]) -> Bool {
        guard var bits = BackwardBits(bytes, range) else { return false }
        for _ in 0..<count {
            let entry = table[bits.peek(log)]
            bits.drop(Int(entry & 0xFF))
            output.append(UInt8(entry >> 8))
        }
        return bits.isExactlyUsed
    }
}

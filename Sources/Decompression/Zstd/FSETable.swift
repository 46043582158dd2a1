/// A decoding table of zstd's finite state entropy (RFC 8878, 4.1).
struct FSETable {
    struct Entry {
        var symbol: UInt8
        var bits: UInt8
        var base: UInt16
    }

    /// Bits of a state.
    let log: Int
    let entries: [Entry]

    /// A table of one symbol that takes no bits.
    init(only symbol: UInt8) {
        log = 0
        entries = [Entry(symbol: symbol, bits: 0, base: 0)]
    }

    /// From the normalised counts of the symbols; −1 stands for "less than one". Nil when they do not fill the table.
    init?(counts: [Int], log: Int) {
        let size = 1 << log
        guard counts.reduce(0, { $0 + ($1 == -1 ? 1 : $1) }) == size else { return nil }
        var symbols = [UInt8](repeating: 0, count: size)
        var next = [Int](repeating: 0, count: counts.count)
        var high = size
        for (symbol, count) in counts.enumerated() {
            if count == -1 {
                high -= 1
                symbols[high] = UInt8(symbol)
                next[symbol] = 1
            } else {
                next[symbol] = count
            }
        }
        let step = size >> 1 + size >> 3 + 3
        var position = 0
        for (symbol, count) in counts.enumerated() where count > 0 {
            for _ in 0..<count {
                symbols[position] = UInt8(symbol)
                repeat { position = (position + step) & (size - 1) } while position >= high
            }
        }
        var entries: [Entry] = []
        entries.reserveCapacity(size)
        for symbol in symbols {
            let state = next[Int(symbol)]
            next[Int(symbol)] += 1
            let bits = log - (Int.bitWidth - 1 - state.leadingZeroBitCount)
            entries.append(Entry(symbol: symbol, bits: UInt8(bits), base: UInt16(state << bits - size)))
        }
        self.log = log
        self.entries = entries
    }

    /// Reads a table's description and moves `position` behind it; nil when it is damaged.
    static func read(_ bytes: [UInt8], _ position: inout Int, end: Int, maxLog: Int, maxSymbol: Int) -> FSETable? {
        var bit = position * 8
        let last = end * 8
        func peek(_ count: Int) -> Int {
            var value = 0
            for index in 0..<count where bit + index < last {
                value |= Int(bytes[(bit + index) >> 3] >> UInt8((bit + index) & 7) & 1) << index
            }
            return value
        }
        let log = peek(4) + 5
        bit += 4
        guard log <= maxLog else { return nil }
        var counts: [Int] = []
        var remaining = 1 << log + 1
        var threshold = 1 << log
        var width = log + 1
        while remaining > 1 {
            guard counts.count <= maxSymbol, bit < last else { return nil }
            let most = 2 * threshold - 1 - remaining
            var count = peek(width)
            if count & (threshold - 1) < most {
                count &= threshold - 1
                bit += width - 1
            } else {
                if count >= threshold { count -= most }
                bit += width
            }
            count -= 1
            counts.append(count)
            remaining -= abs(count)
            if count == 0 {
                while true {
                    let zeros = peek(2)
                    bit += 2
                    counts += repeatElement(0, count: zeros)
                    if zeros < 3 { break }
                    guard counts.count <= maxSymbol + 1, bit < last else { return nil }
                }
            }
            while remaining < threshold, threshold > 1 {
                width -= 1
                threshold >>= 1
            }
        }
        guard remaining == 1, counts.count <= maxSymbol + 1, bit <= last else { return nil }
        position = (bit + 7) / 8
        return FSETable(counts: counts, log: log)
    }
}

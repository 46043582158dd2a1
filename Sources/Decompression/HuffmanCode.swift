/// A canonical prefix code of deflate (RFC 1951, 3.2.2): codes of up to 10 bits by one look-up, longer ones bit by bit.
struct HuffmanCode {
    static let direct = 10
    /// By the next ten bits: `symbol << 4 | length`; 0 for longer codes.
    private(set) var table: [UInt16]
    /// Codes of each length, and symbols in the order of their codes.
    private var counts = [Int](repeating: 0, count: 16)
    private var symbols: [UInt16] = []

    /// Nil when the lengths say more codes than there are bits for, or leave codes without a symbol: only a code of
    /// a single symbol may do that.
    init?(lengths: ArraySlice<UInt8>) {
        table = [UInt16](repeating: 0, count: 1 << Self.direct)
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        var left = 1
        for length in 1...15 {
            left = left * 2 - counts[length]
            if left < 0 { return nil }
        }
        let used = counts.reduce(0, +)
        if left > 0, used > 1 { return nil }
        var starts = [Int](repeating: 0, count: 17)
        for length in 1...15 { starts[length + 1] = starts[length] + counts[length] }
        symbols = [UInt16](repeating: 0, count: used)
        var places = starts
        for (symbol, length) in lengths.enumerated() where length > 0 {
            symbols[places[Int(length)]] = UInt16(symbol)
            places[Int(length)] += 1
        }
        var code = 0
        for length in 1...Self.direct {
            for place in starts[length]..<starts[length + 1] {
                // The stream gives a code's highest bit first, in the lowest bit.
                var reversed = 0
                for bit in 0..<length where code >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
                let entry = symbols[place] << 4 | UInt16(length)
                for index in stride(from: reversed, to: 1 << Self.direct, by: 1 << length) { table[index] = entry }
                code += 1
            }
            code <<= 1
        }
    }

    /// The symbol whose code begins `bits` and its length; nil when no code does.
    func longCode(_ bits: UInt64) -> (symbol: Int, length: Int)? {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            code |= Int(bits >> UInt64(length - 1) & 1)
            let count = counts[length]
            if code - first < count { return (Int(symbols[index + code - first]), length) }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        return nil
    }
}

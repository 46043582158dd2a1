// Reading scalars out of bytes that are known to be well-formed UTF-8 (they come from a `String`).

extension [UInt8] {
    /// The scalar that starts at `index`, and the index after it.
    @inline(__always)
    func scalar(at index: Int) -> (value: UInt32, next: Int) {
        let first = UInt32(self[index])
        if first < 0x80 { return (first, index + 1) }
        if first < 0xe0 { return ((first & 0x1f) << 6 | UInt32(self[index + 1] & 0x3f), index + 2) }
        let second = UInt32(self[index + 1] & 0x3f)
        let third = UInt32(self[index + 2] & 0x3f)
        if first < 0xf0 { return ((first & 0x0f) << 12 | second << 6 | third, index + 3) }
        return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(self[index + 3] & 0x3f), index + 4)
    }

    /// The start of the scalar that ends just before `index`; `index` must be past `lowest`.
    @inline(__always)
    func scalarStart(before index: Int, lowest: Int) -> Int {
        var start = index - 1
        while start > lowest, self[start] & 0xc0 == 0x80 { start -= 1 }
        return start
    }

    /// Appends the scalar's UTF-8 form.
    @inline(__always)
    mutating func append(scalar value: UInt32) {
        if value < 0x80 {
            append(UInt8(value))
        } else if value < 0x800 {
            append(UInt8(0xc0 | value >> 6))
            append(UInt8(0x80 | value & 0x3f))
        } else if value < 0x10000 {
            append(UInt8(0xe0 | value >> 12))
            append(UInt8(0x80 | value >> 6 & 0x3f))
            append(UInt8(0x80 | value & 0x3f))
        } else {
            append(UInt8(0xf0 | value >> 18))
            append(UInt8(0x80 | value >> 12 & 0x3f))
            append(UInt8(0x80 | value >> 6 & 0x3f))
            append(UInt8(0x80 | value & 0x3f))
        }
    }

    /// Whether `other` stands at `index`, inside `end`.
    @inline(__always)
    func matches(_ other: [UInt8], at index: Int, end: Int) -> Bool {
        guard end - index >= other.count else { return false }
        for offset in 0..<other.count where self[index + offset] != other[offset] { return false }
        return true
    }

    /// How many bytes at the start can be turned into text for good: everything but a last character whose bytes have
    /// not all come yet.
    var lengthOfSettledUTF8: Int {
        var index = count
        var back = 0
        while back < 3, index > 0 {
            index -= 1
            back += 1
            let byte = self[index]
            if byte < 0x80 { return count }
            if byte & 0xc0 == 0x80 { continue }
            let needed = byte >= 0xf5 || byte < 0xc2 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
            guard back < needed else { return count }
            guard back > 1 else { return index }
            // The second byte decides whether this can still become a character.
            let second = self[index + 1]
            let isPossible =
                switch byte {
                case 0xe0: second >= 0xa0
                case 0xed: second < 0xa0
                case 0xf0: second >= 0x90
                case 0xf4: second < 0x90
                default: true
                }
            return isPossible ? index : count
        }
        return count
    }
}

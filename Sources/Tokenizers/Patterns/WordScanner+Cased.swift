extension WordScanner {
    /// Upper and title case, and what has no case.
    private static let upper: UInt32 = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | CategoryMask.mark
    /// Lower case, and what has no case.
    private static let lower: UInt32 = 1 << 1 | 1 << 3 | 1 << 4 | CategoryMask.mark
    private static let onlyLower: UInt32 = 1 << 1

    /// The end of the piece that starts at `start`, by `KnownPatterns.o200k` and `.tekken`.
    static func casedEnd(
        _ bytes: [UInt8], _ start: Int, _ end: Int, _ digits: Int, _ takesContractions: Bool, _ table: UnicodeTable
    ) -> Int {
        func word(_ wordEnd: Int) -> Int {
            guard takesContractions, wordEnd < end, bytes[wordEnd] == 0x27 else { return wordEnd }
            return contractionEnd(bytes, wordEnd + 1, end, ignoresCase: true) ?? wordEnd
        }
        let (scalar, next) = bytes.scalar(at: start)
        let own = kind(scalar, table)
        // A word may start with any one character but a letter, a number or a line end; marks may also be part of it.
        let takesFirst = own != .letter && own != .number && scalar != 0x0d && scalar != 0x0a
        let behind = takesFirst ? casedRun(bytes, next, end, table) : (nil, nil)
        if let found = behind.0 { return word(found) }
        let isPart = table.mask(scalar) & (upper | lower) != 0
        let here = isPart ? casedRun(bytes, start, end, table) : (nil, nil)
        if let found = here.0 ?? behind.1 ?? here.1 { return word(found) }
        if own == .number { return numberEnd(bytes, next, end, digits, table) }
        let following: Kind? = next < end ? kind(bytes.scalar(at: next).value, table) : nil
        if own == .other || (scalar == 0x20 && following == .other) {
            var position = runEnd(bytes, next, end, .other, table)
            while position < end, [0x0d, 0x0a, 0x2f].contains(bytes[position]) { position += 1 }
            return position
        }
        return spaceOrLineEnd(bytes, start, end, table)
    }

    /// The ends of `upper* lower+` and of `upper+ lower*` from `start` on; nil where they do not match.
    private static func casedRun(_ bytes: [UInt8], _ start: Int, _ end: Int, _ table: UnicodeTable) -> (Int?, Int?) {
        var position = start
        var lastLower = start
        while position < end {
            let (scalar, next) = bytes.scalar(at: position)
            let mask = table.mask(scalar)
            guard mask & upper != 0 else {
                guard mask & onlyLower != 0 else { break }
                while position < end, case let (scalar, next) = bytes.scalar(at: position),
                    table.mask(scalar) & lower != 0
                {
                    position = next
                }
                return (position, nil)
            }
            position = next
            // Where no lower case follows, `lower+` takes the last character that has no case.
            if mask & lower != 0 { lastLower = position }
        }
        return (lastLower > start ? lastLower : nil, position > start ? position : nil)
    }
}

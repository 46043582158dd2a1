/// Codes of lengths and distances in a zstd block, with what a frame remembers of them (RFC 8878, 3.1.1.3.2).
struct ZstdSequences {
    struct Kind {
        let maxLog: Int
        let maxSymbol: Int
        let standard: FSETable?
    }

    static let literalLengths = Kind(
        maxLog: 9, maxSymbol: 35,
        standard: FSETable(
            counts: [
                4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
                -1, -1,
            ], log: 6))
    static let matchLengths = Kind(
        maxLog: 9, maxSymbol: 52,
        standard: FSETable(
            counts: [1, 4, 3, 2, 2, 2, 2, 2, 2] + [Int](repeating: 1, count: 37) + [Int](repeating: -1, count: 7),
            log: 6))
    static let offsets = Kind(
        maxLog: 8, maxSymbol: 31,
        standard: FSETable(
            counts: [1, 1, 1, 1, 1, 1, 2, 2, 2] + [Int](repeating: 1, count: 15) + [Int](repeating: -1, count: 5),
            log: 5))

    static let literalBase =
        Array(0..<16) + [
            16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536,
        ]
    static let literalBits =
        [Int](repeating: 0, count: 16) + [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    static let matchBase =
        Array(3..<35) + [
            35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16_387, 32_771, 65_539,
        ]
    static let matchBits =
        [Int](repeating: 0, count: 32) + [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

    var literalTable: FSETable?
    var matchTable: FSETable?
    var offsetTable: FSETable?
    var recent = (1, 4, 8)

    /// The table that a block's mode bits ask for; nil when it is damaged.
    static func table(
        mode: Int, kind: Kind, before: FSETable?, _ bytes: [UInt8], _ position: inout Int
    ) -> FSETable? {
        switch mode {
        case 0: return kind.standard
        case 1:
            guard position < bytes.count, Int(bytes[position]) <= kind.maxSymbol else { return nil }
            position += 1
            return FSETable(only: bytes[position - 1])
        case 2:
            return FSETable.read(
                bytes, &position, end: bytes.count, maxLog: kind.maxLog, maxSymbol: kind.maxSymbol)
        default: return before
        }
    }

    /// The distance that an offset value means, after which the recent ones move up; 0 when it means none.
    mutating func distance(_ value: Int, literals: Int) -> Int {
        let (first, second, third) = recent
        if value > 3 {
            recent = (value - 3, first, second)
        } else {
            switch value - 1 + (literals == 0 ? 1 : 0) {
            case 0: break
            case 1: recent = (second, first, third)
            case 2: recent = (third, first, second)
            default: recent = (first - 1, first, second)
            }
        }
        return recent.0
    }
}

/// A byte for every Unicode scalar, in blocks of 128 of which equal ones are kept once.
struct ScalarMap: Sendable {
    private var blocks: [UInt16] = []
    private var leaves: [UInt8] = []

    /// From runs as the script that makes `UnicodeData` writes them.
    init(runs text: String) {
        var known: [[UInt8]: UInt16] = [:]
        var uniform: [UInt8: UInt16] = [:]
        var block: [UInt8] = []
        func place(_ block: [UInt8]) -> UInt16 {
            if let index = known[block] { return index }
            let index = UInt16(leaves.count / 128)
            leaves += block
            known[block] = index
            return index
        }
        for (length, value) in Self.runs(in: text) {
            var left = length
            while left > 0 {
                if block.isEmpty, left >= 128 {
                    let index = uniform[value] ?? place([UInt8](repeating: value, count: 128))
                    uniform[value] = index
                    for _ in 0..<(left / 128) { blocks.append(index) }
                    left %= 128
                } else {
                    let count = min(left, 128 - block.count)
                    for _ in 0..<count { block.append(value) }
                    left -= count
                    if block.count == 128 {
                        blocks.append(place(block))
                        block.removeAll(keepingCapacity: true)
                    }
                }
            }
        }
    }

    /// A length in base 32, its last digit written with the letters from 32 on, then two digits of base 64.
    private static func runs(in text: String) -> [(length: Int, value: UInt8)] {
        var runs: [(length: Int, value: UInt8)] = []
        var length = 0
        var valueDigits = 0
        var value = 0
        for byte in text.utf8 {
            let digit: Int
            switch byte {
            case 0x30...0x39: digit = Int(byte) - 0x30
            case 0x41...0x5a: digit = Int(byte) - 0x41 + 10
            case 0x61...0x7a: digit = Int(byte) - 0x61 + 36
            case 0x2d: digit = 62
            case 0x5f: digit = 63
            default: continue
            }
            if valueDigits > 0 {
                value = value * 64 + digit
                valueDigits -= 1
                if valueDigits == 0 { runs.append((length, UInt8(truncatingIfNeeded: value))) }
                if valueDigits == 0 { length = 0 }
            } else {
                length = length * 32 + digit % 32
                if digit >= 32 { (valueDigits, value) = (2, 0) }
            }
        }
        return runs
    }

    /// The scalar must be below 0x110000.
    @inline(__always)
    subscript(scalar: UInt32) -> UInt8 {
        leaves[Int(blocks[Int(scalar >> 7)]) << 7 | Int(scalar & 127)]
    }
}

/// Unicode general categories and other properties by scalar, as the reference library has them.
struct UnicodeTable: Sendable {
    static let shared = UnicodeTable()

    private let places = ScalarMap(runs: UnicodeData.recordRuns)
    private let records: [UInt32]
    /// The records of ASCII, in one step.
    private let ascii: [UInt32]

    private init() {
        let known = UnicodeData.records
        // Every place is checked here, so that a look-up need not be.
        records = (0..<256).map { $0 < known.count ? known[$0] : 29 }
        var ascii: [UInt32] = []
        for value in UInt32(0)..<128 { ascii.append(records[Int(places[value])]) }
        self.ascii = ascii
    }

    /// Bits 0-4: the general category, above them the bits of `UnicodeData`.
    @inline(__always)
    func entry(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return ascii[Int(scalar)] }
        return scalar < 0x110000 ? records[Int(places[scalar])] : 29
    }

    /// The category as a one-bit mask, to be tested against `CategoryMask`.
    @inline(__always)
    func mask(_ scalar: UInt32) -> UInt32 { 1 << (entry(scalar) & 0x1f) }

    @inline(__always)
    func has(_ bit: UInt32, _ scalar: UInt32) -> Bool { entry(scalar) & bit != 0 }

    @inline(__always)
    func isWhiteSpace(_ scalar: UInt32) -> Bool { has(UnicodeData.separator, scalar) }

    @inline(__always)
    func isWord(_ scalar: UInt32) -> Bool { has(UnicodeData.word, scalar) }
}

/// The script of each scalar.
struct ScriptTable: Sendable {
    static let shared = ScriptTable()

    private let places = ScalarMap(runs: UnicodeData.scriptRuns)
    let names: [String]

    private init() { names = UnicodeData.scripts.split(whereSeparator: { $0.isWhitespace }).map(String.init) }

    /// A place in `names`; past the last for what has no script.
    @inline(__always)
    subscript(scalar: UInt32) -> UInt8 { scalar < 0x110000 ? places[scalar] : UInt8(truncatingIfNeeded: names.count) }

    /// The place of a script by its name in any spelling (`Han`, `han`, `Old_Turkic`, `old turkic`).
    func index(named name: String) -> UInt8? {
        let key = CategoryMask.key(name)
        return names.firstIndex { CategoryMask.key($0) == key }.map { UInt8(truncatingIfNeeded: $0) }
    }
}

/// The word patterns of the GPT-2 and GPT-4 families, scanned by hand: they cut practically all text that is ever
/// tokenized, an order of magnitude faster than the general matcher, and always into gapless pieces.
enum WordScanner: Sendable, Equatable {
    /// GPT-2: contractions in lower case, an optional space before letters, numbers or anything else.
    case gpt2
    /// GPT-4 and its followers (Llama 3, Qwen 2): contractions in any case, one leading non-letter, at most
    /// `digits` digits a piece, line ends kept with the punctuation before them.
    case gpt4(digits: Int)

    static let gpt2Pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    /// The pattern's text; `digits` is `\p{N}` or `\p{N}{1,3}`.
    static func gpt4Pattern(digits: String) -> String {
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    /// The scanner for a pattern, when it is one of the known ones.
    init?(recognizing pattern: String) {
        if pattern == Self.gpt2Pattern {
            self = .gpt2
        } else if pattern == Self.gpt4Pattern(digits: #"\p{N}{1,3}"#) {
            self = .gpt4(digits: 3)
        } else if pattern == Self.gpt4Pattern(digits: #"\p{N}"#) {
            self = .gpt4(digits: 1)
        } else {
            return nil
        }
    }

    private enum Kind { case letter, number, space, other }

    @inline(__always)
    private static func kind(_ scalar: UInt32, _ table: UnicodeTable) -> Kind {
        let entry = table.entry(scalar)
        let mask: UInt32 = 1 << (entry & 0x1f)
        if mask & CategoryMask.letter != 0 { return .letter }
        if mask & CategoryMask.number != 0 { return .number }
        return entry & UnicodeData.whiteSpace != 0 ? .space : .other
    }

    /// Appends the pieces of `bytes[range]`.
    func scan(_ bytes: [UInt8], _ range: Range<Int>, into pieces: inout [Range<Int>]) {
        let table = UnicodeTable.shared
        var position = range.lowerBound
        while position < range.upperBound {
            let end =
                switch self {
                case .gpt2: Self.gpt2End(bytes, position, range.upperBound, table)
                case .gpt4(let digits): Self.gpt4End(bytes, position, range.upperBound, digits, table)
                }
            pieces.append(position..<end)
            position = end
        }
    }

    @inline(__always)
    private static func runEnd(
        _ bytes: [UInt8], _ start: Int, _ end: Int, _ wanted: Kind, _ table: UnicodeTable
    ) -> Int {
        var position = start
        while position < end {
            let (scalar, next) = bytes.scalar(at: position)
            guard kind(scalar, table) == wanted else { break }
            position = next
        }
        return position
    }

    /// `\s+(?!\S)|\s+`: the white space up to the last one before other text, which goes with that text.
    private static func spaceEnd(_ bytes: [UInt8], _ start: Int, _ end: Int, _ table: UnicodeTable) -> Int {
        let run = runEnd(bytes, start, end, .space, table)
        guard run < end else { return run }
        let last = bytes.scalarStart(before: run, lowest: start)
        return last > start ? last : run
    }

    private static func gpt2End(_ bytes: [UInt8], _ start: Int, _ end: Int, _ table: UnicodeTable) -> Int {
        let (scalar, next) = bytes.scalar(at: start)
        if scalar == 0x27, let contraction = contractionEnd(bytes, next, end, ignoresCase: false) { return contraction }
        let own = kind(scalar, table)
        if own != .space { return runEnd(bytes, next, end, own, table) }
        if scalar == 0x20, next < end {
            let following = kind(bytes.scalar(at: next).value, table)
            if following != .space { return runEnd(bytes, next, end, following, table) }
        }
        return spaceEnd(bytes, start, end, table)
    }

    private static func gpt4End(
        _ bytes: [UInt8], _ start: Int, _ end: Int, _ digits: Int, _ table: UnicodeTable
    ) -> Int {
        let (scalar, next) = bytes.scalar(at: start)
        if scalar == 0x27, let contraction = contractionEnd(bytes, next, end, ignoresCase: true) { return contraction }
        let own = kind(scalar, table)
        if own == .letter { return runEnd(bytes, next, end, .letter, table) }
        if own == .number {
            var position = next
            var count = 1
            while count < digits, position < end, case let (scalar, after) = bytes.scalar(at: position),
                kind(scalar, table) == .number
            {
                position = after
                count += 1
            }
            return position
        }
        let following: Kind? = next < end ? kind(bytes.scalar(at: next).value, table) : nil
        if following == .letter, scalar != 0x0d, scalar != 0x0a { return runEnd(bytes, next, end, .letter, table) }
        if own == .other || (scalar == 0x20 && following == .other) {
            var position = runEnd(bytes, next, end, .other, table)
            while position < end, bytes[position] == 0x0d || bytes[position] == 0x0a { position += 1 }
            return position
        }
        let run = runEnd(bytes, start, end, .space, table)
        var newline = run
        while newline > start, bytes[newline - 1] != 0x0a, bytes[newline - 1] != 0x0d { newline -= 1 }
        if newline > start { return newline }
        return spaceEnd(bytes, start, end, table)
    }

    /// The end of `s`, `t`, `re`, `ve`, `m`, `ll` or `d` after an apostrophe.
    private static func contractionEnd(_ bytes: [UInt8], _ start: Int, _ end: Int, ignoresCase: Bool) -> Int? {
        guard start < end else { return nil }
        let fold: UInt8 = ignoresCase ? 0x20 : 0
        // U+017F, the long s, is an s to a matcher that ignores case.
        if ignoresCase, bytes[start] == 0xc5, bytes[start + 1] == 0xbf { return start + 2 }
        let first = bytes[start] < 0x80 ? bytes[start] | fold : 0
        let second = start + 1 < end && bytes[start + 1] < 0x80 ? bytes[start + 1] | fold : 0
        switch (first, second) {
        case (0x73, _), (0x74, _), (0x6d, _), (0x64, _): return start + 1
        case (0x72, 0x65), (0x76, 0x65), (0x6c, 0x6c): return start + 2
        default: return nil
        }
    }
}

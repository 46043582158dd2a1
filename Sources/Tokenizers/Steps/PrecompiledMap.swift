import Foundation

/// The character map that sentencepiece compiles into its models: a double-array trie (Aoe 1989, in Darts' layout) from
/// texts to places in a blob of replacements, each ended by a zero byte.
struct PrecompiledMap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]

    /// nil when the sizes do not fit or the replacements are no UTF-8.
    init?(bytes: [UInt8]) {
        guard bytes.count >= 4 else { return nil }
        func word(_ index: Int) -> UInt32 {
            UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
                | UInt32(bytes[index + 3]) << 24
        }
        let size = Int(word(0))
        guard size % 4 == 0, size >= 4, size <= bytes.count - 4 else { return nil }
        units = (0..<(size / 4)).map { word(4 + $0 * 4) }
        replacements = Array(bytes[(4 + size)...])
        guard String(validating: replacements, as: UTF8.self) != nil else { return nil }
    }

    init?(base64 text: String) {
        guard let data = Data(base64Encoded: text) else { return nil }
        self.init(bytes: [UInt8](data))
    }

    /// The replacement for the shortest or the longest text of the map that `bytes[range]` starts with, and that text's
    /// length.
    func replacement(
        in bytes: [UInt8], _ range: Range<Int>, takesLongest: Bool
    ) -> (text: ArraySlice<UInt8>, length: Int)? {
        var found: (start: Int, length: Int)?
        var node = Self.offset(units[0])
        var position = range.lowerBound
        while position < range.upperBound, bytes[position] != 0 {
            node ^= Int(bytes[position])
            guard node >= 0, node < units.count else { break }
            let unit = units[node]
            guard unit & (1 << 31 | 0xff) == UInt32(bytes[position]) else { break }
            node ^= Self.offset(unit)
            position += 1
            if unit >> 8 & 1 == 1 {
                guard node >= 0, node < units.count else { break }
                found = (Int(units[node] & 0x7fff_ffff), position - range.lowerBound)
                if !takesLongest { break }
            }
        }
        guard let found, found.start < replacements.count else { return nil }
        // A replacement never starts inside a character in a sound map.
        guard replacements[found.start] & 0xc0 != 0x80 else { return nil }
        let end = replacements[found.start...].firstIndex(of: 0) ?? replacements.count
        return (replacements[found.start..<end], found.length)
    }

    private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & (1 << 9)) >> 6)) }

    /// As the `Precompiled` normalizer applies it: to grapheme clusters of up to five bytes, else to each character, by
    /// the shortest text that matches.
    func apply(to text: AlignedText, tracks: Bool) -> AlignedText {
        var writer = AlignedTextWriter(text, tracks: tracks)
        var position = 0
        var copied = 0
        func replace(_ range: Range<Int>) -> Bool {
            guard let found = replacement(in: text.bytes, range, takesLongest: false) else { return false }
            if copied < range.lowerBound { writer.copy(copied..<range.lowerBound) }
            writer.replace(range, with: found.text)
            copied = range.upperBound
            return true
        }
        for character in String(decoding: text.bytes, as: UTF8.self) {
            let end = position + character.utf8.count
            if end - position >= 6 || !replace(position..<end) {
                while position < end {
                    let next = text.bytes.scalar(at: position).next
                    _ = replace(position..<next)
                    position = next
                }
            }
            position = end
        }
        guard copied > 0 else { return text }
        if copied < text.bytes.count { writer.copy(copied..<text.bytes.count) }
        return writer.finish()
    }
}

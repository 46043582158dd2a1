/// Digests as text.
public enum Hexadecimal {
    /// Eight digits a word.
    static func text(_ words: [UInt32]) -> String {
        words.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    /// Lower-case digits of exactly that number, or nil.
    public static func digits(_ text: String, count: Int) -> String? {
        let bytes = text.utf8
        guard bytes.count == count else { return nil }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                continue
            default: return nil
            }
        }
        return text.lowercased()
    }
}

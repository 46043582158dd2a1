import Tables

/// Names of delimiters, both ways.
public enum Delimiter {
    public static func name(_ byte: UInt8) -> String { DelimiterGuess.name(of: byte) }

    /// `comma`, `tab`, `semicolon`, `bar`, `\t`, or the character itself; nil for anything longer or beyond ASCII.
    public static func byte(_ text: String) -> UInt8? {
        for byte in DelimiterGuess.candidates where text.lowercased() == name(byte) { return byte }
        if text == "\\t" { return UInt8(ascii: "\t") }
        guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80, ![0x22, 0x0A, 0x0D, 0].contains(byte)
        else { return nil }
        return byte
    }
}

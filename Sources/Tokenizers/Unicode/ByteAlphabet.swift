/// The alphabet of byte-level vocabularies (Radford et al. 2019, GPT-2): each byte is written as one printable
/// character, so that a vocabulary of byte strings can be kept as text.
struct ByteAlphabet: Sendable {
    static let shared = ByteAlphabet()

    /// The character (scalar value) of each byte.
    let scalars: [UInt32]
    /// The byte of each scalar value below 0x144; −1 where there is none.
    private let bytes: [Int16]

    private init() {
        var scalars = [UInt32](repeating: 0, count: 256)
        var bytes = [Int16](repeating: -1, count: 0x144)
        var next: UInt32 = 256
        for byte in 0..<256 {
            let isPrintable = [0x21...0x7e, 0xa1...0xac, 0xae...0xff].contains { $0.contains(byte) }
            let scalar = isPrintable ? UInt32(byte) : next
            if !isPrintable { next += 1 }
            scalars[byte] = scalar
            bytes[Int(scalar)] = Int16(byte)
        }
        self.scalars = scalars
        self.bytes = bytes
    }

    @inline(__always)
    func byte(of scalar: UInt32) -> UInt8? {
        guard scalar < 0x144, bytes[Int(scalar)] >= 0 else { return nil }
        return UInt8(bytes[Int(scalar)])
    }

    /// The bytes that a token's text stands for; nil when it holds a character outside the alphabet.
    func rawBytes(ofToken text: ArraySlice<UInt8>) -> [UInt8]? {
        var raw: [UInt8] = []
        return readToken(text, into: &raw) ? raw : nil
    }

    /// Puts the bytes that a token's text stands for in the place of what `raw` holds; false when it has a character
    /// outside the alphabet.
    func readToken(_ text: ArraySlice<UInt8>, into raw: inout [UInt8]) -> Bool {
        raw.removeAll(keepingCapacity: true)
        var index = text.startIndex
        while index < text.endIndex {
            let first = text[index]
            var scalar = UInt32(first)
            if first < 0x80 {
                index += 1
            } else {
                guard first < 0xe0, index + 1 < text.endIndex else { return false }
                scalar = UInt32(first & 0x1f) << 6 | UInt32(text[index + 1] & 0x3f)
                index += 2
            }
            guard let byte = byte(of: scalar) else { return false }
            raw.append(byte)
        }
        return true
    }
}

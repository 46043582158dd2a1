/// SHA-1 of bytes that come piece by piece (FIPS 180-4, section 6.1): git names its objects by it. Not for security.
public struct SHA1: Sendable {
    private var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    private var schedule = [UInt32](repeating: 0, count: 80)
    private var blocks = BlockBuffer()

    public init() {}

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        blocks.update(bytes) { SHA1.compress($0, &state, &schedule) }
    }

    /// 40 hexadecimal digits. More bytes may follow: the value is that of the bytes so far.
    public var hex: String {
        var copy = self
        copy.update(copy.blocks.padding)
        return Hexadecimal.text(copy.state)
    }

    private static func compress(
        _ bytes: UnsafeBufferPointer<UInt8>, _ state: inout [UInt32], _ schedule: inout [UInt32]
    ) {
        schedule.withUnsafeMutableBufferPointer { words in
            state.withUnsafeMutableBufferPointer { state in
                for block in stride(from: 0, to: bytes.count, by: 64) { compress(bytes, from: block, state, words) }
            }
        }
    }

    private static func compress(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ state: UnsafeMutableBufferPointer<UInt32>,
        _ words: UnsafeMutableBufferPointer<UInt32>
    ) {
        for index in 0..<16 { words[index] = bytes.bigEndianWord(at: start &+ index &* 4) }
        for index in 16..<80 {
            let mixed = words[index &- 3] ^ words[index &- 8] ^ words[index &- 14] ^ words[index &- 16]
            words[index] = mixed.rotated(31)
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for index in 0..<80 {
            let (mixed, constant): (UInt32, UInt32) =
                switch index {
                case ..<20: ((b & c) ^ (~b & d), 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: ((b & c) ^ (b & d) ^ (c & d), 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = a.rotated(27) &+ mixed &+ e &+ constant &+ words[index]
            (e, d, c, b, a) = (d, c, b.rotated(2), a, next)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
    }
}

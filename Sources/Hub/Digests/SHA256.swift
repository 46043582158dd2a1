/// SHA-256 of bytes that come piece by piece (FIPS 180-4, section 6.2).
public struct SHA256: Sendable {
    private var state: [UInt32] = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    private var schedule = [UInt32](repeating: 0, count: 64)
    private var blocks = BlockBuffer()

    public init() {}

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        blocks.update(bytes) { SHA256.compress($0, &state, &schedule) }
    }

    /// 64 hexadecimal digits. More bytes may follow: the value is that of the bytes so far.
    public var hex: String {
        var copy = self
        let rest = copy.blocks.padding
        copy.blocks.update(rest) { SHA256.compress($0, &copy.state, &copy.schedule) }
        return Hexadecimal.text(copy.state)
    }

    /// One or more whole blocks of 64 bytes.
    private static func compress(
        _ bytes: UnsafeBufferPointer<UInt8>, _ state: inout [UInt32], _ schedule: inout [UInt32]
    ) {
        constants.withUnsafeBufferPointer { constants in
            schedule.withUnsafeMutableBufferPointer { words in
                state.withUnsafeMutableBufferPointer { state in
                    for block in stride(from: 0, to: bytes.count, by: 64) {
                        compress(bytes, from: block, state, words, constants)
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func compress(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ state: UnsafeMutableBufferPointer<UInt32>,
        _ words: UnsafeMutableBufferPointer<UInt32>, _ constants: UnsafeBufferPointer<UInt32>
    ) {
        for index in 0..<16 { words[index] = bytes.bigEndianWord(at: start &+ index &* 4) }
        for index in 16..<64 {
            let early = words[index &- 15]
            let late = words[index &- 2]
            let s0 = early.rotated(7) ^ early.rotated(18) ^ (early >> 3)
            let s1 = late.rotated(17) ^ late.rotated(19) ^ (late >> 10)
            words[index] = words[index &- 16] &+ s0 &+ words[index &- 7] &+ s1
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let s1 = e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)
            let first = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ constants[index] &+ words[index]
            let s0 = a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)
            let second = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ second)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}

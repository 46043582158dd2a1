import CDigests

/// SHA-256 of bytes that come piece by piece (FIPS 180-4, section 6.2), by the processor's own instructions where it has
/// them: a model is hashed as fast as it is read.
public struct SHA256: Sendable {
    private var state: [UInt32] = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    private var blocks = BlockBuffer()

    public init() {}

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        blocks.update(bytes) { csha256_blocks(&state, $0.baseAddress, $0.count / 64) }
    }

    /// 64 hexadecimal digits. More bytes may follow: the value is that of the bytes so far.
    public var hex: String {
        var copy = self
        copy.update(copy.blocks.padding)
        return Hexadecimal.text(copy.state)
    }

    /// Of bytes that are all there.
    public static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hex
    }
}

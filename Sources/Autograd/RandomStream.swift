/// Randomness as a function of (seed, step, site, index): the same under checkpoint replay, resume and any number
/// of threads. There is no state to save but the two numbers.
public struct RandomStream: Sendable, Equatable {
    public var seed: UInt64
    /// Counts micro-batches, so that no two draw the same masks.
    public var step: UInt64

    public init(seed: UInt64, step: UInt64 = 0) {
        self.seed = seed
        self.step = step
    }

    /// The key of all draws at one site.
    public func key(site: Int) -> UInt64 {
        var state = RandomStream.mixed(seed &+ 0x9e37_79b9_7f4a_7c15)
        state = RandomStream.mixed(state ^ (step &+ 0xd1b5_4a32_d192_ed03))
        return RandomStream.mixed(state ^ (UInt64(bitPattern: Int64(site)) &+ 0x8cb9_2ba7_2f3d_8dd7))
    }

    /// A draw from [0, 1).
    public func uniform(site: Int, index: Int) -> Double {
        let bits = RandomStream.mixed(key(site: site) &+ UInt64(bitPattern: Int64(index)) &* 0x9e37_79b9_7f4a_7c15)
        return Double(bits >> 11) * 0x1p-53
    }

    /// The output function of SplitMix64. Steele, Lea and Flood 2014.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

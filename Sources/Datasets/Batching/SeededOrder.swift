/// Random order as a function of seed and epoch alone, so that a resumed run meets the same rows again.
public struct SeededOrder: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64, stream: UInt64) {
        state = Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15 &* (stream &+ 1))
    }

    /// SplitMix64. Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// A number below `bound`, without bias: Lemire 2019, arXiv 1805.10941.
    mutating func below(_ bound: Int) -> Int {
        let bound = UInt64(max(bound, 1))
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// Fisher and Yates, written out so that the order does not depend on the standard library's version.
    public mutating func shuffle(_ elements: inout [Int]) {
        guard elements.count > 1 else { return }
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, below(last + 1))
        }
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

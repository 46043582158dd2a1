public import Autograd

/// The rotary embedding of some layers, as config.json gives it.
public struct RoPESettings: Sendable, Equatable {
    /// The base of the frequencies.
    public var theta: Double
    /// Columns of each head that turn, from the first on; even.
    public var rotatedWidth: Int
    public var scaling: RoPEScaling

    public func tables() -> RoPETables {
        switch scaling {
        case .none: RoPETables(rotatedWidth: rotatedWidth, theta: theta)
        case .linear(let factor): .linear(rotatedWidth: rotatedWidth, theta: theta, factor: factor)
        case .dynamic(let factor, let original):
            .dynamicNTK(rotatedWidth: rotatedWidth, theta: theta, factor: factor, contextLength: original)
        case .llama3(let factor, let low, let high, let original):
            .llama3(
                rotatedWidth: rotatedWidth, theta: theta, factor: factor, lowFrequencyFactor: low,
                highFrequencyFactor: high, originalContextLength: original)
        case .yarn(let settings): .yarn(rotatedWidth: rotatedWidth, theta: theta, settings)
        case .longRoPE(let settings): .longRoPE(rotatedWidth: rotatedWidth, theta: theta, settings)
        }
    }
}

/// How the rotary embedding is stretched beyond the context that a model was first trained on.
public enum RoPEScaling: Sendable, Equatable {
    case none
    /// Positions divided by `factor`. Chen et al. 2023, arXiv 2306.15595.
    case linear(factor: Double)
    /// A theta that grows with every token beyond the original context.
    case dynamic(factor: Double, originalContextLength: Int)
    /// As Llama 3.1 does; frequencies in rotations over `originalContextLength`.
    case llama3(
        factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalContextLength: Int)
    case yarn(RoPETables.YaRN)
    case longRoPE(RoPETables.LongRoPE)

    /// As `rope_type` has it.
    public var name: String {
        switch self {
        case .none: "default"
        case .linear: "linear"
        case .dynamic: "dynamic"
        case .llama3: "llama3"
        case .yarn: "yarn"
        case .longRoPE: "longrope"
        }
    }

    /// Sequences of which lengths turn alike: equal numbers, equal frequencies at every position.
    func regime(length: Int) -> Int {
        switch self {
        case .none, .linear, .llama3, .yarn: 0
        case .dynamic(_, let original): length <= original ? 0 : length
        case .longRoPE(let settings): length <= settings.originalContextLength ? 0 : 1
        }
    }
}

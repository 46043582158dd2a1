public import Autograd

/// How the rotary embedding is stretched beyond the context that a model was first trained on.
public enum RoPEScaling: Sendable, Equatable {
    case none
    /// Positions divided by `factor`. Chen et al. 2023, arXiv 2306.15595.
    case linear(factor: Double)
    /// As Llama 3.1 does; frequencies in rotations over `originalContextLength`.
    case llama3(
        factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalContextLength: Int)

    /// Tables for heads of width `headWidth`.
    public func tables(headWidth: Int, theta: Double) -> RoPETables {
        switch self {
        case .none:
            return RoPETables(rotatedWidth: headWidth, theta: theta)
        case .linear(let factor):
            let standard = RoPETables.standardFrequencies(rotatedWidth: headWidth, theta: theta)
            return RoPETables(inverseFrequencies: standard.map { Float(Double($0) / factor) })
        case .llama3(let factor, let low, let high, let original):
            return RoPETables(
                inverseFrequencies: RoPETables.llama3Frequencies(
                    rotatedWidth: headWidth, theta: theta, factor: factor, lowFrequencyFactor: low,
                    highFrequencyFactor: high, originalContextLength: original))
        }
    }
}

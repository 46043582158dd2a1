public import Autograd

/// Root-mean-square normalisation over the last axis: y = x / sqrt(mean(x²) + epsilon) · scale.
///
/// - Shapes: `x` and the result are (N, C); `scale` is (C), float32.
/// - Source: Zhang and Sennrich 2019, arXiv 1910.07467.
public struct RMSNorm {
    public let scale: Variable
    public let epsilon: Float

    public func callAsFunction(_ x: Variable, in pass: Pass) -> Variable {
        rmsNorm(x, scale: scale, epsilon: epsilon, in: pass)
    }
}

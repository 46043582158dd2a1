public import Autograd

/// How rows are normalised.
public enum NormKind: Sendable, Equatable {
    /// x / sqrt(mean(x²) + epsilon) · (offset + scale). Zhang and Sennrich 2019, arXiv 1910.07467.
    case rms(offset: Float)
    /// (x − mean) / sqrt(variance + epsilon) · scale + bias. Ba et al. 2016, arXiv 1607.06450.
    case layer
}

/// Normalisation over the last axis, or over each group of as many columns as `scale` has: (N, C) → (N, C).
public struct Norm {
    public let kind: NormKind
    /// (C), or (D) for a norm of each head; float32.
    public let scale: Variable
    /// (C), float32; only `.layer` has one.
    public let bias: Variable?
    public let epsilon: Float

    public func callAsFunction(_ x: Variable, in pass: Pass) -> Variable {
        switch kind {
        case .rms(let offset): rmsNorm(x, scale: scale, epsilon: epsilon, offset: offset, in: pass)
        case .layer: layerNorm(x, scale: scale, bias: bias, epsilon: epsilon, in: pass)
        }
    }
}

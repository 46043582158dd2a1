import Tensors

/// What a feed-forward block does to each element. The names that configurations use for them are the models' matter.
public enum Activation: String, Sendable, CaseIterable {
    /// x·σ(x)
    case silu
    /// x·Φ(x), with the normal distribution as it is (erf), not an approximation of it.
    case gelu
    /// x·(1 + tanh(√(2/π)·(x + 0.044715x³)))/2. Hendrycks and Gimpel 2016, arXiv 1606.08415.
    case geluTanh
    /// x·σ(1.702x)
    case quickGELU
    /// max(x, 0)
    case relu
    /// max(x, 0)². So et al. 2021, arXiv 2109.08668.
    case reluSquared

    var kernel: Kernels.Activation {
        switch self {
        case .silu: .silu
        case .gelu: .gelu
        case .geluTanh: .geluTanh
        case .quickGELU: .quickGELU
        case .relu: .relu
        case .reluSquared: .reluSquared
        }
    }
}

/// y = act(x), element by element. dx = dy ∘ act'(x), computed again from x. Keeps x.
public func activation(_ x: Variable, _ kind: Activation, in pass: Pass) -> Variable {
    let input = x.value
    let y = Variable(
        result: Kernels.activation(input, kind.kernel), wantsGradient: pass.tracks(x), fresh: true)
    guard y.wantsGradient else { return y }
    let kept = x.kept(in: pass)
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        let input = kept.asFloat32()
        x.accumulate { Kernels.activationBackward(into: $0, dy: dy, x: input, kind.kernel, accumulate: $1) }
    }
    return y
}

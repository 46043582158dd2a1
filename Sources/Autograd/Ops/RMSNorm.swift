import Tensors

/// y = x · r · scale with r = 1 / sqrt(mean(x²) + epsilon), over rows: x (N, C), scale (C).
/// Zhang and Sennrich 2019, arXiv 1910.07467.
///
///     dx = r · dy∘scale − x · r³/C · Σ dy∘scale∘x        dscale = Σ over rows of dy∘x·r
///
/// Keeps x and r (N).
public func rmsNorm(_ x: Variable, scale: Variable, epsilon: Float, in pass: Pass) -> Variable {
    let input = x.value
    let (result, inverse) = Kernels.rmsNorm(input, scale: scale.value, epsilon: epsilon)
    let y = Variable(result: result, wantsGradient: pass.tracks(x, scale))
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        scale.accumulate {
            Kernels.rmsNormBackwardScale(into: $0, dy: dy, x: input, inverse: inverse, accumulate: $1)
        }
        x.accumulate {
            Kernels.rmsNormBackward(
                into: $0, dy: dy, x: input, scale: scale.value, inverse: inverse, accumulate: $1)
        }
    }
    return y
}

import Tensors

/// y = x̂ · scale + bias with x̂ = (x − mean) · r and r = 1 / sqrt(variance + epsilon), over rows: x (N, C), scale and
/// bias (C). The variance is that of the row itself (÷ C). Ba, Kiros and Hinton 2016, arXiv 1607.06450.
///
///     g = dy∘scale    dx = r · (g − mean(g) − x̂ · mean(g∘x̂))
///     dscale = Σ over rows of dy∘x̂        dbias = Σ over rows of dy
///
/// Keeps x and (mean, r) of each row.
public func layerNorm(
    _ x: Variable, scale: Variable, bias: Variable?, epsilon: Float, in pass: Pass
) -> Variable {
    let input = x.value
    let (result, moments) = Kernels.layerNorm(input, scale: scale.value, bias: bias?.value, epsilon: epsilon)
    let y = Variable(result: result, wantsGradient: pass.tracks(x, scale, bias), fresh: true)
    guard y.wantsGradient else { return y }
    let kept = x.kept(in: pass)
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        let input = kept.asFloat32()
        bias?.accumulate { $0.assignColumnSums(of: dy, accumulate: $1) }
        scale.accumulate {
            Kernels.layerNormBackwardScale(into: $0, dy: dy, x: input, moments: moments, accumulate: $1)
        }
        x.accumulate {
            Kernels.layerNormBackward(
                into: $0, dy: dy, x: input, scale: scale.value, moments: moments, accumulate: $1)
        }
    }
    return y
}

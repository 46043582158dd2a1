import Tensors

/// y = x · r · (offset + scale) with r = 1 / sqrt(mean(x²) + epsilon), over groups of C columns: x (N, G·C), scale (C),
/// y (N, G·C). With C = width that is a norm of rows; with C = head width, one of each head. `offset` 1 is Gemma's
/// (1 + w). Zhang and Sennrich 2019, arXiv 1910.07467.
///
///     w = offset + scale    dx = r · dy∘w − x · r³/C · Σ dy∘w∘x        dscale = Σ over groups of dy∘x·r
///
/// Keeps x and r (N·G).
public func rmsNorm(
    _ x: Variable, scale: Variable, epsilon: Float, offset: Float = 0, in pass: Pass
) -> Variable {
    let input = x.value
    let (result, inverse) = Kernels.rmsNorm(input, scale: scale.value, epsilon: epsilon, offset: offset)
    let y = Variable(result: result, wantsGradient: pass.tracks(x, scale), fresh: true)
    guard y.wantsGradient else { return y }
    let kept = x.kept(in: pass)
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        let input = kept.asFloat32()
        scale.accumulate {
            Kernels.rmsNormBackwardScale(into: $0, dy: dy, x: input, inverse: inverse, accumulate: $1)
        }
        x.accumulate {
            Kernels.rmsNormBackward(
                into: $0, dy: dy, x: input, scale: scale.value, inverse: inverse, offset: offset, accumulate: $1)
        }
    }
    return y
}

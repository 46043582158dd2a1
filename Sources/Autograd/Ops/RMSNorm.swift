import Tensors

/// y = x · r · (offset + scale) with r = 1 / sqrt(mean(x²) + epsilon), over groups of C columns: x (N, G·C), scale (C),
/// y (N, G·C). With C = width that is a norm of rows; with C = head width, one of each head. `offset` 1 is Gemma's
/// (1 + w). Zhang and Sennrich 2019, arXiv 1910.07467.
///
///     w = offset + scale    dx = r · dy∘w − x · r³/C · Σ dy∘w∘x        dscale = Σ over groups of dy∘x·r
///
/// Keeps x and r (N·G). In a pass that keeps results narrow, y is bfloat16.
public func rmsNorm(
    _ x: Variable, scale: Variable, epsilon: Float, offset: Float = 0, in pass: Pass
) -> Variable {
    let input = x.value
    let wants = pass.tracks(x, scale)
    let result, inverse, kept: Tensor
    if pass.resultType == .bfloat16, input.elementType == .float32 {
        let rounded = Kernels.rmsNormRounded(
            input, scale: scale.value, epsilon: epsilon, offset: offset,
            keepsInput: wants && pass.tape?.keepsSteps == true && !x.hasRounded)
        (result, inverse) = (rounded.y, rounded.inverse)
        if let copy = rounded.input { x.keep(rounded: copy) }
        kept = wants ? x.kept(in: pass) : input
    } else {
        let wide = input.asFloat32()
        (result, inverse) = Kernels.rmsNorm(wide, scale: scale.value, epsilon: epsilon, offset: offset)
        kept = wants ? x.kept(in: pass) : wide
    }
    let y = Variable(result: result, wantsGradient: wants, fresh: true)
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        scale.accumulate {
            Kernels.rmsNormBackwardScale(
                into: $0, dy: dy.asFloat32(), x: kept.asFloat32(), inverse: inverse, accumulate: $1)
        }
        x.accumulate {
            Kernels.rmsNormBackward(
                into: $0, dy: dy, x: kept, scale: scale.value, inverse: inverse, offset: offset, accumulate: $1)
        }
    }
    return y
}

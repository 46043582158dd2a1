import Tensors

/// y = x · r · (offset + scale) with r = 1 / sqrt(mean(x²) + epsilon), over groups of C columns: x (N, G·C), scale (C),
/// y (N, G·C). With C = width that is a norm of rows; with C = head width, one of each head. `offset` 1 is Gemma's
/// (1 + w). Zhang and Sennrich 2019, arXiv 1910.07467.
///
///     w = offset + scale    dx = r · dy∘w − x · r³/C · Σ dy∘w∘x        dscale = Σ over groups of dy∘x·r
///
/// Keeps y, which what follows mostly keeps as well, and r (N·G): x·r is y / w. Where some w is zero, x in place of y. In
/// a pass that keeps results narrow, y is bfloat16.
public func rmsNorm(
    _ x: Variable, scale: Variable, epsilon: Float, offset: Float = 0, in pass: Pass
) -> Variable {
    let input = x.value
    let (result, inverse) =
        pass.resultType == .bfloat16 && input.elementType == .float32
        ? Kernels.rmsNormRounded(input, scale: scale.value, epsilon: epsilon, offset: offset)
        : Kernels.rmsNorm(input.asFloat32(), scale: scale.value, epsilon: epsilon, offset: offset)
    let y = Variable(result: result, wantsGradient: pass.tracks(x, scale), fresh: true)
    guard y.wantsGradient else { return y }
    // A narrow input is kept by whoever made it narrow, its norm by nobody.
    let kept: Kernels.NormKept =
        input.elementType == .float32 && Kernels.rmsNormCanBeUndone(scale: scale.value, offset: offset)
        ? .result(y.kept(in: pass)) : .input(x.kept(in: pass))
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        scale.accumulate {
            Kernels.rmsNormBackwardScale(
                into: $0, dy: dy.asFloat32(), kept: kept, scale: scale.value, inverse: inverse, offset: offset,
                accumulate: $1)
        }
        x.accumulate {
            Kernels.rmsNormBackward(
                into: $0, dy: dy, kept: kept, scale: scale.value, inverse: inverse, offset: offset, accumulate: $1)
        }
    }
    return y
}

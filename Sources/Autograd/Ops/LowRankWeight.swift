import Tensors

/// W + scale · B·A as a weight of its own: W (out, in), A (R, in), B (out, R). For where an op takes one table, as the
/// loss takes the head; a projection uses `lowRankUpdate`, which never holds the sum.
///
///     dB = scale · dW·Aᵀ        dA = scale · Bᵀ·dW
public func lowRankWeight(
    _ weight: Variable, a: Variable, b: Variable, scale: Float, in pass: Pass
) -> Variable {
    let result = weight.value.copy()
    result.assign(b.value, times: a.value, alpha: scale, accumulate: true)
    let y = Variable(result: result, wantsGradient: pass.tracks(weight, a, b))
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        b.accumulate { $0.assign(dy, timesTransposed: a.value, alpha: scale, accumulate: $1) }
        a.accumulate { $0.assign(b.value, transposedTimes: dy, alpha: scale, accumulate: $1) }
        weight.accumulate { dy }
    }
    return y
}

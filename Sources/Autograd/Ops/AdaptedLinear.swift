import Tensors

/// y = x·Wᵀ + bias + scale · drop(x)·Aᵀ·Bᵀ, with x (N, in), W (out, in), bias (out), A (R, in), B (out, R), y (N, out):
/// `linear` and `lowRankUpdate` in one pass over y, and one over dx going back. Hu et al. 2021, arXiv 2106.09685.
///
///     u = drop(x)    h = u·Aᵀ              (N, R)
///     dh = scale · dy·B    dB = scale · dyᵀ·h    dA = dhᵀ·u    dx = dy·W + drop'(dh·A)    dW = dyᵀ·x
///
/// Keeps x and h; u is made again from the same mask.
public func adaptedLinear(
    _ x: Variable, _ weight: Variable, bias: Variable? = nil, a: Variable, b: Variable, scale: Float,
    dropout rate: Float = 0, site: Int = 0, in pass: Pass
) -> Variable {
    let drops = pass.isTraining && rate > 0
    let key = pass.stream.key(site: site)
    let precision = pass.precision
    func dropped(_ input: Tensor) -> Tensor {
        guard drops else { return input }
        let result = Tensor.uninitialized(input.shape)
        result.assignDropout(of: input.asFloat32(), rate: rate, key: key)
        return result
    }
    let h = dropped(x.value).timesTransposed(a.value, in: precision)
    let result = Tensor.uninitialized([x.value.rowCount, weight.value.rowCount], as: pass.resultType)
    result.assign(
        projecting: x.value, timesTransposed: weight.value, bias: bias?.value,
        lowRank: LowRankTerm(factor: h, matrix: b.value, scale: scale), in: precision)
    let y = Variable(result: result, wantsGradient: pass.tracks(x, weight, bias, a, b), fresh: true)
    guard y.wantsGradient else { return y }
    let kept = x.keptForProducts(in: pass)
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        b.accumulate { $0.assign(dy, transposedTimes: h, alpha: scale, accumulate: $1, in: precision) }
        weight.accumulate { $0.assign(dy, transposedTimes: kept.value, accumulate: $1, in: precision) }
        bias?.accumulate { $0.assignColumnSums(of: dy.asFloat32(), accumulate: $1) }
        guard a.wantsGradient || x.wantsGradient else { return }
        let dh = Tensor.uninitialized(h.shape)
        dh.assign(dy, times: b.value, alpha: scale, in: precision)
        a.accumulate { $0.assign(dh, transposedTimes: dropped(kept.value), accumulate: $1, in: precision) }
        if drops {
            x.accumulate { target, accumulate in
                target.assign(projecting: dy, times: weight.value, accumulate: accumulate, in: precision)
                target.assignDropout(of: dh.times(a.value, in: precision), rate: rate, key: key, accumulate: true)
            }
        } else {
            let lowRank = LowRankTerm(factor: dh, matrix: a.value, scale: 1)
            x.accumulateProduct({
                $0.assign(projecting: dy, times: weight.value, lowRank: lowRank, accumulate: $1, in: precision)
            })
        }
    }
    return y
}

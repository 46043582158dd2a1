import Tensors

/// y = base + scale · drop(x)·Aᵀ·Bᵀ, with base (N, out), x (N, in), A (R, in), B (out, R).
/// Hu et al. 2021, arXiv 2106.09685.
///
///     u = drop(x)    h = u·Aᵀ              (N, R)
///     dh = scale · dy·B     dB = scale · dyᵀ·h     dA = dhᵀ·u     dx = drop'(dh·A)     dbase = dy
///
/// Keeps x and h; u is made again from the same mask. Writes over the memory of `base` when that is the result of
/// `linear` and nothing has read it; `base.value` is then gone.
public func lowRankUpdate(
    _ base: Variable, _ x: Variable, a: Variable, b: Variable, scale: Float, dropout rate: Float = 0, site: Int = 0,
    in pass: Pass
) -> Variable {
    let drops = pass.isTraining && rate > 0
    let key = pass.stream.key(site: site)
    func dropped(_ input: Tensor) -> Tensor {
        guard drops else { return input }
        let result = Tensor.uninitialized(input.shape)
        result.assignDropout(of: input.asFloat32(), rate: rate, key: key)
        return result
    }
    let h = dropped(x.value).timesTransposed(a.value, in: pass.precision)
    let result = base.spend() ?? base.value.copy()
    result.assign(h, timesTransposed: b.value, alpha: scale, accumulate: true, in: pass.precision)
    let y = Variable(result: result, wantsGradient: pass.tracks(base, x, a, b), fresh: true)
    guard y.wantsGradient else { return y }
    let kept = x.keptForProducts(in: pass)
    pass.tape?.record { [y = y.sink, base = base.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        b.accumulate { $0.assign(dy, transposedTimes: h, alpha: scale, accumulate: $1, in: pass.precision) }
        if a.wantsGradient || x.wantsGradient {
            let dh = Tensor.uninitialized(h.shape)
            dh.assign(dy, times: b.value, alpha: scale, in: pass.precision)
            a.accumulate { $0.assign(dh, transposedTimes: dropped(kept.value), accumulate: $1, in: pass.precision) }
            x.accumulate { target, accumulate in
                guard drops else {
                    target.assign(dh, times: a.value, accumulate: accumulate, in: pass.precision)
                    return
                }
                target.assignDropout(
                    of: dh.times(a.value, in: pass.precision), rate: rate, key: key, accumulate: accumulate)
            }
        }
        base.accumulate { dy }
    }
    return y
}

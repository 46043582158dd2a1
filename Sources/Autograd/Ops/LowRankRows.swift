import Tensors

/// y[i] = scale · A[:, ids[i]]ᵀ·Bᵀ: the low-rank part of N looked-up rows, with A (R, V), B (C, R), y (N, C).
///
///     h[i] = A[:, ids[i]]    dB = scale · dyᵀ·h    dh = scale · dy·B    dA[:, id] = Σ dh[i] over ids[i] = id
///
/// Keeps ids and h (N, R). The sum runs in the order of ids, so it is the same every time.
public func lowRankRows(_ ids: [Int32], a: Variable, b: Variable, scale: Float, in pass: Pass) -> Variable {
    let (rank, vocabulary) = (a.shape[0], a.shape[1])
    let h = Tensor.uninitialized([ids.count, rank])
    a.value.withFloats { source in
        h.withMutableFloats { target in
            for (row, id) in ids.enumerated() {
                for r in 0..<rank { target[row * rank + r] = source[r * vocabulary + Int(id)] }
            }
        }
    }
    let result = Tensor.uninitialized([ids.count, b.shape[0]])
    result.assign(h.scaled(by: scale), timesTransposed: b.value)
    let y = Variable(result: result, wantsGradient: pass.tracks(a, b), fresh: true)
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        b.accumulate { $0.assign(dy, transposedTimes: h, alpha: scale, accumulate: $1) }
        a.accumulate { target, accumulate in
            if !accumulate { target.fill(0) }
            let dh = Tensor.uninitialized(h.shape)
            dh.assign(dy, times: b.value, alpha: scale)
            dh.withFloats { source in
                target.withMutableFloats { sums in
                    for (row, id) in ids.enumerated() {
                        for r in 0..<rank { sums[r * vocabulary + Int(id)] += source[row * rank + r] }
                    }
                }
            }
        }
    }
    return y
}

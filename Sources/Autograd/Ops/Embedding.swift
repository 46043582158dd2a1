import Tensors

/// y[i] = table[ids[i]]: (N) → (N, C), table (V, C).
///
///     dtable[id] = Σ dy[i] over the i with ids[i] = id
///
/// Keeps ids. The sum runs in the order of ids, so it is the same every time.
public func embedding(_ ids: [Int32], table: Variable, in pass: Pass) -> Variable {
    let y = Variable(result: Kernels.gather(table.value, ids), wantsGradient: pass.tracks(table), fresh: true)
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        table.accumulate { target, accumulate in
            if !accumulate { target.fill(0) }
            Kernels.scatterAdd(dy, at: ids, into: target)
        }
    }
    return y
}

/// Rows of x (N, C) at `indices` → (indices.count, C): the positions a loss is taken at.
///
///     dx[indices[i]] += dy[i], zero elsewhere
public func gatherRows(_ x: Variable, _ indices: [Int32], in pass: Pass) -> Variable {
    let y = Variable(result: Kernels.gather(x.value, indices), wantsGradient: pass.tracks(x))
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        x.accumulate { target, accumulate in
            if !accumulate { target.fill(0) }
            Kernels.scatterAdd(dy, at: indices, into: target)
        }
    }
    return y
}

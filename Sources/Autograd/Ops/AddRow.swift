import Tensors

/// y = x + factor · row, with x (N, C) and row (C), the row added to every row of x.
///
///     dx = dy        drow = factor · column sums of dy
///
/// Keeps nothing.
public func addRow(_ x: Variable, _ row: Variable, factor: Float = 1, in pass: Pass) -> Variable {
    let result = x.value.copy()
    result.addToRows(factor == 1 ? row.value : row.value.asFloat32().scaled(by: factor))
    let y = Variable(result: result, wantsGradient: pass.tracks(x, row), fresh: true)
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        row.accumulate {
            let sums = Tensor.uninitialized(row.shape)
            sums.assignColumnSums(of: dy.asFloat32(), accumulate: false)
            if factor != 1 { sums.scale(by: factor) }
            return sums
        }
        x.accumulate { dy }
    }
    return y
}

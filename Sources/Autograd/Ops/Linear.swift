import Tensors

/// y = x·Wᵀ + bias, with x (N, in), W (out, in), bias (out), y (N, out).
///
///     dx = dy·W        dW = dyᵀ·x        dbias = column sums of dy
///
/// Keeps x and W, copies neither, and does not keep y. A frozen W (float32, float16 or bfloat16) costs nothing
/// going back but dx; an x without a gradient costs only dW.
public func linear(_ x: Variable, _ weight: Variable, bias: Variable? = nil, in pass: Pass) -> Variable {
    let result: Tensor
    if pass.tape != nil {
        result = Tensor.uninitialized([x.value.rowCount, weight.value.rowCount], as: pass.resultType)
        result.assign(projecting: x.value, timesTransposed: weight.value, bias: bias?.value, in: pass.precision)
    } else {
        result = x.value.timesTransposed(weight.value, in: pass.precision)
        if let bias { result.addToRows(bias.value) }
    }
    let y = Variable(result: result, wantsGradient: pass.tracks(x, weight, bias), fresh: true)
    guard y.wantsGradient else { return y }
    // x is kept only where its value is needed again.
    let input = weight.wantsGradient ? x.keptForProducts(in: pass) : nil
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        x.accumulateProduct({ $0.assign(projecting: dy, times: weight.value, accumulate: $1, in: pass.precision) })
        if let input {
            weight.accumulate { $0.assign(dy, transposedTimes: input.value, accumulate: $1, in: pass.precision) }
        }
        bias?.accumulate { $0.assignColumnSums(of: dy.asFloat32(), accumulate: $1) }
    }
    return y
}

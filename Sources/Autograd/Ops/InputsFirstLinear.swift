import Tensors

/// y = x·W + bias, with x (N, in), W (in, out), bias (out), y (N, out): `linear` for a weight that is stored the
/// other way round, as Conv1D of GPT-2 stores it.
///
///     dx = dy·Wᵀ        dW = xᵀ·dy        dbias = column sums of dy
///
/// Keeps x and W, copies neither, and does not keep y.
public func inputsFirstLinear(_ x: Variable, _ weight: Variable, bias: Variable? = nil, in pass: Pass) -> Variable {
    let result = x.value.times(weight.value, in: pass.precision)
    if let bias { result.addToRows(bias.value) }
    let y = Variable(result: result, wantsGradient: pass.tracks(x, weight, bias), fresh: true)
    guard y.wantsGradient else { return y }
    let input = weight.wantsGradient ? x.keptForProducts(in: pass) : nil
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        x.accumulate { $0.assign(dy, timesTransposed: weight.value, accumulate: $1, in: pass.precision) }
        if let input {
            weight.accumulate {
                $0.assign(input.value.asFloat32(), transposedTimes: dy, accumulate: $1, in: pass.precision)
            }
        }
        bias?.accumulate { $0.assignColumnSums(of: dy.asFloat32(), accumulate: $1) }
    }
    return y
}

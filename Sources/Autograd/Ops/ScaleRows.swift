import Tensors

/// y = diag(s) · x, with x (N, C) and s (N): every row by its own factor.
///
///     dx = dy∘s        ds[n] = Σ over columns of dy∘x
public func scaleRows(_ x: Variable, by s: Variable, in pass: Pass) -> Variable {
    let input = x.value
    let y = Variable(result: scaled(input, by: s.value), wantsGradient: pass.tracks(x, s))
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        s.accumulate {
            var sums = [Float](repeating: 0, count: s.shape[0])
            let width = input.width
            dy.withFloats { d in
                input.withFloats { v in
                    for row in sums.indices {
                        for column in row * width..<(row + 1) * width { sums[row] += d[column] * v[column] }
                    }
                }
            }
            return Tensor(sums)
        }
        x.accumulate { scaled(dy, by: s.value) }
    }
    return y
}

private func scaled(_ x: Tensor, by factors: Tensor) -> Tensor {
    precondition(x.rowCount == factors.count, "\(factors.count) factors for \(x.rowCount) rows")
    let result = x.copy()
    for (row, factor) in factors.toArray().enumerated() { result.rows(row..<row + 1).scale(by: factor) }
    return result
}

public import Tensors

/// y = x / divisor, element by element, for a divisor without a gradient. dx = dy / divisor.
public func ratio(_ x: Variable, by divisor: Tensor, in pass: Pass) -> Variable {
    let y = Variable(result: quotient(x.value, divisor), wantsGradient: pass.tracks(x))
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        x.accumulate { quotient(dy, divisor) }
    }
    return y
}

private func quotient(_ x: Tensor, _ divisor: Tensor) -> Tensor {
    precondition(x.count == divisor.count, "\(x.shape) divided by \(divisor.shape)")
    return Tensor(zip(x.toArray(), divisor.toArray()).map { $0 / $1 }, shape: x.shape)
}

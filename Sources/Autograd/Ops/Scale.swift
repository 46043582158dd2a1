import Tensors

/// y = factor · x. dx = factor · dy. Keeps nothing.
public func scale(_ x: Variable, by factor: Float, in pass: Pass) -> Variable {
    let y = Variable(result: x.value.scaled(by: factor), wantsGradient: pass.tracks(x))
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        x.accumulate { dy.scaled(by: factor) }
    }
    return y
}

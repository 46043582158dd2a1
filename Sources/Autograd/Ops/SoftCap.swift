import Tensors

/// y = cap · tanh(x / cap): nearly x where it is small, never beyond ±cap. dx = dy ∘ (1 − (y / cap)²). Keeps y.
/// Gemma Team 2024, arXiv 2408.00118.
public func softCap(_ x: Variable, cap: Float, in pass: Pass) -> Variable {
    let result = Kernels.softCap(x.value, cap: cap)
    let y = Variable(result: result, wantsGradient: pass.tracks(x))
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        x.accumulate { Kernels.softCapBackward(dy: dy, y: result, cap: cap) }
    }
    return y
}

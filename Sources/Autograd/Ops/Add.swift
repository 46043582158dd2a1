import Tensors

/// y = a + b, same shapes. da = db = dy, one tensor for both.
///
/// Keeps nothing. Writes over the memory of b when that is the result of `linear` or `lowRankUpdate` and nothing
/// has read it, as in `add(residual, projection(…))`.
public func add(_ a: Variable, _ b: Variable, in pass: Pass) -> Variable {
    precondition(a.shape == b.shape, "cannot add \(b.shape) to \(a.shape)")
    let sum: Tensor
    if a !== b, let spent = b.spend() {
        spent.add(a.value)
        sum = spent
    } else {
        sum = a.value.sum(with: b.value)
    }
    let y = Variable(result: sum, wantsGradient: pass.tracks(a, b))
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, a = a.sink, b = b.sink] in
        guard let dy = y.takeGradient() else { return }
        a.accumulate { dy }
        b.accumulate { dy }
    }
    return y
}

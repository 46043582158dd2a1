import Tensors

/// y = x·s with one factor a column: x (N, C), s of C elements, y (N, C). For DoRA's magnitudes and IA³.
///
///     dx = dy·s        ds = Σ over rows of dy∘x
///
/// Keeps s, and x when s is trained.
public func scaleColumns(_ x: Variable, by s: Variable, in pass: Pass) -> Variable {
    let factors = s.value
    let input = s.wantsGradient ? x.value : nil
    let y = Variable(
        result: Kernels.scaleColumns(x.value, by: factors), wantsGradient: pass.tracks(x, s), fresh: true)
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        if let input { s.accumulate { Kernels.columnDots(dy, input, into: $0, accumulate: $1) } }
        x.accumulate { Kernels.scaleColumns(dy, by: factors, into: $0, accumulate: $1) }
    }
    return y
}

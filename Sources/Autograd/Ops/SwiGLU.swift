import Tensors

/// y = silu(gate)∘up, all (N, F). Shazeer 2020, arXiv 2002.05202.
///
///     s = σ(gate)    dgate = dy∘up∘s∘(1 + gate∘(1 − s))    dup = dy∘gate∘s
///
/// Keeps gate and up.
public func swiGLU(_ gate: Variable, _ up: Variable, in pass: Pass) -> Variable {
    let (g, u) = (gate.value, up.value)
    let y = Variable(result: Kernels.swiGLU(g, u), wantsGradient: pass.tracks(gate, up))
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        let (dgate, dup) = Kernels.swiGLUBackward(dy: dy, gate: g, up: u)
        gate.accumulate { dgate }
        up.accumulate { dup }
    }
    return y
}

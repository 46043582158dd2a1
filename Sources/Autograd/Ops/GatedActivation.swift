import Tensors

/// y = act(gate)∘up, all (N, F). Shazeer 2020, arXiv 2002.05202.
///
///     dgate = dy∘up∘act'(gate)    dup = dy∘act(gate)
///
/// Keeps gate and up.
public func gatedActivation(_ gate: Variable, _ up: Variable, _ kind: Activation, in pass: Pass) -> Variable {
    let (g, u) = (gate.value, up.value)
    let y = Variable(
        result: Kernels.gatedActivation(g, u, kind.kernel), wantsGradient: pass.tracks(gate, up), fresh: true)
    guard y.wantsGradient else { return y }
    let kept = (gate: gate.kept(in: pass), up: up.kept(in: pass))
    pass.tape?.record { [y = y.sink, gate = gate.sink, up = up.sink] in
        guard let dy = y.takeGradient() else { return }
        let (dgate, dup) = Kernels.gatedActivationBackward(
            dy: dy, gate: kept.gate.asFloat32(), up: kept.up.asFloat32(), kind.kernel)
        gate.accumulate { dgate }
        up.accumulate { dup }
    }
    return y
}

/// y = silu(gate)∘up.
public func swiGLU(_ gate: Variable, _ up: Variable, in pass: Pass) -> Variable {
    gatedActivation(gate, up, .silu, in: pass)
}

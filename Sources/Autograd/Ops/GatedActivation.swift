import Tensors

/// y = act(gate)∘up, all (N, F). Shazeer 2020, arXiv 2002.05202.
///
///     dgate = dy∘up∘act'(gate)    dup = dy∘act(gate)
///
/// Keeps gate and up, from which products that read the result have it again on the way back. Of bfloat16, the result is
/// bfloat16.
public func gatedActivation(_ gate: Variable, _ up: Variable, _ kind: Activation, in pass: Pass) -> Variable {
    let (g, u) = (gate.value, up.value)
    guard g.elementType == .float32, u.elementType == .float32 else {
        return gatedNarrow(gate, up, kind, in: pass)
    }
    let y = Variable(
        result: Kernels.gatedActivation(g, u, kind.kernel), wantsGradient: pass.tracks(gate, up), fresh: true)
    guard y.wantsGradient else { return y }
    let kept = (gate: gate.kept(in: pass), up: up.kept(in: pass))
    // What was rounded to be kept does not give the result again.
    if pass.makesAgain, kept.gate === g, kept.up === u {
        y.keep(making: { Kernels.gatedActivation(g, u, kind.kernel) })
    }
    pass.tape?.record { [y = y.sink, gate = gate.sink, up = up.sink] in
        guard let dy = y.takeGradient() else { return }
        let (dgate, dup) = Kernels.gatedActivationBackward(
            dy: dy.asFloat32(), gate: kept.gate.asFloat32(), up: kept.up.asFloat32(), kind.kernel)
        gate.accumulate { dgate }
        up.accumulate { dup }
    }
    return y
}

/// The same of bfloat16, which the result and the gradients then are as well.
private func gatedNarrow(_ gate: Variable, _ up: Variable, _ kind: Activation, in pass: Pass) -> Variable {
    func narrow(_ tensor: Tensor) -> Tensor {
        tensor.elementType == .bfloat16 ? tensor : tensor.converted(to: .bfloat16)
    }
    let (g, u) = (narrow(gate.value), narrow(up.value))
    let y = Variable(
        result: Kernels.gatedActivation(g, u, kind.kernel, as: .bfloat16), wantsGradient: pass.tracks(gate, up),
        gradientType: .bfloat16)
    guard y.wantsGradient else { return y }
    if pass.makesAgain { y.keep(making: { Kernels.gatedActivation(g, u, kind.kernel, as: .bfloat16) }) }
    pass.tape?.record { [y = y.sink, gate = gate.sink, up = up.sink] in
        guard let dy = y.takeGradient() else { return }
        let (dgate, dup) = Kernels.gatedActivationBackward(stored: dy, gate: g, up: u, kind.kernel)
        gate.accumulate { dgate }
        up.accumulate { dup }
    }
    return y
}

/// y = silu(gate)∘up.
public func swiGLU(_ gate: Variable, _ up: Variable, in pass: Pass) -> Variable {
    gatedActivation(gate, up, .silu, in: pass)
}

import Tensors

/// y = act(gate)∘up, all (N, F). Shazeer 2020, arXiv 2002.05202.
///
///     dgate = dy∘up∘act'(gate)    dup = dy∘act(gate)
///
/// Keeps gate and up, from which products that read the result have it again on the way back. With a gate or an up of
/// bfloat16, the result and the gradients are bfloat16.
public func gatedActivation(_ gate: Variable, _ up: Variable, _ kind: Activation, in pass: Pass) -> Variable {
    let isWide = gate.value.elementType == .float32 && up.value.elementType == .float32
    func narrow(_ tensor: Tensor) -> Tensor {
        tensor.elementType == .bfloat16 ? tensor : tensor.converted(to: .bfloat16)
    }
    let (g, u) = isWide ? (gate.value, up.value) : (narrow(gate.value), narrow(up.value))
    let y = Variable(
        result: Kernels.gatedActivation(g, u, kind.kernel), wantsGradient: pass.tracks(gate, up), fresh: true,
        gradientType: isWide ? .float32 : .bfloat16)
    guard y.wantsGradient else { return y }
    let kept = isWide ? (gate: gate.kept(in: pass), up: up.kept(in: pass)) : (gate: g, up: u)
    // What was rounded to be kept does not give the result again.
    if pass.makesAgain, kept.gate === g, kept.up === u {
        y.keep(making: { Kernels.gatedActivation(g, u, kind.kernel) })
    }
    pass.tape?.record { [y = y.sink, gate = gate.sink, up = up.sink] in
        guard let dy = y.takeGradient() else { return }
        let (dgate, dup) =
            isWide
            ? Kernels.gatedActivationBackward(
                dy: dy.asFloat32(), gate: kept.gate.asFloat32(), up: kept.up.asFloat32(), kind.kernel)
            : Kernels.gatedActivationBackward(dy: dy, gate: kept.gate, up: kept.up, kind.kernel)
        gate.accumulate { dgate }
        up.accumulate { dup }
    }
    return y
}

/// y = silu(gate)∘up.
public func swiGLU(_ gate: Variable, _ up: Variable, in pass: Pass) -> Variable {
    gatedActivation(gate, up, .silu, in: pass)
}

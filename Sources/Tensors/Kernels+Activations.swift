import CKernels

extension Kernels {
    /// What is computed of each element.
    public enum Activation: Sendable {
        case silu, gelu, geluTanh, quickGELU, relu, reluSquared

        var code: Int32 {
            switch self {
            case .silu: Int32(CK_SILU)
            case .gelu: Int32(CK_GELU)
            case .geluTanh: Int32(CK_GELU_TANH)
            case .quickGELU: Int32(CK_QUICK_GELU)
            case .relu: Int32(CK_RELU)
            case .reluSquared: Int32(CK_RELU_SQUARED)
            }
        }
    }

    public static func activation(_ x: Tensor, _ kind: Activation) -> Tensor {
        let result = Tensor.uninitialized(x.shape)
        ck_activation(result.floats, x.floats, kind.code, Int64(x.count))
        return result
    }

    /// dx = dy ∘ act'(x), or += when `accumulate`.
    public static func activationBackward(
        into dx: Tensor, dy: Tensor, x: Tensor, _ kind: Activation, accumulate: Bool
    ) {
        precondition(dx.count == x.count && dy.count == x.count, "sizes differ")
        ck_activation_backward(
            dx.writable, dy.floats, x.floats, kind.code, Int64(x.count), accumulate ? 1 : 0)
    }

    /// act(gate) ∘ up, both float32 or both bfloat16, in their type.
    public static func gatedActivation(_ gate: Tensor, _ up: Tensor, _ kind: Activation) -> Tensor {
        precondition(gate.count == up.count && gate.elementType == up.elementType, "gate and up differ")
        let result = Tensor.uninitialized(gate.shape, as: gate.elementType)
        ck_gated(result.raw, gate.raw, up.raw, gate.kernelType, kind.code, Int64(gate.count))
        return result
    }

    /// The gradients of gate and up, of the type that these have; dy is of that type or float32.
    public static func gatedActivationBackward(
        dy: Tensor, gate: Tensor, up: Tensor, _ kind: Activation
    ) -> (dgate: Tensor, dup: Tensor) {
        precondition(
            gate.count == up.count && dy.count == up.count && gate.elementType == up.elementType, "sizes differ")
        precondition(dy.elementType == .float32 || dy.elementType == gate.elementType, "a dy that is narrower")
        let dgate = Tensor.uninitialized(gate.shape, as: gate.elementType)
        let dup = Tensor.uninitialized(up.shape, as: gate.elementType)
        ck_gated_backward(
            dgate.raw, dup.raw, dy.raw, dy.kernelType, gate.raw, up.raw, gate.kernelType, kind.code, Int64(gate.count))
        return (dgate, dup)
    }

    /// cap · tanh(x / cap)
    public static func softCap(_ x: Tensor, cap: Float) -> Tensor {
        precondition(cap > 0, "a soft cap of \(cap)")
        let result = Tensor.uninitialized(x.shape)
        ck_soft_cap(result.floats, x.floats, cap, Int64(x.count))
        return result
    }

    /// dy ∘ (1 − (y / cap)²), from the result y of `softCap`.
    public static func softCapBackward(dy: Tensor, y: Tensor, cap: Float) -> Tensor {
        precondition(dy.count == y.count, "sizes differ")
        let result = Tensor.uninitialized(y.shape)
        ck_soft_cap_backward(result.floats, dy.floats, y.floats, cap, Int64(y.count))
        return result
    }
}

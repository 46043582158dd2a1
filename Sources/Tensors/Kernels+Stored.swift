import CKernels

// Kernels whose arrays may be bfloat16: memory moves half the bytes, sums are float32.

extension Kernels {
    /// Whether attention of whole sequences can read and write this type here.
    public static func attentionReads(_ type: ElementType) -> Bool {
        switch type {
        case .float32: true
        case .bfloat16: ck_attention_reads(Int32(CK_BF16)) != 0
        default: false
        }
    }

    /// act(gate) ∘ up, both of one type, as `type`.
    public static func gatedActivation(_ gate: Tensor, _ up: Tensor, _ kind: Activation, as type: ElementType) -> Tensor
    {
        precondition(gate.count == up.count && gate.elementType == up.elementType, "gate and up differ")
        let result = Tensor.uninitialized(gate.shape, as: type)
        ck_gated_stored(
            result.raw, result.kernelType, gate.raw, up.raw, gate.kernelType, kind.code, Int64(gate.count))
        return result
    }

    /// The gradients of gate and up, of the type that these have.
    public static func gatedActivationBackward(
        stored dy: Tensor, gate: Tensor, up: Tensor, _ kind: Activation
    ) -> (dgate: Tensor, dup: Tensor) {
        precondition(
            gate.count == up.count && dy.count == up.count && gate.elementType == up.elementType, "sizes differ")
        let dgate = Tensor.uninitialized(gate.shape, as: gate.elementType)
        let dup = Tensor.uninitialized(up.shape, as: gate.elementType)
        ck_gated_backward_stored(
            dgate.raw, dup.raw, dgate.kernelType, dy.raw, dy.kernelType, gate.raw, up.raw, gate.kernelType, kind.code,
            Int64(gate.count))
        return (dgate, dup)
    }

    /// `rmsNorm` of a float32 x whose result is rounded to bfloat16, with a copy of x in it where `keepsInput`.
    public static func rmsNormRounded(
        _ x: Tensor, scale: Tensor, epsilon: Float, offset: Float, keepsInput: Bool
    ) -> (y: Tensor, inverse: Tensor, input: Tensor?) {
        let groups = groupCount(of: x, scale: scale)
        let y = Tensor.uninitialized(x.shape, as: .bfloat16)
        let input = keepsInput ? Tensor.uninitialized(x.shape, as: .bfloat16) : nil
        let inverse = Tensor.uninitialized([groups])
        widened(scale) {
            ck_rms_norm_stored(
                y.raw, input?.raw, inverse.floats, x.floats, $0, Int64(groups), Int64(scale.count), epsilon, offset)
        }
        return (y, inverse, input)
    }
}

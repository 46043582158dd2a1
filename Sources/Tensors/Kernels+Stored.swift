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

    /// `rmsNorm` of a float32 x whose result is rounded to bfloat16.
    public static func rmsNormRounded(
        _ x: Tensor, scale: Tensor, epsilon: Float, offset: Float
    ) -> (y: Tensor, inverse: Tensor) {
        let groups = groupCount(of: x, scale: scale)
        let y = Tensor.uninitialized(x.shape, as: .bfloat16)
        let inverse = Tensor.uninitialized([groups])
        widened(scale) {
            ck_rms_norm_stored(
                y.raw, inverse.floats, x.floats, $0, Int64(groups), Int64(scale.count), epsilon, offset)
        }
        return (y, inverse)
    }
}

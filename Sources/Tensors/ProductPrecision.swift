import CKernels

/// What the factors of a matrix product are rounded to before they are multiplied. Sums are float32 in any case.
public enum ProductPrecision: String, Sendable, CaseIterable {
    case float32
    /// 8 bits of mantissa, twice as fast where the processor multiplies them (AVX512-BF16); elsewhere the product is
    /// computed in float32, which is never less exact.
    case bfloat16

    /// Whether the instruction set in use multiplies in this precision, rather than in a wider one.
    public var isNative: Bool { self == .float32 || ck_isa_has_bf16() != 0 }
}

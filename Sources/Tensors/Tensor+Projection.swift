import CKernels

/// What a low-rank adapter adds to a projection: scale · factor·op(matrix), with factor (N, R), float32, and a matrix
/// that lies as the projection's own weight does.
public struct LowRankTerm {
    public let factor, matrix: Tensor
    public let scale: Float

    public init(factor: Tensor, matrix: Tensor, scale: Float) {
        self.factor = factor
        self.matrix = matrix
        self.scale = scale
    }
}

extension Tensor {
    /// self = x·weightᵀ + bias + what a low-rank adapter adds, or += when `accumulate`: x (N, in), weight (out, in), bias
    /// (out), the adapter's matrix (out, R). One pass over the result, which may be bfloat16 unless it accumulates.
    public func assign(
        projecting x: Tensor, timesTransposed weight: Tensor, bias: Tensor? = nil, lowRank: LowRankTerm? = nil,
        accumulate: Bool = false, in precision: ProductPrecision
    ) {
        precondition(
            x.width == weight.width && rowCount == x.rowCount && width == weight.rowCount,
            "\(shape) = \(x.shape) · \(weight.shape)ᵀ does not fit")
        precondition(lowRank.map { $0.matrix.rowCount == width && $0.matrix.width == $0.factor.width } ?? true)
        project(
            x, by: weight, transposed: true, bias: bias, lowRank: lowRank, accumulate: accumulate, in: precision)
    }

    /// self = x·weight + what a low-rank adapter adds, or += when `accumulate`: x (N, out), weight (out, in), the
    /// adapter's matrix (R, in).
    public func assign(
        projecting x: Tensor, times weight: Tensor, bias: Tensor? = nil, lowRank: LowRankTerm? = nil,
        accumulate: Bool = false, in precision: ProductPrecision
    ) {
        precondition(
            x.width == weight.rowCount && rowCount == x.rowCount && width == weight.width,
            "\(shape) = \(x.shape) · \(weight.shape) does not fit")
        precondition(lowRank.map { $0.matrix.width == width && $0.matrix.rowCount == $0.factor.width } ?? true)
        project(
            x, by: weight, transposed: false, bias: bias, lowRank: lowRank, accumulate: accumulate, in: precision)
    }

    private func project(
        _ x: Tensor, by weight: Tensor, transposed: Bool, bias: Tensor?, lowRank: LowRankTerm?, accumulate: Bool,
        in precision: ProductPrecision
    ) {
        precondition(elementType == .float32 || !accumulate, "sums are kept in float32")
        precondition(!isMapped && (bias == nil || bias?.count == width), "a bias of \(bias?.count ?? 0) for \(shape)")
        let weight = weight.asWeight
        let (row, factor) = (bias?.asFloat32(), lowRank?.factor.asFloat32())
        var product = Product(
            transposeA: false, transposeB: transposed, m: x.rowCount, n: width, k: x.width, alpha: 1,
            beta: accumulate ? 1 : 0, a: x.raw, lda: max(1, x.width), aType: x.kernelType, b: weight.raw,
            ldb: max(1, weight.width), bType: weight.weightType, c: raw, ldc: max(1, width), cType: kernelType,
            precision: precision)
        product.bias = row.map { UnsafePointer($0.floats) }
        if let lowRank, let factor {
            precondition(factor.rowCount == x.rowCount, "\(factor.rowCount) rows for \(x.rowCount)")
            product.second = Product.Second(
                k: factor.width, alpha: lowRank.scale, a: factor.floats, b: lowRank.matrix.raw,
                bType: lowRank.matrix.kernelType, ldb: max(1, lowRank.matrix.width))
        }
        product.run()
        withExtendedLifetime((x, weight, row, factor, lowRank)) {}
    }
}

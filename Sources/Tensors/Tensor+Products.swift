import CKernels

extension Tensor {
    /// self (N, in) · weight (out, in)ᵀ → (N, out). The weight may be float32, float16, bfloat16 or in blocks.
    ///
    /// With a weight in Q8_0 or Q4_0, self is rounded to blocks of signed bytes and multiplied as such, whatever
    /// `precision`.
    public func timesTransposed(_ weight: Tensor, in precision: ProductPrecision = .float32) -> Tensor {
        let result = Tensor.uninitialized([rowCount, weight.rowCount])
        result.assign(self, timesTransposed: weight, in: precision)
        return result
    }

    /// The products of self (N, in) with several weights (outᵢ, in)ᵀ, each as it would be alone. For a few rows, as
    /// decoding has them, up to three weights of one type share one job of all threads.
    public func timesTransposed(each weights: [Tensor], in precision: ProductPrecision = .float32) -> [Tensor] {
        guard let first = weights.first, weights.count <= Int(CK_TOGETHER), rowCount <= Int(ck_gemv_rows()),
            weights.allSatisfy({ $0.elementType == first.elementType && $0.width == width }),
            first.elementType.blockFormat?.meetsRoundedRows != false
        else { return weights.map { timesTransposed($0, in: precision) } }
        let rows = asFloat32()
        let results = weights.map { Tensor.uninitialized([rowCount, $0.rowCount]) }
        let parts = zip(weights, results).map { ck_weight(weight: $0.raw, y: $1.floats, out: Int64($0.rowCount)) }
        withExtendedLifetime((rows, weights)) {
            if let format = first.elementType.blockFormat {
                ck_block_product_each(
                    parts, Int32(parts.count), rows.floats, format.rawValue, Int64(rowCount), Int64(width), 1, 0)
            } else {
                ck_gemv_each(
                    parts, Int32(parts.count), rows.floats, first.kernelType, Int64(rowCount), Int64(width), 0)
            }
        }
        return results
    }

    /// self (N, out) · weight (out, in) → (N, in). The weight may be float32, float16 or bfloat16.
    public func times(_ weight: Tensor, in precision: ProductPrecision = .float32) -> Tensor {
        let result = Tensor.uninitialized([rowCount, weight.width])
        result.assign(self, times: weight, in: precision)
        return result
    }

    /// selfᵀ · other: self (N, out), other (N, in) → (out, in).
    public func transposedTimes(_ other: Tensor, in precision: ProductPrecision = .float32) -> Tensor {
        let result = Tensor.uninitialized([width, other.width])
        result.assign(self, transposedTimes: other, in: precision)
        return result
    }

    /// self = alpha · x·weightᵀ, or += when `accumulate`. For a few rows the weight is read once, as it is stored; with
    /// Q8_0 and Q4_0, x is rounded to blocks of signed bytes.
    public func assign(
        _ x: Tensor, timesTransposed weight: Tensor, alpha: Float = 1, accumulate: Bool = false,
        in precision: ProductPrecision = .float32
    ) {
        precondition(
            x.width == weight.width && rowCount == x.rowCount && width == weight.rowCount,
            "\(shape) = \(x.shape) · \(weight.shape)ᵀ does not fit")
        if let format = weight.elementType.blockFormat, format.meetsRoundedRows {
            let rows = x.asFloat32()
            ck_block_product(
                writable, rows.floats, weight.raw, format.rawValue, Int64(x.rowCount), Int64(weight.rowCount),
                Int64(weight.width), alpha, accumulate ? 1 : 0)
            withExtendedLifetime(rows) {}
            return
        }
        let weight = weight.asWeight
        defer { withExtendedLifetime(weight) {} }
        if weight.elementType.blockFormat == nil, x.rowCount <= Int(ck_gemv_rows()), alpha == 1 || !accumulate {
            let rows = x.asFloat32()
            ck_gemv(
                writable, rows.floats, weight.raw, weight.kernelType, Int64(x.rowCount), Int64(weight.rowCount),
                Int64(weight.width), accumulate ? 1 : 0)
            if alpha != 1 { scale(by: alpha) }
            withExtendedLifetime(rows) {}
            return
        }
        Product(
            transposeA: false, transposeB: true, m: x.rowCount, n: weight.rowCount, k: x.width, alpha: alpha,
            beta: accumulate ? 1 : 0, a: x.raw, lda: max(1, x.width), aType: x.kernelType, b: weight.raw,
            ldb: max(1, weight.width), bType: weight.weightType, c: writable, ldc: max(1, width), precision: precision
        ).run()
    }

    /// self = alpha · x·weight, or += when `accumulate`.
    public func assign(
        _ x: Tensor, times weight: Tensor, alpha: Float = 1, accumulate: Bool = false,
        in precision: ProductPrecision = .float32
    ) {
        precondition(
            x.width == weight.rowCount && rowCount == x.rowCount && width == weight.width,
            "\(shape) = \(x.shape) · \(weight.shape) does not fit")
        let weight = weight.asWeight
        defer { withExtendedLifetime(weight) {} }
        Product(
            transposeA: false, transposeB: false, m: x.rowCount, n: weight.width, k: x.width, alpha: alpha,
            beta: accumulate ? 1 : 0, a: x.raw, lda: max(1, x.width), aType: x.kernelType, b: weight.raw,
            ldb: max(1, weight.width), bType: weight.weightType, c: writable, ldc: max(1, width), precision: precision
        ).run()
    }

    /// self = alpha · xᵀ·other, or += when `accumulate`. `other` may be float32, float16 or bfloat16.
    public func assign(
        _ x: Tensor, transposedTimes other: Tensor, alpha: Float = 1, accumulate: Bool = false,
        in precision: ProductPrecision = .float32
    ) {
        precondition(
            x.rowCount == other.rowCount && rowCount == x.width && width == other.width,
            "\(shape) = \(x.shape)ᵀ · \(other.shape) does not fit")
        Product(
            transposeA: true, transposeB: false, m: x.width, n: other.width, k: x.rowCount, alpha: alpha,
            beta: accumulate ? 1 : 0, a: x.raw, lda: max(1, x.width), aType: x.kernelType,
            b: UnsafeRawPointer(other.raw), ldb: max(1, other.width), bType: other.kernelType, c: writable,
            ldc: max(1, width), precision: precision
        ).run()
    }
}

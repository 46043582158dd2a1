import CKernels
import COpenBLAS

// Matrix products: kernels of ours where the processor has AVX-512, whose bits do not depend on the threads, and for thin
// products with AVX2 and NEON. Elsewhere OpenBLAS computes blocks on one thread each, and the blocks are shared out over the engine's own pool: two
// pools at full width would fight for the processors, and with ours the panels of 16-bit weights are widened by the
// thread that multiplies with them, so nothing widened outlives its cache.

/// C (m, n) = op(A)·op(B)·alpha + beta·C on plain memory; `begin..<end` of rows or columns at a time.
private struct Product {
    var transposeA, transposeB: Bool
    var m, n, k: Int
    var alpha, beta: Float
    var a: UnsafePointer<Float>
    var lda: Int
    var b: UnsafeRawPointer
    var ldb: Int
    var bType: Int32
    var c: UnsafeMutablePointer<Float>
    var ldc: Int
    var precision: ProductPrecision

    func block(rows: Range<Int>, columns: Range<Int>) {
        let a = a + (transposeA ? rows.lowerBound : rows.lowerBound * lda)
        let b = b.assumingMemoryBound(to: Float.self)
        let from = b + (transposeB ? columns.lowerBound * ldb : columns.lowerBound)
        ftbench_sgemm(
            transposeA ? 1 : 0, transposeB ? 1 : 0, Int32(rows.count), Int32(columns.count), Int32(k), alpha, a,
            Int32(lda), from, Int32(ldb), beta, c + rows.lowerBound * ldc + columns.lowerBound, Int32(ldc))
    }

    /// Floats of a widened panel: half of a small second-level cache.
    static let panelFloats = 131_072

    /// B is (n, k) in 16 bits: widens some of its rows at a time, each giving whole columns of C.
    func widenedColumns(_ columns: Range<Int>) {
        let step = max(16, Product.panelFloats / max(1, k) / 16 * 16)
        guard let panel = ck_workspace(Int32(CK_SLOT_PANEL), step * k) else { return }
        var from = columns.lowerBound
        while from < columns.upperBound {
            let some = min(step, columns.upperBound - from)
            ck_widen_here(b + from * ldb * 2, bType, panel, Int64(some * k))
            ftbench_sgemm(
                transposeA ? 1 : 0, 1, Int32(m), Int32(some), Int32(k), alpha, a, Int32(lda), panel, Int32(k), beta,
                c + from, Int32(ldc))
            from += some
        }
    }

    /// B is (k, n) in 16 bits: widens `columns` of some of its rows at a time, each adding to C.
    func widenedSums(_ columns: Range<Int>) {
        let step = min(k, max(16, Product.panelFloats / max(1, columns.count) / 16 * 16))
        guard let panel = ck_workspace(Int32(CK_SLOT_PANEL), step * columns.count) else { return }
        var from = 0
        while from < k {
            let some = min(step, k - from)
            for row in 0..<some {
                ck_widen_here(
                    b + ((from + row) * ldb + columns.lowerBound) * 2, bType, panel + row * columns.count,
                    Int64(columns.count))
            }
            ftbench_sgemm(
                transposeA ? 1 : 0, 0, Int32(m), Int32(columns.count), Int32(some), alpha,
                a + (transposeA ? from * lda : from), Int32(lda), panel, Int32(columns.count),
                from == 0 ? beta : 1, c + columns.lowerBound, Int32(ldc))
            from += some
        }
    }

    /// False when the instruction set in use has no products of ours.
    private func ranInKernels() -> Bool {
        var product = ck_product(
            transpose_a: transposeA ? 1 : 0, transpose_b: transposeB ? 1 : 0, m: Int64(m), n: Int64(n), k: Int64(k),
            alpha: alpha, beta: beta, a: a, b: b, a_type: Int32(CK_F32), b_type: bType, lda: Int64(lda),
            ldb: Int64(ldb), c: c, ldc: Int64(ldc))
        if precision == .bfloat16, ck_product_bf16(&product) != 0 { return true }
        if ck_product_f32(&product) != 0 { return true }
        guard ck_product_vectors_pay(&product) != 0 else { return false }
        ck_product_vectors(&product)
        return true
    }

    func run() {
        guard m > 0, n > 0, !ranInKernels() else { return }
        _ = BLAS.ready
        if k == 0 {
            for row in 0..<m { ck_scale(c + row * ldc, c + row * ldc, beta, Int64(n)) }
            return
        }
        // Below some ten microseconds of work, waking a thread costs more than it gives.
        let alone = m * n * k < 400_000
        let byRows = bType == Int32(CK_F32) && m > n
        let extent = byRows ? m : n
        withUnsafePointer(to: self) { job in
            let work: ck_range_fn =
                if bType != Int32(CK_F32) {
                    transposeB
                        ? { Product.from($0).widenedColumns(Int($1)..<Int($2)) }
                        : { Product.from($0).widenedSums(Int($1)..<Int($2)) }
                } else if byRows {
                    { Product.from($0).block(rows: Int($1)..<Int($2), columns: 0..<Product.from($0).n) }
                } else {
                    { Product.from($0).block(rows: 0..<Product.from($0).m, columns: Int($1)..<Int($2)) }
                }
            ck_parallel(Int64(extent), alone ? Int64(extent) : 16, 16, work, job)
        }
    }

    private static func from(_ context: UnsafeRawPointer?) -> Product {
        guard let context else { preconditionFailure("a product without arguments") }
        return context.assumingMemoryBound(to: Product.self).pointee
    }
}

enum BLAS {
    /// Makes OpenBLAS single-threaded, once.
    static let ready: Void = ftbench_prepare_openblas()
}

extension Tensor {
    /// self (N, in) · weight (out, in)ᵀ → (N, out). The weight may be float32, float16, bfloat16 or in blocks.
    ///
    /// With a weight in blocks, self is rounded to blocks of signed bytes and multiplied as such, whatever `precision`.
    public func timesTransposed(_ weight: Tensor, in precision: ProductPrecision = .float32) -> Tensor {
        let result = Tensor.uninitialized([rowCount, weight.rowCount])
        result.assign(self, timesTransposed: weight, in: precision)
        return result
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

    /// self = alpha · x·weightᵀ, or += when `accumulate`. For a few rows the weight is read once, as it is stored; in
    /// blocks, x is rounded to blocks of signed bytes.
    public func assign(
        _ x: Tensor, timesTransposed weight: Tensor, alpha: Float = 1, accumulate: Bool = false,
        in precision: ProductPrecision = .float32
    ) {
        precondition(
            x.width == weight.width && rowCount == x.rowCount && width == weight.rowCount,
            "\(shape) = \(x.shape) · \(weight.shape)ᵀ does not fit")
        if let format = weight.elementType.blockFormat {
            ck_block_product(
                writable, x.floats, weight.raw, format.rawValue, Int64(x.rowCount), Int64(weight.rowCount),
                Int64(weight.width), alpha, accumulate ? 1 : 0)
            return
        }
        if x.rowCount <= Int(ck_gemv_rows()), alpha == 1 || !accumulate {
            ck_gemv(
                writable, x.floats, weight.raw, weight.kernelType, Int64(x.rowCount), Int64(weight.rowCount),
                Int64(weight.width), accumulate ? 1 : 0)
            if alpha != 1 { scale(by: alpha) }
            return
        }
        Product(
            transposeA: false, transposeB: true, m: x.rowCount, n: weight.rowCount, k: x.width, alpha: alpha,
            beta: accumulate ? 1 : 0, a: x.floats, lda: max(1, x.width), b: weight.raw, ldb: max(1, weight.width),
            bType: weight.kernelType, c: writable, ldc: max(1, width), precision: precision
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
        // Blocks lie along the rows, which the sum runs across: undone first.
        let weight = weight.elementType.blockFormat == nil ? weight : weight.copy()
        defer { withExtendedLifetime(weight) {} }
        Product(
            transposeA: false, transposeB: false, m: x.rowCount, n: weight.width, k: x.width, alpha: alpha,
            beta: accumulate ? 1 : 0, a: x.floats, lda: max(1, x.width), b: weight.raw, ldb: max(1, weight.width),
            bType: weight.kernelType, c: writable, ldc: max(1, width), precision: precision
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
            beta: accumulate ? 1 : 0, a: x.floats, lda: max(1, x.width), b: UnsafeRawPointer(other.raw),
            ldb: max(1, other.width), bType: other.kernelType, c: writable, ldc: max(1, width), precision: precision
        ).run()
    }
}

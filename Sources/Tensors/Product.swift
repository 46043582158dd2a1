import CKernels
import COpenBLAS

// Matrix products: kernels of ours where the processor has AVX-512, whose bits do not depend on the threads, and for
// thin products with AVX2 and NEON. Elsewhere OpenBLAS computes blocks on one thread each, and the blocks are shared out
// over the engine's own pool: two pools at full width would fight for the processors, and with ours the panels of 16-bit
// weights are widened by the thread that multiplies with them, so nothing widened outlives its cache.

/// C (m, n) = alpha · op(A)·op(B) + beta · C + bias + what `second` adds, on plain memory; `begin..<end` of rows or
/// columns at a time.
struct Product {
    var transposeA, transposeB: Bool
    var m, n, k: Int
    var alpha, beta: Float
    var a: UnsafeRawPointer
    var lda: Int
    var aType: Int32
    var b: UnsafeRawPointer
    var ldb: Int
    var bType: Int32
    var c: UnsafeMutableRawPointer
    var ldc: Int
    var cType = Int32(CK_F32)
    var precision: ProductPrecision
    /// (n)
    var bias: UnsafePointer<Float>?
    var second: Second?

    /// + alpha · A2·op(B2), with A2 (m, k).
    struct Second {
        var k: Int
        var alpha: Float
        var a: UnsafePointer<Float>
        var b: UnsafeRawPointer
        var bType: Int32
        var ldb: Int
    }

    private var isPlain: Bool {
        aType == Int32(CK_F32) && cType == Int32(CK_F32) && bias == nil && second == nil
    }

    func block(rows: Range<Int>, columns: Range<Int>) {
        let a = a.assumingMemoryBound(to: Float.self) + (transposeA ? rows.lowerBound : rows.lowerBound * lda)
        let c = c.assumingMemoryBound(to: Float.self)
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
        let (a, c) = (a.assumingMemoryBound(to: Float.self), c.assumingMemoryBound(to: Float.self))
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
        let (a, c) = (a.assumingMemoryBound(to: Float.self), c.assumingMemoryBound(to: Float.self))
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

    /// False when the instruction set in use has no such product of ours.
    private func ranInKernels() -> Bool {
        var product = ck_product()
        product.transpose_a = transposeA ? 1 : 0
        product.transpose_b = transposeB ? 1 : 0
        (product.m, product.n, product.k) = (Int64(m), Int64(n), Int64(k))
        (product.alpha, product.beta) = (alpha, beta)
        (product.a, product.a_type, product.lda) = (a, aType, Int64(lda))
        (product.b, product.b_type, product.ldb) = (b, bType, Int64(ldb))
        (product.c, product.c_type, product.ldc) = (c, cType, Int64(ldc))
        product.bias = bias
        if let second {
            (product.k2, product.alpha2) = (Int64(second.k), second.alpha)
            (product.a2, product.lda2) = (second.a, Int64(second.k))
            (product.b2, product.b2_type, product.ldb2) = (second.b, second.bType, Int64(second.ldb))
        }
        if precision == .bfloat16, ck_product_bf16(&product) != 0 { return true }
        if ck_product_f32(&product) != 0 { return true }
        guard isPlain, ck_product_vectors_pay(&product) != 0 else { return false }
        ck_product_vectors(&product)
        return true
    }

    func run() {
        guard m > 0, n > 0, !ranInKernels() else { return }
        guard isPlain else { return runInParts() }
        _ = BLAS.ready
        let c = c.assumingMemoryBound(to: Float.self)
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
            ck_parallel_evenly(Int64(extent), alone ? Int64(extent) : 16, 16, work, job)
        }
    }

    /// The same by plain products, one after the other.
    private func runInParts() {
        var plain = self
        (plain.bias, plain.second) = (nil, nil)
        let widened = aType == Int32(CK_F32) ? nil : Tensor.uninitialized([transposeA ? k : m, lda])
        if let widened {
            // Rows of A are whole here: a tensor's own.
            ck_widen(a, aType, widened.floats, Int64(widened.count))
            (plain.a, plain.aType) = (UnsafeRawPointer(widened.floats), Int32(CK_F32))
        }
        let whole = cType == Int32(CK_F32) ? nil : Tensor.uninitialized([m, n])
        if let whole { (plain.c, plain.cType, plain.ldc) = (UnsafeMutableRawPointer(whole.floats), Int32(CK_F32), n) }
        let sums = plain.c.assumingMemoryBound(to: Float.self)
        plain.run()
        if let second {
            Product(
                transposeA: false, transposeB: transposeB, m: m, n: n, k: second.k, alpha: second.alpha, beta: 1,
                a: second.a, lda: second.k, aType: Int32(CK_F32), b: second.b, ldb: second.ldb, bType: second.bType,
                c: plain.c, ldc: plain.ldc, precision: precision
            ).run()
        }
        if let bias { for row in 0..<m { ck_add(sums + row * plain.ldc, sums + row * plain.ldc, bias, Int64(n)) } }
        if let whole { ck_narrow(whole.floats, cType, c, Int64(m * n)) }
        withExtendedLifetime((widened, whole)) {}
    }

    private static func from(_ context: UnsafeRawPointer?) -> Product {
        guard let context else { preconditionFailure("a product without arguments") }
        return context.assumingMemoryBound(to: Product.self).pointee
    }
}

extension Tensor {
    /// As the weight of a product: itself, or its numbers where blocks have to be undone before.
    var asWeight: Tensor { elementType.blockFormat == nil || ck_product_widens_blocks() != 0 ? self : copy() }

    /// The type of a product's weight for the kernels.
    var weightType: Int32 {
        elementType.blockFormat.map { Int32(CK_BLOCKS) + $0.rawValue } ?? kernelType
    }
}

enum BLAS {
    /// Makes OpenBLAS single-threaded, once.
    static let ready: Void = ftbench_prepare_openblas()
}

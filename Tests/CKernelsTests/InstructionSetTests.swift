// swift-format-ignore-file: NeverForceUnwrap

import CKernels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("kernels of every instruction set agree with the portable ones")
struct InstructionSetTests {
    static let sets = instructionSets
    static let sizes = [1, 7, 16, 17, 33, 4097]

    @Test("the portable set always runs, and an unknown one never")
    func support() {
        #expect(ck_isa_supported(Int32(CK_ISA_PORTABLE)) == 1)
        #expect(ck_isa_supported(17) == 0 && ck_override_isa(17) == 0)
        #expect(Self.sets.contains(ck_isa()))
    }

    @Test("operations on elements", arguments: sets, sizes)
    func elements(isa: Int32, count: Int) {
        let n = Int64(count)
        let (a, b, c) = (noise(count, seed: 1, deviation: 3), noise(count, seed: 2), noise(count, seed: 3))
        func fresh() -> [Float] { [Float](repeating: .nan, count: count) }
        compare(isa, 0, "add") {
            var y = fresh(); ck_add(&y, a, b, n); return y
        }
        compare(isa, 0, "multiply") {
            var y = fresh(); ck_multiply(&y, a, b, n); return y
        }
        compare(isa, 1e-6, "axpy") {
            var y = b; ck_axpy(&y, 0.3, a, n); return y
        }
        compare(isa, 0, "scale") {
            var y = fresh(); ck_scale(&y, a, -0.7, n); return y
        }
        compare(isa, 0, "fill") {
            var y = fresh(); ck_fill(&y, 2, n); return y
        }
        compare(isa, 0, "dropout") {
            var y = fresh(); ck_dropout(&y, a, n, 0.3, 0x1234_5678_9abc, 0); return y
        }
        compare(isa, 1e-6, "swiglu") {
            var y = fresh(); ck_gated(&y, a, b, 0, Int32(CK_SILU), n); return y
        }
        compare(isa, 1e-6, "swiglu backward") {
            var (dg, du) = (fresh(), fresh())
            ck_gated_backward(&dg, &du, c, 0, a, b, 0, Int32(CK_SILU), n)
            return dg + du
        }
        compare(isa, 1e-6, "sum of squares") { [Float(ck_sum_of_squares(a, n))] }
        compare(isa, 1e-6, "adamw") {
            var (p, m, v) = (a, b, a.map { $0 * $0 })
            return p.withUnsafeMutableBufferPointer { p in
                m.withUnsafeMutableBufferPointer { m in
                    v.withUnsafeMutableBufferPointer { v in
                        c.withUnsafeBufferPointer { g in
                            var args = ck_adamw_args(
                                parameter: p.baseAddress, first: m.baseAddress, second: v.baseAddress,
                                gradient: g.baseAddress, count: n, gradient_scale: 1, learning_rate: 0.01,
                                beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.1, step: 3)
                            ck_adamw(&args)
                            return Array(p) + Array(m) + Array(v)
                        }
                    }
                }
            }
        }
        for type in [Int32(CK_F16), Int32(CK_BF16)] {
            var narrow = [UInt16](repeating: 0, count: count)
            with(isa) { ck_narrow(a, type, &narrow, n) }
            compare(isa, 0, "widen") {
                var y = fresh(); ck_widen(narrow, type, &y, n); return y
            }
            var same = narrow
            with(Int32(CK_ISA_PORTABLE)) { ck_narrow(a, type, &same, n) }
            #expect(same == narrow)
        }
    }

    @Test("operations on rows", arguments: sets, [(1, 1), (3, 7), (2, 16), (5, 17), (9, 33), (3, 4097)])
    func rows(isa: Int32, shape: (Int, Int)) {
        let (rows, width) = shape
        let count = rows * width
        let (r, w) = (Int64(rows), Int64(width))
        let (x, dy, scale) = (noise(count, seed: 1), noise(count, seed: 2), noise(width, seed: 3))
        func fresh(_ n: Int) -> [Float] { [Float](repeating: 0.5, count: n) }
        compare(isa, 2e-6, "rms norm, all three") {
            var (y, inverse, dx, ds) = (fresh(count), fresh(rows), fresh(count), fresh(width))
            ck_rms_norm(&y, &inverse, x, scale, r, w, 1e-5, 1)
            ck_rms_norm_backward_stored(&dx, dy, 0, x, 0, 0, scale, inverse, r, w, 1, 1)
            ck_rms_norm_backward_stored(&dx, dy, 0, y, 0, 1, scale, inverse, r, w, 1, 1)
            ck_column_dots(&ds, dy, x, inverse, 1, r, w, 1)
            return y + inverse + dx + ds
        }
        compare(isa, 2e-6, "column sums") {
            var y = fresh(width); ck_column_sums(&y, x, r, w, 1); return y
        }
        compare(isa, 0, "row addition") {
            var y = x; ck_add_row(&y, scale, r, w); return y
        }
        let ids = (0..<rows).map { Int32(($0 * 7 + 1) % rows) }
        compare(isa, 0, "gather") {
            var y = fresh(count); ck_gather(&y, x, Int32(CK_F32), ids, r, w); return y
        }
        compare(isa, 0, "scatter") {
            var y = dy; ck_scatter_add(&y, x, ids, r, w); return y
        }
        compare(isa, 2e-6, "cross entropy") {
            var (logits, losses) = (x, fresh(rows))
            ck_cross_entropy(&logits, w, ids.map { $0 % Int32(width) }, &losses, r, w, 0, 1, 0)
            return logits + losses
        }
        compare(isa, 2e-6, "one-row products") {
            var y = fresh(rows * rows)
            ck_gemv(&y, dy, x, Int32(CK_F32), r, r, w, 1)
            return y
        }
        if width >= 2 {
            let half = width / 2
            let (cosines, sines) = (noise(half * 4, seed: 5), noise(half * 4, seed: 6))
            compare(isa, 2e-6, "rope") {
                var y = fresh(count)
                ck_rope(&y, x, cosines, sines, (0..<rows).map { Int32($0 % 4) }, r, 1, w, Int64(half), -1)
                return y
            }
        }
    }

    @Test(
        "attention", arguments: sets,
        [
            (1, 1, 1, 1), (7, 2, 1, 7), (65, 2, 2, 16), (130, 4, 2, 17), (70, 1, 1, 33), (33, 2, 1, 80),
            (70, 1, 1, 256),
        ])
    func attention(isa: Int32, shape: (Int, Int, Int, Int)) {
        let (tokens, heads, shared, width) = shape
        let (q, k) = (noise(tokens * heads * width, seed: 1), noise(tokens * shared * width, seed: 2))
        let (v, dout) = (noise(tokens * shared * width, seed: 3), noise(tokens * heads * width, seed: 4))
        for (window, cap) in [(0, 0), (9, 0), (0, 2), (9, 2)] as [(Int, Float)] {
            compare(isa, 5e-6, "attention, window \(window), cap \(cap)") {
                var out = q, dq = q, dk = k, dv = v
                var lse = [Float](repeating: 0, count: tokens * heads)
                q.withUnsafeBufferPointer { q in
                    k.withUnsafeBufferPointer { k in
                        v.withUnsafeBufferPointer { v in
                            dout.withUnsafeBufferPointer { dout in
                                out.withUnsafeMutableBufferPointer { out in
                                    lse.withUnsafeMutableBufferPointer { lse in
                                        dq.withUnsafeMutableBufferPointer { dq in
                                            dk.withUnsafeMutableBufferPointer { dk in
                                                dv.withUnsafeMutableBufferPointer { dv in
                                                    var sequence = ck_sequence(
                                                        q: q.baseAddress, k: k.baseAddress, v: v.baseAddress,
                                                        out: out.baseAddress,
                                                        lse: lse.baseAddress, dout: dout.baseAddress,
                                                        dq: dq.baseAddress,
                                                        dk: dk.baseAddress, dv: dv.baseAddress, rows: Int64(tokens),
                                                        keys: Int64(tokens))
                                                    withUnsafePointer(to: &sequence) { sequences in
                                                        var args = ck_attention_args(
                                                            sequences: sequences, count: 1, heads: Int64(heads),
                                                            kv_heads: Int64(shared),
                                                            width: Int64(width), scale: 0.3, window: Int64(window),
                                                            soft_cap: cap, bf16: 0, type: 0)
                                                        ck_attention(&args)
                                                        ck_attention_backward(&args)
                                                    }
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                return out + lse + dq + dk + dv
            }
        }
    }

    @Test("the exponential is within two units in the last place over its range", arguments: sets)
    func exponential(isa: Int32) {
        // swiglu with up = 1 + e^-g shows sigmoid(g)·g·…; the softmax of (x, 0) shows e^x most directly.
        let points = (-860...0).map { Float($0) * 0.1 }
        for x in points {
            var logits: [Float] = [x, 0]
            var losses: [Float] = [0]
            with(isa) { ck_cross_entropy(&logits, 2, [1], &losses, 1, 2, 0, 1, 0) }
            let expected = exp(Double(x)) / (1 + exp(Double(x)))
            #expect(abs(Double(logits[0]) - expected) <= 4 * expected * 0x1p-24 + 1e-38, "at \(x)")
        }
    }

    @Test("a NaN or an infinity in the logits reaches the loss", arguments: sets, [2, 16, 17, 40])
    func notANumber(isa: Int32, width: Int) {
        for place in [0, width / 2, width - 1] {
            for bad in [Float.nan, .infinity] {
                var logits = noise(width, seed: 1)
                logits[place] = bad
                var losses: [Float] = [0]
                with(isa) { ck_cross_entropy(&logits, Int64(width), [0], &losses, 1, Int64(width), 0, 0, 0) }
                #expect(!losses[0].isFinite)
            }
        }
    }
}

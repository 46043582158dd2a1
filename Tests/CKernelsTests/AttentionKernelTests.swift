import CKernels
import Testing

/// One attention over sequences that lie behind one another, and what it leaves.
private struct Problem {
    var lengths: [Int]
    var heads: Int
    var shared: Int
    var width: Int
    var window = 0
    var cap: Float = 0
    var bf16: Int32 = 0
    /// Bits by which the last key of a sequence is larger than its first. Then all inputs are numbers of BF16.
    var growth = 0

    var rows: Int { lengths.reduce(0, +) }

    struct Result {
        var out: [Float]
        var logSumExp: [Float]
        var dq: [Float]
        var dk: [Float]
        var dv: [Float]

        var parts: [(name: String, values: [Float])] {
            [("out", out), ("lse", logSumExp), ("dq", dq), ("dk", dk), ("dv", dv)]
        }
    }

    /// Forward and backward under `isa`. Results start as NaN, so that what is not written shows.
    func run(_ isa: Int32) -> Result {
        let (queries, keys) = (rows * heads * width, rows * shared * width)
        func blank(_ count: Int) -> [Float] { [Float](repeating: .nan, count: count) }
        var result = Result(
            out: blank(queries), logSumExp: blank(rows * heads), dq: blank(queries), dk: blank(keys), dv: blank(keys))
        var inputs = [
            noise(queries, seed: 1), noise(keys, seed: 2), noise(keys, seed: 3), noise(queries, seed: 4),
        ]
        if growth > 0 {
            inputs = inputs.map { $0.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) } }
            let bits = lengths.flatMap { length in (0..<length).map { $0 * growth / length } }
            for i in inputs[1].indices { inputs[1][i] *= Float(1 << bits[i / (shared * width)]) }
        }
        let pointers = inputs.map { input in
            let copy = UnsafeMutablePointer<Float>.allocate(capacity: input.count)
            copy.initialize(from: input, count: input.count)
            return copy
        }
        defer { pointers.forEach { $0.deallocate() } }
        result.out.withUnsafeMutableBufferPointer { out in
            result.logSumExp.withUnsafeMutableBufferPointer { logSumExp in
                result.dq.withUnsafeMutableBufferPointer { dq in
                    result.dk.withUnsafeMutableBufferPointer { dk in
                        result.dv.withUnsafeMutableBufferPointer { dv in
                            var row = 0
                            let sequences = lengths.map { length in
                                let (q, k) = (row * heads * width, row * shared * width)
                                let sequence = ck_sequence(
                                    q: pointers[0] + q, k: pointers[1] + k, v: pointers[2] + k,
                                    out: out.baseAddress.map { $0 + q },
                                    lse: logSumExp.baseAddress.map { $0 + row * heads }, dout: pointers[3] + q,
                                    dq: dq.baseAddress.map { $0 + q }, dk: dk.baseAddress.map { $0 + k },
                                    dv: dv.baseAddress.map { $0 + k }, rows: Int64(length), keys: Int64(length))
                                row += length
                                return sequence
                            }
                            call(sequences, isa) {
                                ck_attention($0)
                                ck_attention_backward($0)
                            }
                        }
                    }
                }
            }
        }
        return result
    }

    /// The last `count` rows of `keys`, as they come after what a cache holds.
    func continued(_ isa: Int32, count: Int, keys: Int) -> [Float] {
        let (q, k) = (noise(count * heads * width, seed: 1), noise(keys * shared * width, seed: 2))
        let v = noise(keys * shared * width, seed: 3)
        var out = [Float](repeating: .nan, count: q.count)
        q.withUnsafeBufferPointer { q in
            k.withUnsafeBufferPointer { k in
                v.withUnsafeBufferPointer { v in
                    out.withUnsafeMutableBufferPointer { out in
                        let sequence = ck_sequence(
                            q: q.baseAddress, k: k.baseAddress, v: v.baseAddress, out: out.baseAddress, lse: nil,
                            dout: nil, dq: nil, dk: nil, dv: nil, rows: Int64(count), keys: Int64(keys))
                        call([sequence], isa) { ck_attention($0) }
                    }
                }
            }
        }
        return out
    }

    private func call(
        _ sequences: [ck_sequence], _ isa: Int32, _ kernels: (UnsafePointer<ck_attention_args>) -> Void
    ) {
        sequences.withUnsafeBufferPointer { buffer in
            var args = ck_attention_args(
                sequences: buffer.baseAddress, count: Int64(buffer.count), heads: Int64(heads),
                kv_heads: Int64(shared), width: Int64(width), scale: 1 / Float(width).squareRoot(),
                window: Int64(window), soft_cap: cap, bf16: bf16, type: 0)
            with(isa) { kernels(&args) }
        }
    }
}

/// Relative to the largest number of the reference. By index: quick in debug builds too.
private func relative(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            var (worst, size): (Float, Float) = (0, 1e-3)
            var i = 0
            while i < a.count {
                guard a[i].isFinite else { return .infinity }
                worst = max(worst, abs(a[i] - b[i]))
                size = max(size, abs(b[i]))
                i += 1
            }
            return worst / size
        }
    }
}

private let portable = Int32(CK_ISA_PORTABLE)
private let fast = instructionSets.filter { $0 >= Int32(CK_ISA_AVX512) }

// Serialised: one of them changes the number of threads.
@Suite("attention by register tiles", .serialized)
struct AttentionKernelTests {
    /// Widths of heads that exist and odd ones; sequences that end in the middle of rows, tiles, blocks and chunks.
    static let shapes: [(lengths: [Int], heads: Int, shared: Int, width: Int)] = [
        ([13, 1, 6], 2, 1, 20), ([97, 2, 33], 3, 1, 64), ([130, 64], 4, 2, 80), ([95, 12], 2, 2, 96),
        ([97], 3, 1, 128), ([70, 5], 2, 1, 256), ([33], 2, 2, 17), ([193, 96], 2, 1, 48), ([7], 1, 1, 3),
    ]
    static let variants: [(window: Int, cap: Float)] = [(0, 0), (9, 0), (50, 0), (40, 2)]

    /// In float32 to some units in the last place; in BF16 each factor is off by up to 2⁻⁹ of itself, and what a sum
    /// makes of that stays below 2⁻⁶ of the largest result.
    @Test("float32 agrees with the portable kernels, BF16 within its rounding", arguments: shapes, variants)
    func agrees(
        shape: (lengths: [Int], heads: Int, shared: Int, width: Int), variant: (window: Int, cap: Float)
    ) {
        var problem = Problem(
            lengths: shape.lengths, heads: shape.heads, shared: shape.shared, width: shape.width,
            window: variant.window, cap: variant.cap)
        let expected = problem.run(portable).parts
        for isa in fast { check(problem.run(isa), expected, within: 5e-6) }
        problem.bf16 = 1
        check(problem.run(ck_isa()), expected, within: 0x1p-6)
    }

    private func check(
        _ result: Problem.Result, _ expected: [(name: String, values: [Float])], within tolerance: Float
    ) {
        for (ours, expected) in zip(result.parts, expected) {
            let worst = relative(ours.values, expected.values)
            #expect(worst < tolerance, "\(ours.name): \(worst)")
        }
    }

    @Test("sequences cut into chunks agree with the portable kernels", arguments: [0, 100, 400])
    func chunks(window: Int) {
        var problem = Problem(lengths: [800, 520], heads: 2, shared: 1, width: 12, window: window)
        let expected = problem.run(portable).parts
        check(problem.run(ck_isa()), expected, within: 5e-6)
        problem.bf16 = 1
        check(problem.run(ck_isa()), expected, within: 0x1p-6)
    }

    @Test(
        "keys that grow raise what exponents are relative to", arguments: [20, 64, 80, 128],
        [(0, 0), (90, 0), (0, 30)])
    func growth(width: Int, variant: (window: Int, cap: Float)) {
        var problem = Problem(
            lengths: [300, 45], heads: 2, shared: 1, width: width, window: variant.window, cap: variant.cap, growth: 8)
        let expected = problem.run(portable).parts
        check(problem.run(ck_isa()), expected, within: 1e-4)
        // Without AMX, queries are rounded again once the scale is in them: at scores like these that shows.
        guard ck_isa() == Int32(CK_ISA_AMX) else { return }
        problem.bf16 = 1
        check(problem.run(ck_isa()), expected, within: 0x1p-6)
    }

    /// Attention by AMX has such numbers made 0 while it runs.
    @Test("numbers below the normal ones remain what they are afterwards")
    func smallNumbers() {
        let before = ck_threads()
        defer { ck_set_threads(before) }
        ck_set_threads(1)
        let result = Problem(lengths: [40], heads: 1, shared: 1, width: 16, bf16: 1).run(ck_isa())
        let small = Float.leastNormalMagnitude * min(abs(result.out[0]), 0.5)
        #expect(small > 0 && small.isSubnormal)
    }

    @Test("queries after the keys of a cache", arguments: [(40, 300), (5, 6), (13, 97), (96, 192), (100, 101)])
    func cache(count: Int, keys: Int) {
        for (window, cap) in Self.variants {
            for width in [20, 80] {
                var problem = Problem(lengths: [], heads: 2, shared: 1, width: width, window: window, cap: cap)
                let expected = problem.continued(portable, count: count, keys: keys)
                #expect(relative(problem.continued(ck_isa(), count: count, keys: keys), expected) < 5e-6)
                problem.bf16 = 1
                #expect(relative(problem.continued(ck_isa(), count: count, keys: keys), expected) < 0x1p-6)
            }
        }
    }

    @Test("any number of threads gives the same bits", arguments: [0, 1] as [Int32])
    func threads(bf16: Int32) {
        let problem = Problem(lengths: [777, 3, 300], heads: 6, shared: 2, width: 40, window: 0, bf16: bf16)
        let before = ck_threads()
        defer { ck_set_threads(before) }
        let results = [1, 2, 3].map { (count: Int32) in
            ck_set_threads(count)
            return problem.run(ck_isa()).parts
        }
        for other in results.dropFirst() {
            for (a, b) in zip(results[0], other) {
                #expect(a.values.map(\.bitPattern) == b.values.map(\.bitPattern), "\(a.name)")
            }
        }
    }

    @Test("a sequence gives the same bits alone as beside others", arguments: [0, 1] as [Int32])
    func beside(bf16: Int32) {
        let alone = Problem(lengths: [600], heads: 4, shared: 2, width: 32, bf16: bf16).run(ck_isa())
        // The rows of a longer problem begin with the same numbers.
        let both = Problem(lengths: [600, 200], heads: 4, shared: 2, width: 32, bf16: bf16).run(ck_isa())
        for (a, b) in zip(alone.parts, both.parts) {
            #expect(a.values.map(\.bitPattern) == b.values.prefix(a.values.count).map(\.bitPattern), "\(a.name)")
        }
    }

    @Test("a score that is not a number reaches the result", arguments: fast, [0, 1] as [Int32])
    func notANumber(isa: Int32, bf16: Int32) {
        let (rows, width) = (20, 16)
        var q = noise(rows * width, seed: 1)
        let k = noise(rows * width, seed: 2)
        q[13 * width + 3] = .nan
        var out = [Float](repeating: 0, count: q.count)
        q.withUnsafeBufferPointer { q in
            k.withUnsafeBufferPointer { k in
                out.withUnsafeMutableBufferPointer { out in
                    var sequence = ck_sequence(
                        q: q.baseAddress, k: k.baseAddress, v: k.baseAddress, out: out.baseAddress, lse: nil, dout: nil,
                        dq: nil, dk: nil, dv: nil, rows: Int64(rows), keys: Int64(rows))
                    withUnsafePointer(to: &sequence) { sequence in
                        var args = ck_attention_args(
                            sequences: sequence, count: 1, heads: 1, kv_heads: 1, width: Int64(width), scale: 1,
                            window: 0, soft_cap: 0, bf16: bf16, type: 0)
                        with(isa) { ck_attention(&args) }
                    }
                }
            }
        }
        #expect(out[13 * width].isNaN && out[12 * width].isFinite && out[14 * width].isFinite)
    }
}

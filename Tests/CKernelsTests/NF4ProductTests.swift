import CKernels
import Testing

/// A product whose B is held in NF4, in rows longer than what is multiplied: its last block is used in part, and the
/// block behind it is no number.
private struct Problem {
    var m: Int
    var n: Int
    var k: Int
    var isBTransposed: Bool
    var aType = Int32(CK_F32)
    var beta: Float = 0

    private var rows: Int { isBTransposed ? n : k }
    private var used: Int { ((isBTransposed ? k : n) + 63) / 64 }
    private var stride: Int { (used + 1) * 64 }

    private func packed() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: rows * stride / 64 * 36)
        ck_quantize(noise(rows * stride, seed: 2, deviation: 0.1), Int32(CK_NF4), &bytes, Int64(rows * stride / 64))
        let none = withUnsafeBytes(of: Float.nan) { Array($0) }
        for row in 0..<rows {
            let at = (row * (used + 1) + used) * 36
            bytes.replaceSubrange(at..<at + 4, with: none)
        }
        return bytes
    }

    /// C from the blocks, or from the same numbers in float32; nil where the set has no such product.
    func run(_ isa: Int32, undone: Bool, _ body: (UnsafePointer<ck_product>) -> Int32) -> [Float]? {
        let blocks = packed()
        var floats = [Float](repeating: 0, count: rows * stride)
        ck_dequantize(blocks, Int32(CK_NF4), &floats, Int64(floats.count / 64))
        let x = noise(m * k, seed: 1)
        var a = [UInt8](repeating: 0, count: m * k * ck_type_size(aType))
        ck_narrow(x, aType, &a, Int64(m * k))
        var c = beta == 0 ? [Float](repeating: .nan, count: m * n) : noise(m * n, seed: 3)
        let ran = a.withUnsafeBytes { a in
            blocks.withUnsafeBytes { blocks in
                floats.withUnsafeBytes { floats in
                    c.withUnsafeMutableBufferPointer { c in
                        var product = ck_product()
                        product.transpose_b = isBTransposed ? 1 : 0
                        (product.m, product.n, product.k) = (Int64(m), Int64(n), Int64(k))
                        (product.alpha, product.beta) = (0.5, beta)
                        (product.a, product.a_type, product.lda) = (a.baseAddress, aType, Int64(k))
                        product.b = undone ? floats.baseAddress : blocks.baseAddress
                        product.b_type = undone ? Int32(CK_F32) : Int32(CK_BLOCKS) + Int32(CK_NF4)
                        product.ldb = Int64(stride)
                        (product.c, product.ldc) = (UnsafeMutableRawPointer(c.baseAddress), Int64(n))
                        return with(isa) { ck_product_widens_blocks() != 0 && body(&product) != 0 }
                    }
                }
            }
        }
        return ran ? c : nil
    }
}

@Suite("products with weights in NF4, in every instruction set")
struct NF4ProductTests {
    /// Sizes that end within blocks, tiles and panels, and beyond one panel of each kind.
    static let sizes = [
        (1, 1, 1), (3, 5, 63), (5, 33, 65), (12, 64, 64), (13, 95, 130), (17, 127, 97), (40, 21, 193), (7, 40, 1031),
        (33, 1100, 70), (70, 600, 800), (500, 45, 100),
    ]

    @Test("both directions are those of the numbers undone before", arguments: instructionSets, [false, true])
    func undone(isa: Int32, isBTransposed: Bool) {
        for (i, (m, n, k)) in Self.sizes.enumerated() {
            var problem = Problem(m: m, n: n, k: k, isBTransposed: isBTransposed, beta: i % 2 == 0 ? 0 : 1)
            for type in [Int32(CK_F32), Int32(CK_BF16)] {
                problem.aType = type
                #expect(
                    problem.run(isa, undone: false, ck_product_f32) == problem.run(isa, undone: true, ck_product_f32),
                    "\(problem)")
                let rounded = problem.run(isa, undone: false, ck_product_bf16)
                #expect(rounded == problem.run(isa, undone: true, ck_product_bf16), "\(problem)")
                #expect(rounded?.contains { $0.isNaN } != true, "\(problem)")
            }
        }
    }

    @Test("sets from AVX-512 on widen blocks, others leave them to who undoes them", arguments: instructionSets)
    func widening(isa: Int32) {
        let widens = with(isa) { ck_product_widens_blocks() != 0 }
        let isVector = [Int32(CK_ISA_AVX512), Int32(CK_ISA_AVX512BF16), Int32(CK_ISA_AMX)].contains(isa)
        #expect(widens == isVector)
        let problem = Problem(m: 20, n: 70, k: 100, isBTransposed: true)
        #expect((problem.run(isa, undone: false, ck_product_f32) != nil) == isVector)
    }
}

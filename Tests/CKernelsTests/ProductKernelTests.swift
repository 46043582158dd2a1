import CKernels
import Testing

/// One product whose rows lie further apart than they are long; what lies between them is no number.
private struct Problem {
    var m: Int
    var n: Int
    var k: Int
    var isATransposed: Bool
    var isBTransposed: Bool
    var aType = Int32(CK_F32)
    var bType = Int32(CK_F32)
    var alpha: Float = 1
    var beta: Float = 0
    var gap = 3

    /// A matrix in `type` as bytes, every element behind a row a NaN.
    private func matrix(_ rows: Int, _ columns: Int, _ type: Int32, seed: UInt64) -> (bytes: [UInt8], stride: Int) {
        let stride = columns + gap
        var values = noise(max(1, rows * stride), seed: seed)
        for row in 0..<rows { for column in columns..<stride { values[row * stride + column] = .nan } }
        var bytes = [UInt8](repeating: 0, count: values.count * ck_type_size(type))
        ck_narrow(values, type, &bytes, Int64(values.count))
        return (bytes, stride)
    }

    /// C with what lies between its rows, which must stay; without beta, C begins as NaN.
    func run(_ isa: Int32, _ body: (UnsafePointer<ck_product>) -> Bool) -> [Float]? {
        let a = matrix(isATransposed ? k : m, isATransposed ? m : k, aType, seed: 1)
        let b = matrix(isBTransposed ? n : k, isBTransposed ? k : n, bType, seed: 2)
        let stride = n + gap
        var c = beta == 0 ? [Float](repeating: .nan, count: m * stride + 1) : noise(m * stride + 1, seed: 3)
        for row in 0..<m { for column in n..<stride { c[row * stride + column] = 77 } }
        let ran = a.bytes.withUnsafeBytes { aBytes in
            b.bytes.withUnsafeBytes { bBytes in
                c.withUnsafeMutableBufferPointer { c in
                    var product = ck_product()
                    product.transpose_a = isATransposed ? 1 : 0
                    product.transpose_b = isBTransposed ? 1 : 0
                    (product.m, product.n, product.k) = (Int64(m), Int64(n), Int64(k))
                    (product.alpha, product.beta) = (alpha, beta)
                    (product.a, product.a_type, product.lda) = (aBytes.baseAddress, aType, Int64(a.stride))
                    (product.b, product.b_type, product.ldb) = (bBytes.baseAddress, bType, Int64(b.stride))
                    (product.c, product.ldc) = (UnsafeMutableRawPointer(c.baseAddress), Int64(stride))
                    return with(isa) { body(&product) }
                }
            }
        }
        for row in 0..<m { for column in n..<stride { #expect(c[row * stride + column] == 77, "written outside") } }
        c.removeLast()
        return ran ? c : nil
    }
}

private let sizes = [1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 65, 127, 129]

@Suite("products in every instruction set")
struct ProductKernelTests {
    static let types = [Int32(CK_F32), Int32(CK_F16), Int32(CK_BF16)]

    /// Sizes that end in the middle of tiles, panels and blocks, in turn with types, factors and gaps.
    private static func problems(isATransposed: Bool, isBTransposed: Bool) -> [Problem] {
        var problems: [Problem] = []
        for (i, m) in sizes.enumerated() {
            for step in 0..<3 {
                let (n, k) = (sizes[(i * 5 + step * 4) % sizes.count], sizes[(i * 7 + step * 3 + 2) % sizes.count])
                problems.append(
                    Problem(
                        m: m, n: n, k: k, isATransposed: isATransposed, isBTransposed: isBTransposed,
                        aType: types[(i / 3) % 3], bType: types[(i + step) % 3], alpha: [1, 0, -0.5][(i + step) % 3],
                        beta: [0, 1, 0.5][i % 3], gap: [0, 1, 5][step]))
            }
        }
        // More terms than a block takes, more rows and columns than one.
        for (m, n, k) in [(5, 40, 1031), (230, 20, 300), (9, 600, 270), (100, 16, 17), (1, 1, 900)] {
            problems.append(Problem(m: m, n: n, k: k, isATransposed: isATransposed, isBTransposed: isBTransposed))
        }
        return problems
    }

    @Test("every set gives what the portable one gives", arguments: instructionSets, [0, 1, 2, 3])
    func agrees(isa: Int32, form: Int) throws {
        for problem in Self.problems(isATransposed: form & 1 == 1, isBTransposed: form & 2 == 2) {
            let expected = try #require(
                problem.run(Int32(CK_ISA_PORTABLE)) {
                    ck_product_vectors($0); return true
                })
            let vectors = try #require(
                problem.run(isa) {
                    ck_product_vectors($0); return true
                })
            #expect(distance(vectors, expected) < 4e-6, "\(problem)")
            // The set's own kernels, where it has any; BF16 rounds each factor by up to 2⁻⁹ of itself.
            if let own = problem.run(isa, { ck_product_f32($0) != 0 }) {
                #expect(distance(own, expected) < 4e-6, "\(problem)")
            }
            if let rounded = problem.run(isa, { ck_product_bf16($0) != 0 }) {
                let bound = 0x1p-7 * Float(problem.k).squareRoot() * 2
                #expect(distance(rounded, expected) < max(bound, 0x1p-7), "\(problem)")
            }
        }
    }

    /// The portable kernels themselves, in double precision.
    @Test("the portable product is what the definition says", arguments: [0, 1, 2, 3])
    func definition(form: Int) throws {
        for (m, n, k) in [(1, 1, 1), (3, 17, 33), (7, 15, 16), (33, 31, 65)] {
            let problem = Problem(
                m: m, n: n, k: k, isATransposed: form & 1 == 1, isBTransposed: form & 2 == 2, alpha: 0.5, gap: 0)
            let y = try #require(
                problem.run(Int32(CK_ISA_PORTABLE)) {
                    ck_product_vectors($0); return true
                })
            let (a, b) = (noise(m * k, seed: 1), noise(n * k, seed: 2))
            for i in 0..<m {
                for j in 0..<n {
                    let exact = (0..<k).reduce(0.0) { sum, t in
                        let x = problem.isATransposed ? a[t * m + i] : a[i * k + t]
                        let w = problem.isBTransposed ? b[j * k + t] : b[t * n + j]
                        return sum + Double(x) * Double(w)
                    }
                    #expect(abs(Double(y[i * n + j]) - exact / 2) < 1e-5)
                }
            }
        }
    }

    @Test("nothing is written of an empty product, and no terms leave beta · C", arguments: instructionSets)
    func empty(isa: Int32) throws {
        for (m, n, k) in [(0, 5, 3), (5, 0, 3), (0, 0, 0)] {
            let problem = Problem(m: m, n: n, k: k, isATransposed: false, isBTransposed: true)
            _ = try #require(
                problem.run(isa) {
                    ck_product_vectors($0); return true
                })
            _ = problem.run(isa) { ck_product_f32($0) != 0 }
        }
        let none = Problem(m: 3, n: 4, k: 0, isATransposed: false, isBTransposed: false, beta: 0.5, gap: 0)
        let y = try #require(
            none.run(isa) {
                ck_product_vectors($0); return true
            })
        #expect(y == noise(13, seed: 3).prefix(12).map { $0 * 0.5 })
    }

    @Test("any number of threads gives the same bits", arguments: instructionSets)
    func threads(isa: Int32) throws {
        let before = ck_threads()
        defer { ck_set_threads(before) }
        let products: [(UnsafePointer<ck_product>) -> Bool] = [
            {
                ck_product_vectors($0); return true
            },
            { ck_product_f32($0) != 0 }, { ck_product_bf16($0) != 0 },
        ]
        // More rows than columns and fewer; more columns and terms than a block.
        for (m, n, k) in [(300, 70, 300), (16, 600, 129), (70, 30, 60), (200, 1100, 900)] {
            let problem = Problem(m: m, n: n, k: k, isATransposed: false, isBTransposed: true, gap: 0)
            for product in products {
                let results = [1, 2, 3, 16].map { (count: Int32) in
                    ck_set_threads(count)
                    return problem.run(isa, product)
                }
                #expect(results.allSatisfy { $0 == results[0] })
            }
        }
    }
}

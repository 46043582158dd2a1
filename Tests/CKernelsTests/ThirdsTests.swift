import CKernels
import Testing

/// Products large enough that AMX multiplies float32 as three BF16 parts of each number.
private struct Product {
    var m: Int
    var n: Int
    var k: Int
    var isATransposed = false
    var isBTransposed = false
    var aType = Int32(CK_F32)
    var bType = Int32(CK_F32)
    var alpha: Float = 1
    var beta: Float = 0
    var hasBias = false
    var secondTerms = 0

    func run(_ isa: Int32, _ a: [Float], _ b: [Float]) -> [Float]? {
        let (aBytes, bBytes) = (stored(a, aType), stored(b, bType))
        let (bias, a2, b2) = (
            noise(n, seed: 4), noise(max(1, m * secondTerms), seed: 5), noise(max(1, n * secondTerms), seed: 6)
        )
        var c = noise(m * n, seed: 3)
        let ran = aBytes.withUnsafeBytes { aBytes in
            bBytes.withUnsafeBytes { bBytes in
                a2.withUnsafeBufferPointer { a2 in
                    b2.withUnsafeBytes { b2 in
                        bias.withUnsafeBufferPointer { bias in
                            c.withUnsafeMutableBytes { c in
                                var product = ck_product()
                                product.transpose_a = isATransposed ? 1 : 0
                                product.transpose_b = isBTransposed ? 1 : 0
                                (product.m, product.n, product.k) = (Int64(m), Int64(n), Int64(k))
                                (product.alpha, product.beta) = (alpha, beta)
                                (product.a, product.a_type) = (aBytes.baseAddress, aType)
                                product.lda = Int64(isATransposed ? m : k)
                                (product.b, product.b_type) = (bBytes.baseAddress, bType)
                                product.ldb = Int64(isBTransposed ? k : n)
                                (product.c, product.c_type, product.ldc) = (c.baseAddress, Int32(CK_F32), Int64(n))
                                product.bias = hasBias ? bias.baseAddress : nil
                                (product.k2, product.alpha2) = (Int64(secondTerms), 0.5)
                                (product.a2, product.lda2) = (a2.baseAddress, Int64(secondTerms))
                                (product.b2, product.b2_type) = (b2.baseAddress, Int32(CK_F32))
                                product.ldb2 = Int64(isBTransposed ? secondTerms : n)
                                return with(isa) { ck_product_f32(&product) }
                            }
                        }
                    }
                }
            }
        }
        return ran == 0 ? nil : c
    }

    private func stored(_ values: [Float], _ type: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: values.count * ck_type_size(type))
        ck_narrow(values, type, &bytes, Int64(values.count))
        return bytes
    }

    /// What float32 gives without rounding, of `count` elements, and the sum of the terms' magnitudes.
    func exact(_ a: [Float], _ b: [Float], at elements: [(Int, Int)]) -> [(sum: Double, size: Double)] {
        elements.map { row, column in
            (0..<k).reduce(into: (0.0, 0.0)) { sums, t in
                let x = Double(isATransposed ? a[t * m + row] : a[row * k + t])
                let w = Double(isBTransposed ? b[column * k + t] : b[t * n + column])
                sums.0 += x * w
                sums.1 += abs(x * w)
            }
        }
    }
}

@Suite("float32 products by AMX", .enabled(if: ck_isa_supported(Int32(CK_ISA_AMX)) == 1, "no AMX here"))
struct ThirdsTests {
    private let vectors = Int32(CK_ISA_AVX512)
    private let tiles = Int32(CK_ISA_AMX)

    @Test("odd sizes, types, factors, bias and a second sum agree with vectors", arguments: [0, 1, 2, 3])
    func agrees(form: Int) throws {
        let types = [Int32(CK_F32), Int32(CK_BF16), Int32(CK_F16)]
        let sizes = [(230, 193, 131), (161, 801, 270), (70, 67, 1031), (500, 255, 33), (64, 64, 1024), (97, 1537, 64)]
        for (i, (m, n, k)) in sizes.enumerated() {
            var product = Product(m: m, n: n, k: k, isATransposed: form & 1 == 1, isBTransposed: form & 2 == 2)
            (product.aType, product.bType) = (types[i / 2 % 3], types[(i + form) % 3])
            (product.alpha, product.beta) = ([1, 0.5][i % 2], [0, 1, -2][i % 3])
            (product.hasBias, product.secondTerms) = (i % 2 == 1, [0, 16, 45, 64][(i + form) % 4])
            let (a, b) = (noise(m * k, seed: 1), noise(n * k, seed: 2))
            let own = try #require(product.run(tiles, a, b))
            #expect(distance(own, try #require(product.run(vectors, a, b))) < 4e-6, "\(product)")
        }
    }

    @Test("the error is not above that of multiply-adds in float32, in types with one part and three")
    func error() throws {
        for bType in [Int32(CK_F32), Int32(CK_BF16)] {
            let product = Product(m: 128, n: 96, k: 500, isBTransposed: true, bType: bType)
            // Magnitudes over 16 binary orders, as weights and gradients have them.
            let scales = noise(product.m * product.k, seed: 7, deviation: 4)
            let a = zip(noise(product.m * product.k, seed: 1), scales).map {
                $0 * Float(sign: .plus, exponent: Int($1), significand: 1)
            }
            var b = noise(product.n * product.k, seed: 2)
            if bType == CK_BF16 { b = b.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) } }
            let elements = (0..<200).map { ($0 * 37 % product.m, $0 * 11 % product.n) }
            let exact = product.exact(a, b, at: elements)
            func meanSquare(_ isa: Int32) throws -> Double {
                let y = try #require(product.run(isa, a, b))
                return zip(elements, exact).reduce(0) { sum, pair in
                    let ((row, column), exact) = pair
                    let error = (Double(y[row * product.n + column]) - exact.sum) / exact.size
                    return sum + error * error
                } / Double(elements.count)
            }
            let (own, reference) = (try meanSquare(tiles).squareRoot(), try meanSquare(vectors).squareRoot())
            #expect(own <= reference * 1.1, "type \(bType): \(own) of the terms' magnitude, by vectors \(reference)")
            #expect(own < 0x1p-23)
        }
    }

    @Test("numbers at the ends of the range: what is left over below 2⁻¹²⁶ is lost, and infinity stays no number")
    func ends() throws {
        let product = Product(m: 128, n: 128, k: 256)
        var (a, b) = (noise(product.m * product.k, seed: 1), noise(product.n * product.k, seed: 2))
        for t in 0..<product.k { a[t] *= 0x1p-100 }
        for t in 0..<product.k { a[product.k + t] *= 0x1p-140 }
        for t in 0..<product.k { a[2 * product.k + t] *= 0x1p120 }
        a[3 * product.k + 5] = .infinity
        a[4 * product.k + 5] = .nan
        b[0] = 3.3e38
        a[5 * product.k] = 1e-3
        let (own, reference) = (try #require(product.run(tiles, a, b)), try #require(product.run(vectors, a, b)))
        for column in 1..<product.n {
            let at = { (row: Int) in (own[row * product.n + column], reference[row * product.n + column]) }
            #expect(abs(at(0).0 - at(0).1) <= 0x1p-100 * 1e-4)
            #expect(abs(at(1).0) <= 0x1p-120)
            #expect(abs(at(2).0 - at(2).1) <= 0x1p120 * 1e-4)
            #expect(!at(3).0.isFinite && !at(4).0.isFinite)
            #expect(abs(at(5).0 - at(5).1) <= 1e-4)
        }
        #expect(abs(own[5 * product.n] / reference[5 * product.n] - 1) < 1e-6)
    }

    @Test("any number of threads gives the same bits")
    func threads() throws {
        let before = ck_threads()
        defer { ck_set_threads(before) }
        for form in 0..<4 {
            let product = Product(
                m: 300, n: 170, k: 600, isATransposed: form & 1 == 1, isBTransposed: form & 2 == 2, secondTerms: 16)
            let (a, b) = (noise(product.m * product.k, seed: 1), noise(product.n * product.k, seed: 2))
            ck_set_threads(1)
            let one = try #require(product.run(tiles, a, b))
            for count: Int32 in [2, 3, 16] {
                ck_set_threads(count)
                #expect(product.run(tiles, a, b) == one)
            }
        }
    }
}

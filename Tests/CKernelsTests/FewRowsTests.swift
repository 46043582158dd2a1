import CKernels
import Testing

/// x (rows, in) · W (out, in)ᵀ + beta · y by `ck_gemv`, the weight in `type`.
private func few(
    _ x: [Float], _ weight: [UInt8], _ type: Int, rows: Int, out: Int, in width: Int, beta: Float = 0
) -> [Float] {
    var y = noise(rows * out, seed: 9)
    ck_gemv(&y, x, weight, Int32(type), Int64(rows), Int64(out), Int64(width), beta)
    return y
}

private func narrowed(_ weight: [Float], _ type: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: weight.count * ck_type_size(Int32(type)))
    ck_narrow(weight, Int32(type), &bytes, Int64(weight.count))
    return bytes
}

@Suite("products of a few rows")
struct FewRowsTests {
    static let types = [Int(CK_F32), Int(CK_F16), Int(CK_BF16)]
    static let shapes = [(1, 1), (3, 15), (16, 16), (17, 33), (37, 100), (50, 576), (16, 47)]

    @Test("every instruction set gives what the portable one gives", arguments: instructionSets, types)
    func portable(isa: Int32, type: Int) {
        for (out, width) in Self.shapes {
            let weight = narrowed(noise(out * width, seed: 2), type)
            for rows in [1, 2, 3, 4, 5, 7, 8, 9, 16] {
                let x = noise(rows * width, seed: UInt64(rows))
                for beta in [Float(0), 1, 0.5] {
                    compare(isa, 1e-5, "\(rows) rows of \(width) to \(out), type \(type), beta \(beta)") {
                        few(x, weight, type, rows: rows, out: out, in: width, beta: beta)
                    }
                }
            }
        }
    }

    @Test("a row has the same bits alone and in company", arguments: types)
    func company(type: Int) {
        guard ck_gemv_rows() >= 16 else { return }  // elsewhere more than four rows go another way
        for (out, width) in Self.shapes {
            let weight = narrowed(noise(out * width, seed: 2), type)
            let x = noise(16 * width, seed: 3)
            for rows in [2, 3, 4, 6, 8, 11, 16] {
                let together = few(Array(x[..<(rows * width)]), weight, type, rows: rows, out: out, in: width)
                for row in 0..<rows {
                    let alone = few(
                        Array(x[row * width..<(row + 1) * width]), weight, type, rows: 1, out: out, in: width)
                    #expect(Array(together[row * out..<(row + 1) * out]) == alone)
                }
            }
        }
    }

    @Test("no bit of x is lost, whatever the weight's type", arguments: instructionSets, types)
    func exactness(isa: Int32, type: Int) {
        // One weight a row of 1: each result is a number of x, and must be that number.
        let width = 96
        for rows in [1, 5, 6, 8, 11, 16] where isa >= Int32(CK_ISA_AVX512) || rows <= 4 {
            var weight = [Float](repeating: 0, count: width * width)
            for i in 0..<width { weight[i * width + i] = 1 }
            var x = noise(rows * width, seed: 3)
            x[1] = .greatestFiniteMagnitude
            x[2] = -1.0e-20
            let bytes = narrowed(weight, type)
            #expect(with(isa) { few(x, bytes, type, rows: rows, out: width, in: width) } == x)
            x = [Float](repeating: 1, count: rows * width)
            x[3] = .infinity
            let y = with(isa) {
                few(x, narrowed([Float](repeating: 1, count: width * 20), type), type, rows: rows, out: 20, in: width)
            }
            #expect(y[..<20].allSatisfy { $0 == .infinity } && y[20...].allSatisfy { $0 == Float(width) })
        }
    }

    @Test("the first of the largest is found", arguments: [1, 2, 15, 16, 17, 33, 1000])
    func largest(count: Int) {
        var x = noise(count, seed: 4)
        let index = count * 2 / 3
        x[index] = 100
        #expect(ck_index_of_largest(x, Int64(count)) == Int64(index))
        x.append(100)
        #expect(ck_index_of_largest(x, Int64(count + 1)) == Int64(index))
        x = x.map { _ in -.infinity }
        #expect(ck_index_of_largest(x, Int64(count)) == 0)
        x[0] = .nan
        #expect(ck_index_of_largest(x, Int64(count)) == 0)
        #expect(ck_index_of_largest(x, 0) == -1)
    }

    @Test("all bytes are read", arguments: [0, 1, 3, 64, 1001])
    func reading(lines: Int) {
        var words = (0..<UInt64(lines * 8)).map { $0 &* 0x9e37_79b9_7f4a_7c15 }
        words.append(0)
        let expected = words.reduce(0, ^)
        #expect(ck_read_all(words, lines * 64) == expected)
    }
}

@Suite("attention of a few new rows")
struct FewQueriesTests {
    struct Shape: Sendable {
        var heads, keyValueHeads, width, keys, rows: Int
        var window = 0
        var softCap: Float = 0
    }

    static let shapes = [
        Shape(heads: 9, keyValueHeads: 3, width: 64, keys: 200, rows: 1),
        Shape(heads: 4, keyValueHeads: 4, width: 8, keys: 1, rows: 1),
        Shape(heads: 1, keyValueHeads: 1, width: 5, keys: 17, rows: 3, window: 4),
        Shape(heads: 6, keyValueHeads: 2, width: 48, keys: 33, rows: 2),
        Shape(heads: 2, keyValueHeads: 1, width: 96, keys: 16, rows: 4, window: 7, softCap: 3),
        Shape(heads: 3, keyValueHeads: 1, width: 128, keys: 77, rows: 1, softCap: 20),
    ]

    @Test("every instruction set gives what the portable one gives", arguments: instructionSets, shapes)
    func portable(isa: Int32, shape: Shape) {
        let q = noise(shape.rows * shape.heads * shape.width, seed: 1)
        let k = noise(shape.keys * shape.keyValueHeads * shape.width, seed: 2)
        let v = noise(shape.keys * shape.keyValueHeads * shape.width, seed: 3)
        compare(isa, 1e-6, "\(shape)") {
            var out = [Float](repeating: .nan, count: q.count)
            var lse = [Float](repeating: .nan, count: shape.rows * shape.heads)
            q.withUnsafeBufferPointer { q in
                k.withUnsafeBufferPointer { k in
                    v.withUnsafeBufferPointer { v in
                        out.withUnsafeMutableBufferPointer { out in
                            lse.withUnsafeMutableBufferPointer { lse in
                                var sequence = ck_sequence()
                                sequence.q = q.baseAddress
                                sequence.k = k.baseAddress
                                sequence.v = v.baseAddress
                                sequence.out = out.baseAddress
                                sequence.lse = lse.baseAddress
                                sequence.rows = Int64(shape.rows)
                                sequence.keys = Int64(shape.keys)
                                withUnsafePointer(to: sequence) {
                                    var arguments = ck_attention_args(
                                        sequences: $0, count: 1, heads: Int64(shape.heads),
                                        kv_heads: Int64(shape.keyValueHeads), width: Int64(shape.width), scale: 0.3,
                                        window: Int64(shape.window), soft_cap: shape.softCap, bf16: 0, type: 0)
                                    ck_attention(&arguments)
                                }
                            }
                        }
                    }
                }
            }
            return out + lse
        }
    }
}

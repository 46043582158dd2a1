import CKernels
import Testing

private func blocks(_ weight: [Float], _ format: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: weight.count / 32 * ck_block_bytes(Int32(format)))
    ck_quantize(weight, Int32(format), &bytes, Int64(weight.count / 32))
    return bytes
}

private func product(
    _ x: [Float], _ weight: [UInt8], _ format: Int, rows: Int, out: Int, in width: Int, alpha: Float = 1,
    beta: Float = 0
) -> [Float] {
    var y = noise(rows * out, seed: 9)
    ck_block_product(&y, x, weight, Int32(format), Int64(rows), Int64(out), Int64(width), alpha, beta)
    return y
}

@Suite("products with weights in blocks")
struct BlockProductTests {
    static let formats = [Int(CK_Q8_0), Int(CK_Q4_0)]
    static let shapes = [(1, 32), (15, 64), (16, 96), (17, 576), (50, 544), (64, 1536)]

    @Test("every instruction set gives the portable bits", arguments: instructionSets, formats)
    func portable(isa: Int32, format: Int) {
        for (out, width) in Self.shapes {
            let weight = blocks(noise(out * width, seed: 2, deviation: 0.05), format)
            for rows in [1, 2, 3, 5, 8, 11, 12, 13, 27] {
                let x = noise(rows * width, seed: UInt64(rows))
                for (alpha, beta) in [(Float(1), Float(0)), (0.5, 1), (2, 0.25)] {
                    compare(isa, 0, "\(rows) rows of \(width) to \(out), format \(format), \(alpha) and \(beta)") {
                        product(x, weight, format, rows: rows, out: out, in: width, alpha: alpha, beta: beta)
                    }
                }
            }
        }
    }

    @Test("every byte a file may hold is multiplied alike, −128 too", arguments: instructionSets, formats)
    func allBytes(isa: Int32, format: Int) {
        let (out, width) = (19, 8 * 32)
        let bytes = ck_block_bytes(Int32(format))
        var weight = (0..<out * 8 * bytes).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
        for block in 0..<out * 8 {
            weight[block * bytes] = 0
            weight[block * bytes + 1] = 0x3c  // a scale of 1
            if block % 5 == 0 { for i in 2..<bytes { weight[block * bytes + i] = 0x80 } }
        }
        // The largest x of either sign in each place of some block.
        let x = (0..<3 * width).map { Float($0 % 3 == 0 ? -127 : 127) }
        compare(isa, 0, "format \(format)") { product(x, weight, format, rows: 3, out: out, in: width) }
    }

    @Test("a row has the same bits alone and in company", arguments: formats)
    func company(format: Int) {
        let (rows, out, width) = (29, 37, 160)
        let weight = blocks(noise(out * width, seed: 2), format)
        let x = noise(rows * width, seed: 3)
        let together = product(x, weight, format, rows: rows, out: out, in: width)
        for row in 0..<rows {
            let alone = product(
                Array(x[row * width..<(row + 1) * width]), weight, format, rows: 1, out: out, in: width)
            #expect(Array(together[row * out..<(row + 1) * out]) == alone)
        }
    }

    @Test("results are within the rounding of x of the product with the weights undone", arguments: formats)
    func closeness(format: Int) {
        for (out, width) in Self.shapes {
            let weight = blocks(noise(out * width, seed: 2, deviation: 0.05), format)
            var undone = [Float](repeating: 0, count: out * width)
            ck_dequantize(weight, Int32(format), &undone, Int64(out * width / 32))
            let x = noise(3 * width, seed: 5)
            let y = product(x, weight, format, rows: 3, out: out, in: width)
            for row in 0..<3 {
                for column in 0..<out {
                    var exact = 0.0
                    var bound = 0.0
                    for block in 0..<width / 32 {
                        let places = block * 32..<block * 32 + 32
                        let top = places.map { abs(x[row * width + $0]) }.max() ?? 0
                        for place in places {
                            let w = Double(undone[column * width + place])
                            exact += Double(x[row * width + place]) * w
                            // Half a step of x for each weight.
                            bound += Double(top) / 254 * abs(w)
                        }
                    }
                    #expect(abs(exact - Double(y[row * out + column])) <= bound * 1.001 + 1e-5)
                }
            }
        }
    }

    @Test("whole numbers up to 127 are multiplied exactly")
    func exact() {
        // The largest x of each block is 127, the largest weight −8: both scales are 1.
        let (width, format) = (64, Int(CK_Q4_0))
        let x = (0..<width).map { Float($0 % 32 == 0 ? 127 : $0 - 40) }
        let weight = blocks((0..<width).map { Float($0 % 32 == 0 ? -8 : $0 % 15 - 7) }, format)
        var undone = [Float](repeating: 0, count: width)
        ck_dequantize(weight, Int32(format), &undone, Int64(width / 32))
        let expected = zip(x, undone).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        #expect(product(x, weight, format, rows: 1, out: 1, in: width) == [expected])
    }

    @Test("what is no number stays none, and zeros give zero", arguments: instructionSets, formats)
    func notNumbers(isa: Int32, format: Int) {
        let weight = blocks(noise(64 * 3, seed: 2), format)
        for value in [Float.nan, .infinity, -.infinity] {
            var x = noise(64, seed: 1)
            x[40] = value
            let y = with(isa) { product(x, weight, format, rows: 1, out: 3, in: 64) }
            #expect(y.allSatisfy { $0.isNaN })
        }
        for value in [Float(0), Float(bitPattern: 7)] {
            let x = [Float](repeating: value, count: 64)
            let y = with(isa) { product(x, weight, format, rows: 1, out: 3, in: 64) }
            #expect(y.allSatisfy { abs($0) < Float.leastNormalMagnitude })
        }
    }
}

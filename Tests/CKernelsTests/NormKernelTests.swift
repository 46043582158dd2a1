import CKernels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("norms, activations and columns agree in every instruction set")
struct NormKernelTests {
    static let kinds = Int32(CK_SILU)...Int32(CK_RELU_SQUARED)

    @Test("activations and soft caps", arguments: instructionSets, [1, 7, 16, 17, 33, 4097])
    func elements(isa: Int32, count: Int) {
        let n = Int64(count)
        let (x, up, dy) = (noise(count, seed: 1, deviation: 3), noise(count, seed: 2), noise(count, seed: 3))
        func fresh() -> [Float] { [Float](repeating: 0.5, count: count) }
        for kind in Self.kinds {
            compare(isa, 1e-6, "activation \(kind)") {
                var (y, dx, added) = (fresh(), fresh(), fresh())
                ck_activation(&y, x, kind, n)
                ck_activation_backward(&dx, dy, x, kind, n, 0)
                ck_activation_backward(&added, dy, x, kind, n, 1)
                for i in 0..<count { #expect(abs(added[i] - dx[i] - 0.5) <= 1e-6 * max(1, abs(dx[i]))) }
                return y + dx
            }
            compare(isa, 1e-6, "gated activation \(kind)") {
                var (y, dgate, dup) = (fresh(), fresh(), fresh())
                ck_gated(&y, x, up, 0, kind, n)
                ck_gated_backward(&dgate, &dup, dy, 0, x, up, 0, kind, n)
                return y + dgate + dup
            }
        }
        compare(isa, 1e-6, "soft cap") {
            var (y, dx) = (fresh(), fresh())
            ck_soft_cap(&y, x, 2.5, n)
            ck_soft_cap_backward(&dx, dy, y, 2.5, n)
            return y + dx
        }
    }

    @Test(
        "rows and columns", arguments: instructionSets,
        [(1, 1), (3, 7), (2, 16), (5, 17), (9, 33), (600, 70), (3, 4097)])
    func rows(isa: Int32, shape: (Int, Int)) {
        let (rows, width) = shape
        let count = rows * width
        let (r, w) = (Int64(rows), Int64(width))
        let (x, dy) = (noise(count, seed: 1).map { $0 + 3 }, noise(count, seed: 2))
        let (scale, bias) = (noise(width, seed: 3), noise(width, seed: 4))
        func fresh(_ n: Int) -> [Float] { [Float](repeating: 0.5, count: n) }
        for (bias, accumulate) in [(bias, Int32(1)), (nil, 0)] {
            compare(isa, 5e-6, "layer norm, all three") {
                var (y, moments, dx, dscale) = (fresh(count), fresh(2 * rows), fresh(count), fresh(width))
                ck_layer_norm(&y, &moments, x, scale, bias, r, w, 1e-2)
                ck_layer_norm_backward(&dx, dy, x, scale, moments, r, w, accumulate)
                ck_column_dots(&dscale, dy, x, moments, 2, r, w, accumulate)
                return y + moments + dx + dscale
            }
            compare(isa, 2e-6, "column scales") {
                var (y, dots) = (fresh(count), fresh(width))
                ck_scale_columns(&y, x, scale, r, w, accumulate)
                ck_column_dots(&dots, dy, x, nil, 0, r, w, accumulate)
                return y + dots
            }
            compare(isa, 2e-6, "capped cross entropy") {
                var (logits, losses) = (x, fresh(rows))
                ck_cross_entropy(&logits, w, (0..<rows).map { Int32($0 % width) }, &losses, r, w, 2, accumulate, 0)
                return logits + losses
            }
        }
        // Blocks of a third of the row, 1 column apart from each other where that fits.
        let block = max(1, width / 3 - 1)
        let blocks = width >= 3 * (block + 1) ? 3 : 1
        compare(isa, 0, "selected columns") {
            var chosen = fresh(rows * blocks * block)
            ck_select_columns(&chosen, x, r, w, 0, Int64(block), Int64(block + 1), Int64(blocks))
            for i in chosen.indices {
                let (row, column) = (i / (blocks * block), i % (blocks * block))
                #expect(chosen[i] == x[row * width + column / block * (block + 1) + column % block])
            }
            var (placed, added) = (fresh(count), fresh(count))
            ck_place_columns(&placed, chosen, r, w, 0, Int64(block), Int64(block + 1), Int64(blocks), 0)
            ck_place_columns(&added, chosen, r, w, 0, Int64(block), Int64(block + 1), Int64(blocks), 1)
            for i in 0..<count {
                let column = i % width
                let isChosen = column / (block + 1) < blocks && column % (block + 1) < block
                #expect(placed[i] == (isChosen ? x[i] : 0) && added[i] == 0.5 + placed[i])
            }
            return chosen + placed + added
        }
    }

    @Test("the normal distribution and its bell are within 4e-7, also far in the tail", arguments: instructionSets)
    func normal(isa: Int32) {
        let points = (-1300...1300).map { Float($0) * 0.01 }
        var (values, slopes) = (points, points)
        let ones = [Float](repeating: 1, count: points.count)
        with(isa) {
            ck_activation(&values, points, Int32(CK_GELU), Int64(points.count))
            ck_activation_backward(&slopes, ones, points, Int32(CK_GELU), Int64(points.count), 0)
        }
        for (i, point) in points.enumerated() {
            let x = Double(point)
            let below = 0.5 * erfc(-x / 2.0.squareRoot())
            let bell = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            // The exponent of the bell is rounded too: half a place of x²/2.
            let tolerance = 4e-7 + x * x / 2 * 0x1p-23
            #expect(abs(Double(values[i]) - x * below) <= tolerance * abs(x * below) + 1e-38, "at \(x)")
            #expect(abs(Double(slopes[i]) - below - x * bell) <= 4e-7 * max(1, abs(x)), "slope at \(x)")
        }
    }

    @Test("the hyperbolic tangent is within two units in the last place", arguments: instructionSets)
    func tangent(isa: Int32) {
        let small: [Float] = [1e-30, 1e-7, 1e-3, 0.6249, 0.625, 0.6251, 30, 1e4, 3e38, .infinity]
        let points = small + small.map { -$0 } + (-1000...1000).map { Float($0) * 0.0101 }
        var values = points
        with(isa) { ck_soft_cap(&values, points, 1, Int64(points.count)) }
        for (i, point) in points.enumerated() {
            let expected = tanh(Double(point))
            #expect(abs(Double(values[i]) - expected) <= 4 * abs(expected) * 0x1p-24, "at \(point)")
        }
        var notANumber: [Float] = [.nan]
        with(isa) { ck_soft_cap(&notANumber, [.nan], 1, 1) }
        #expect(notANumber[0].isNaN)
    }

    @Test(
        "what is not a number stays one through every activation, and large values stay finite",
        arguments: instructionSets)
    func extremes(isa: Int32) {
        for kind in Self.kinds {
            var y = [Float](repeating: 0, count: 4)
            with(isa) { ck_activation(&y, [.nan, 1e4, -1e4, 88], kind, 4) }
            #expect(y[0].isNaN && y[1] >= 1e4 && abs(y[2]) < 1e-30 && y[3] >= 88, "kind \(kind): \(y)")
            var dx = [Float](repeating: 0, count: 3)
            with(isa) { ck_activation_backward(&dx, [1, 1, 1], [1e4, -1e4, 88], kind, 3, 0) }
            #expect(dx[0] >= 1 && abs(dx[1]) < 1e-6 && dx[2] >= 1, "kind \(kind): \(dx)")
        }
    }
}

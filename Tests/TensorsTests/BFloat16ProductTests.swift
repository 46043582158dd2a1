import EngineTesting
import Tensors
import Testing

/// Factors that BF16 holds exactly, so that only the order of the sums may differ.
private func exact(_ shape: [Int], seed: UInt64, as type: ElementType = .float32) -> Tensor {
    let rounded = Tensor.random(shape, seed: seed).converted(to: .bfloat16)
    return rounded.copy().converted(to: type)
}

@Suite("products in BF16")
struct BFloat16ProductTests {
    static let shapes = [
        (1, 1, 1), (5, 17, 3), (12, 32, 16), (13, 33, 31), (65, 40, 129), (130, 150, 47), (25, 16, 577), (31, 1060, 20),
        (500, 45, 1030),
    ]

    @Test("what BF16 holds exactly gives the float32 product", arguments: shapes, [ElementType.float32, .bfloat16])
    func exactFactors(shape: (Int, Int, Int), type: ElementType) {
        let (m, n, k) = shape
        let x = exact([m, k], seed: 1)
        let w = exact([n, k], seed: 2, as: type)
        let dy = exact([m, n], seed: 3)
        let tolerance: Float = 4e-6
        let start = Tensor.random([m, n], seed: 4)
        let sum = start.copy()
        sum.assign(x, timesTransposed: w, alpha: 0.5, accumulate: true, in: .bfloat16)
        let expected = start.copy()
        expected.assign(x, timesTransposed: w, alpha: 0.5, accumulate: true)
        #expect(worstDifference(sum, expected) < tolerance)
        #expect(worstDifference(dy.times(w, in: .bfloat16), dy.times(w)) < tolerance)
        #expect(worstDifference(dy.transposedTimes(x, in: .bfloat16), dy.transposedTimes(x)) < tolerance)
    }

    @Test("other factors are rounded to 8 bits first", .enabled(if: ProductPrecision.bfloat16.isNative))
    func roundsFactors() {
        let x = Tensor.random([37, 90], seed: 1)
        let w = Tensor.random([50, 90], seed: 2)
        let rounded = x.converted(to: .bfloat16).copy().timesTransposed(w.converted(to: .bfloat16).copy())
        let product = x.timesTransposed(w, in: .bfloat16)
        #expect(worstDifference(product, rounded) < 4e-6)
        #expect(worstDifference(product, x.timesTransposed(w)) > 1e-4)
    }

    @Test("a result that is not read may hold anything, and the bits do not depend on the threads")
    func overwritesAndRepeats() {
        let x = Tensor.random([140, 600], seed: 1)
        let w = Tensor.random([210, 600], seed: 2)
        let result = Tensor.uninitialized([140, 210])
        result.fill(.nan)
        result.assign(x, timesTransposed: w, in: .bfloat16)
        #expect(result.isFinite)
        let parts = [0..<70, 70..<140].flatMap { x.rows($0).timesTransposed(w, in: .bfloat16).toArray() }
        if ProductPrecision.bfloat16.isNative { #expect(result.toArray() == parts) }
    }

    @Test("a processor without such products computes in float32")
    func fallsBack() {
        let x = Tensor.random([9, 40], seed: 1)
        let w = Tensor.random([13, 40], seed: 2)
        let wide = Processor.with(instructionSet: "portable") { x.timesTransposed(w, in: .bfloat16).toArray() }
        #expect(wide == Processor.with(instructionSet: "portable") { x.timesTransposed(w).toArray() })
    }
}

import EngineTesting
import Tensors
import Testing

/// x (m, k) · w (n, k)ᵀ as the definition reads, in double precision.
private func reference(_ x: [Float], _ w: [Float], m: Int, n: Int, k: Int) -> [Float] {
    var result: [Float] = []
    for i in 0..<m {
        for j in 0..<n {
            result.append(Float((0..<k).reduce(0.0) { $0 + Double(x[i * k + $1]) * Double(w[j * k + $1]) }))
        }
    }
    return result
}

private func transposed(_ x: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<rows * columns).map { x[$0 % rows * columns + $0 / rows] }
}

@Suite("matrix products")
struct ProductTests {
    static let shapes = [(1, 1, 1), (1, 7, 33), (3, 17, 16), (7, 33, 5), (65, 40, 129), (130, 150, 47)]

    @Test("all three forms agree with the definition", arguments: shapes)
    func forms(m: Int, n: Int, k: Int) {
        let x = Tensor.random([m, k], seed: 1)
        let w = Tensor.random([n, k], seed: 2)
        let dy = Tensor.random([m, n], seed: 3)
        let (xs, ws, dys) = (x.toArray(), w.toArray(), dy.toArray())
        #expect(worstDifference(x.timesTransposed(w).toArray(), reference(xs, ws, m: m, n: n, k: k)) < 1e-5)
        let wt = transposed(ws, rows: n, columns: k)
        #expect(worstDifference(dy.times(w).toArray(), reference(dys, wt, m: m, n: k, k: n)) < 1e-5)
        let dyt = transposed(dys, rows: m, columns: n)
        let xt = transposed(xs, rows: m, columns: k)
        #expect(worstDifference(dy.transposedTimes(x).toArray(), reference(dyt, xt, m: n, n: k, k: m)) < 1e-5)
    }

    @Test("accumulating forms add alpha times the product")
    func accumulate() {
        let x = Tensor.random([9, 20], seed: 1)
        let w = Tensor.random([13, 20], seed: 2)
        let start = Tensor.random([9, 13], seed: 3)
        let sum = start.copy()
        sum.assign(x, timesTransposed: w, alpha: 0.5, accumulate: true)
        let expected = start.copy()
        expected.add(x.timesTransposed(w), scaledBy: 0.5)
        #expect(worstDifference(sum, expected) < 1e-6)

        let row = x.rows(4..<5)
        let rowSum = start.rows(2..<3).copy()
        rowSum.assign(row, timesTransposed: w, accumulate: true)
        let rowExpected = start.rows(2..<3).sum(with: row.timesTransposed(w))
        #expect(worstDifference(rowSum, rowExpected) < 1e-6)
    }

    @Test("16-bit weights give what their widened copy gives", arguments: [ElementType.bfloat16, .float16], shapes)
    func narrowWeights(type: ElementType, shape: (Int, Int, Int)) {
        let (m, n, k) = shape
        let x = Tensor.random([m, k], seed: 1)
        let dy = Tensor.random([m, n], seed: 3)
        let w = Tensor.random([n, k], seed: 2).converted(to: type)
        let wide = w.copy()
        #expect(worstDifference(x.timesTransposed(w), x.timesTransposed(wide)) < 1e-6)
        #expect(worstDifference(dy.times(w), dy.times(wide)) < 1e-6)
    }

    @Test("16-bit weights of several panels agree with their widened copy")
    func manyPanels() {
        let x = Tensor.random([6, 700], seed: 1)
        let w = Tensor.random([900, 700], seed: 2).converted(to: .bfloat16)
        let dy = Tensor.random([6, 900], seed: 3)
        #expect(worstDifference(x.timesTransposed(w), x.timesTransposed(w.copy())) < 1e-6)
        #expect(worstDifference(dy.times(w), dy.times(w.copy())) < 1e-6)
    }

    @Test("a product gives the same bits every time")
    func repeatable() {
        let x = Tensor.random([77, 130], seed: 1)
        let w = Tensor.random([200, 130], seed: 2)
        let first = x.timesTransposed(w).toArray()
        for _ in 0..<5 { #expect(x.timesTransposed(w).toArray() == first) }
    }

    @Test("a product has the same bits when several callers want the pool at once", arguments: [false, true])
    func contended(isNarrow: Bool) async {
        func product() -> [Float] {
            let w = Tensor.random([333, 257], seed: 2)
            return Tensor.random([129, 257], seed: 1).timesTransposed(isNarrow ? w.converted(to: .bfloat16) : w)
                .toArray()
        }
        let alone = product()
        await withTaskGroup(of: [Float].self) { group in
            for _ in 0..<12 { group.addTask { product() } }
            for await result in group { #expect(result == alone) }
        }
    }

    @Test("empty products are empty, and an empty inner size gives zeros")
    func empty() {
        #expect(Tensor.zeros([0, 3]).timesTransposed(.zeros([2, 3])).shape == [0, 2])
        #expect(Tensor.zeros([6, 0]).timesTransposed(.zeros([2, 0])).toArray() == [Float](repeating: 0, count: 12))
    }
}

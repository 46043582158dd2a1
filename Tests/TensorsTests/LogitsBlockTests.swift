import EngineTesting
import Foundation
import Tensors
import Testing

@Suite("blocks of logits")
struct LogitsBlockTests {
    /// Losses and the gradient of each logit, from the definition, in double precision.
    private func defined(
        _ logits: Tensor, targets: [Int32], cap: Float?
    ) -> (losses: [Double], gradient: Tensor) {
        let (width, values) = (logits.width, logits.toArray().map(Double.init))
        var gradient = [Float](repeating: 0, count: values.count)
        let losses = targets.indices.map { row -> Double in
            guard targets[row] >= 0 else { return 0 }
            let raw = values[row * width..<(row + 1) * width]
            let capped = cap.map { cap in raw.map { Double(cap) * tanh($0 / Double(cap)) } } ?? Array(raw)
            let most = capped.max() ?? 0
            let sum = capped.reduce(0) { $0 + exp($1 - most) }
            for (column, z) in capped.enumerated() {
                let slope = cap.map { 1 - pow(z / Double($0), 2) } ?? 1
                let share = exp(z - most) / sum - (column == Int(targets[row]) ? 1 : 0)
                gradient[row * width + column] = Float(share * slope)
            }
            return log(sum) - (capped[Int(targets[row])] - most)
        }
        return (losses, Tensor(gradient, shape: logits.shape))
    }

    @Test(
        "losses and both gradients as defined, rows apart and end to end",
        arguments: [(1, 7, 5), (3, 512, 9), (40, 33, 16), (40, 512, 24), (97, 1000, 40), (30, 1024, 8)],
        [ProductPrecision.float32, .bfloat16])
    func gradients(size: (rows: Int, vocabulary: Int, width: Int), precision: ProductPrecision) {
        let (rows, vocabulary, width) = size
        let x = Tensor.random([rows, width], seed: 1)
        let head = Tensor.random([vocabulary, width], seed: 2, deviation: 0.3)
        let bias = Tensor.random([vocabulary], seed: 3)
        let targets = (0..<rows).map { $0 % 5 == 4 ? -1 : Int32($0 * 31 % vocabulary) }
        // BF16: eight bits of each factor, and of the gradient.
        let tolerance: Float = precision == .float32 ? 2e-5 : 2e-2
        for (cap, bias) in [(nil, nil), (3, nil), (nil, bias)] as [(Float?, Tensor?)] {
            let logits = x.timesTransposed(head, in: precision).scaled(by: 0.5)
            if let bias { logits.addToRows(bias) }
            let expected = defined(logits, targets: targets, cap: cap)

            let block = LogitsBlock(capacity: rows + 2, vocabulary: vocabulary)
            block.assign(x, timesTransposed: head, bias: bias, alpha: 0.5, in: precision)
            let losses = block.crossEntropy(targets: targets[...], softCap: cap, gradient: true, in: precision)
            #expect(zip(losses, expected.losses).allSatisfy { abs(Double($0) - $1) < 2e-5 * max(1, abs($1)) })

            let dx = Tensor.uninitialized([rows, width])
            block.assignInputGradient(to: dx, head: head, alpha: 0.5, in: precision)
            #expect(worstDifference(dx, expected.gradient.times(head).scaled(by: 0.5)) < tolerance)
            let dhead = Tensor.random([vocabulary, width], seed: 4)
            let sum = dhead.copy()
            block.assignHeadGradient(to: sum, x: x, alpha: 2, accumulate: true, in: precision)
            dhead.add(expected.gradient.transposedTimes(x).scaled(by: 2))
            #expect(worstDifference(sum, dhead) < tolerance)
            if bias != nil {
                let dbias = Tensor.zeros([vocabulary])
                block.addColumnSums(to: dbias)
                let columns = Tensor.zeros([vocabulary])
                columns.assignColumnSums(of: expected.gradient, accumulate: false)
                #expect(worstDifference(dbias, columns) < 2e-5)
            }
        }
    }

    @Test("a block is used again for fewer rows")
    func again() {
        let head = Tensor.random([40, 8], seed: 1)
        let block = LogitsBlock(capacity: 30, vocabulary: 40)
        for rows in [30, 2, 19] {
            let x = Tensor.random([rows, 8], seed: UInt64(rows))
            let targets = (0..<rows).map { Int32($0) }
            block.assign(x, timesTransposed: head, bias: nil, alpha: 1, in: .float32)
            let losses = block.crossEntropy(targets: targets[...], gradient: false, in: .float32)
            let expected = defined(x.timesTransposed(head), targets: targets, cap: nil).losses
            #expect(zip(losses, expected).allSatisfy { abs(Double($0) - $1) < 2e-5 })
        }
    }
}

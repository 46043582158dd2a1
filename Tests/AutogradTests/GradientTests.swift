import Autograd
import EngineTesting
import Tensors
import Testing

/// Every op pair against central differences, on sizes that do and do not fill a vector.
@Suite("gradients agree with differences")
struct GradientTests {
    static let sizes = [(1, 1), (2, 7), (7, 16), (5, 17), (3, 33), (17, 64)]

    @Test("linear, with and without bias", arguments: sizes)
    func linearPair(rows: Int, width: Int) {
        let x = Variable.trained([rows, width], seed: 1)
        let w = Variable.trained([width + 3, width], seed: 2, deviation: 0.5)
        let bias = Variable.trained([width + 3], seed: 3)
        #expect(worstGradientError(of: [x, w]) { linear(x, w, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [x, w, bias]) { linear(x, w, bias: bias, in: $0) } < 2e-3)
    }

    @Test("low-rank update, with dropout", arguments: sizes)
    func lowRankPair(rows: Int, width: Int) {
        let x = Variable.trained([rows, width], seed: 1)
        let base = Variable.trained([rows, width + 2], seed: 4)
        let a = Variable.trained([3, width], seed: 2, deviation: 0.5)
        let b = Variable.trained([width + 2, 3], seed: 3, deviation: 0.5)
        for rate: Float in [0, 0.3] {
            let error = worstGradientError(of: [x, base, a, b], isTraining: true) {
                lowRankUpdate(base, x, a: a, b: b, scale: 0.7, dropout: rate, site: 5, in: $0)
            }
            #expect(error < 2e-3, "rate \(rate)")
        }
    }

    @Test("a low-rank update over the memory of a linear result")
    func lowRankOverLinear() {
        let x = Variable.trained([5, 9], seed: 1)
        let w = Variable.frozen([11, 9], seed: 4)
        let a = Variable.trained([2, 9], seed: 2)
        let b = Variable.trained([11, 2], seed: 3)
        let error = worstGradientError(of: [x, a, b], isTraining: true) {
            lowRankUpdate(linear(x, w, in: $0), x, a: a, b: b, scale: 2, dropout: 0.1, site: 1, in: $0)
        }
        #expect(error < 2e-3)
    }

    @Test("embedding adds up repeated ids")
    func embeddingPair() {
        let table = Variable.trained([6, 17], seed: 1)
        #expect(
            worstGradientError(of: [table], samples: 200) { embedding([3, 0, 3, 5, 3], table: table, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [table], samples: 200) { gatherRows(table, [5, 5, 1], in: $0) } < 2e-3)
    }

    @Test("rms norm", arguments: sizes)
    func rmsNormPair(rows: Int, width: Int) {
        let x = Variable.trained([rows, width], seed: 1)
        let scale = Variable.trained([width], seed: 2)
        #expect(
            worstGradientError(of: [x, scale], step: 3e-3) { rmsNorm(x, scale: scale, epsilon: 1e-5, in: $0) } < 4e-3)
    }

    @Test("rotary embedding, whole and partial", arguments: [(1, 2, 2), (3, 16, 16), (2, 34, 34), (2, 20, 8)])
    func ropePair(heads: Int, headWidth: Int, rotated: Int) {
        let tables = RoPETables(rotatedWidth: rotated, theta: 10000)
        let x = Variable.trained([4, heads * headWidth], seed: 1)
        let error = worstGradientError(of: [x]) {
            rope(x, heads: heads, headWidth: headWidth, tables: tables, positions: [0, 1, 70, 3], in: $0)
        }
        #expect(error < 2e-3)
    }

    @Test(
        "causal attention: packed, grouped, windowed",
        arguments: [
            ([1], 1, 1, 1, nil), ([7], 2, 1, 5, nil), ([16, 3], 2, 2, 16, nil), ([33, 1, 8], 4, 2, 17, nil),
            ([70], 2, 1, 8, nil), ([70, 9], 3, 1, 8, 5), ([67], 1, 1, 33, 66),
        ] as [([Int], Int, Int, Int, Int?)])
    func attentionPair(lengths: [Int], heads: Int, keyValueHeads: Int, headWidth: Int, window: Int?) {
        let layout = SequenceLayout(lengths: lengths)
        let q = Variable.trained([layout.count, heads * headWidth], seed: 1)
        let k = Variable.trained([layout.count, keyValueHeads * headWidth], seed: 2)
        let v = Variable.trained([layout.count, keyValueHeads * headWidth], seed: 3)
        let error = worstGradientError(of: [q, k, v], step: 5e-3) {
            causalAttention(
                q, k, v, layout: layout, heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth,
                scale: 0.4, window: window, in: $0)
        }
        #expect(error < 4e-3)
    }

    @Test("SwiGLU, sum, scaling and dropout", arguments: sizes)
    func elementPairs(rows: Int, width: Int) {
        let a = Variable.trained([rows, width], seed: 1)
        let b = Variable.trained([rows, width], seed: 2)
        #expect(worstGradientError(of: [a, b]) { swiGLU(a, b, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [a, b]) { add(a, b, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [a]) { add(a, a, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [a]) { scale(a, by: -1.5, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [a], isTraining: true) { dropout(a, rate: 0.4, site: 2, in: $0) } < 2e-3)
    }

    @Test("cross entropy through the head, with ignored rows", arguments: [(1, 1, 2), (7, 5, 17), (40, 16, 33)])
    func crossEntropyPair(rows: Int, width: Int, vocabulary: Int) {
        let hidden = Variable.trained([rows, width], seed: 1)
        let head = Variable.trained([vocabulary, width], seed: 2)
        let targets = (0..<rows).map { $0 % 5 == 4 ? -1 : Int32($0 % vocabulary) }
        #expect(
            worstGradientError(of: [hidden, head]) { crossEntropySum(hidden, head: head, targets: targets, in: $0) }
                < 2e-3)
        let error = worstGradientError(of: [hidden, head]) {
            scale(crossEntropySum(hidden, head: head, targets: targets, in: $0), by: 0.25, in: $0)
        }
        #expect(error < 2e-3)
    }

    @Test("a value used twice receives both gradients, each intact")
    func sharedGradient() {
        let x = Variable.trained([4, 9], seed: 1)
        let w = Variable.trained([9, 9], seed: 2, deviation: 0.3)
        let scaleRow = Variable.trained([9], seed: 3)
        let error = worstGradientError(of: [x, w, scaleRow], step: 5e-3) { pass in
            let h = rmsNorm(x, scale: scaleRow, epsilon: 1e-5, in: pass)
            let once = add(x, linear(h, w, in: pass), in: pass)
            let twice = add(
                once, linear(rmsNorm(once, scale: scaleRow, epsilon: 1e-5, in: pass), w, in: pass), in: pass)
            return add(twice, x, in: pass)
        }
        #expect(error < 4e-3)
    }
}

@Suite("rows of logits held at once")
struct LogitRowsTests {
    @Test(
        "blocks are alike, whole panels, and bounded",
        arguments: [(1, 100), (2048, 49152), (512, 151_936), (513, 151_936), (5000, 32), (13, 1_000_000)])
    func rows(count: Int, vocabulary: Int) {
        let rows = logitRows(of: count, vocabulary: vocabulary)
        #expect(rows == count || (rows < count && rows % 12 == 0))
        #expect(rows <= 1032 && rows * vocabulary <= max(17_400_000, 204 * vocabulary))
        let blocks = (count + rows - 1) / rows
        #expect(count - (blocks - 1) * rows > rows / 2 || blocks == 1)
    }
}

import Autograd
import EngineTesting
import Tensors
import Testing

/// Norms, activations and column ops against central differences, on sizes that do and do not fill a vector.
@Suite("gradients of norms, activations and columns agree with differences")
struct NormGradientTests {
    static let sizes = [(1, 2), (2, 7), (7, 16), (5, 17), (3, 33), (17, 64)]

    @Test("layer norm, with and without bias", arguments: sizes)
    func layerNormPair(rows: Int, width: Int) {
        let x = Variable.trained([rows, width], seed: 1)
        let scale = Variable.trained([width], seed: 2)
        let bias = Variable.trained([width], seed: 3)
        // Two columns are all but equal at times: the norm is then as good as a step.
        let epsilon: Float = width == 2 ? 0.1 : 1e-5
        let error = worstGradientError(of: [x, scale, bias], step: 3e-3) {
            layerNorm(x, scale: scale, bias: bias, epsilon: epsilon, in: $0)
        }
        #expect(error < 4e-3)
        let bare = worstGradientError(of: [x, scale], step: 3e-3) {
            layerNorm(x, scale: scale, bias: nil, epsilon: epsilon, in: $0)
        }
        #expect(bare < 4e-3)
    }

    @Test("rms norm of heads, with Gemma's offset", arguments: [(1, 2, 8), (5, 3, 17), (4, 2, 24), (2, 5, 1)])
    func headNormPair(rows: Int, heads: Int, width: Int) {
        let x = Variable.trained([rows, heads * width], seed: 1)
        let scale = Variable.trained([width], seed: 2)
        for offset: Float in [0, 1] {
            let error = worstGradientError(of: [x, scale], step: 3e-3) {
                rmsNorm(x, scale: scale, epsilon: 1e-2, offset: offset, in: $0)
            }
            #expect(error < 4e-3, "offset \(offset)")
        }
    }

    @Test("every activation, alone and gated", arguments: Activation.allCases, sizes)
    func activationPairs(kind: Activation, size: (Int, Int)) {
        let (rows, width) = size
        // Differences are wrong across the corner of relu at 0, so nothing starts near it.
        let x = Variable.trained([rows, width], seed: 1, deviation: 2)
        x.value.withMutableFloats { floats in
            for i in floats.indices where abs(floats[i]) < 0.05 { floats[i] = 0.3 }
        }
        let up = Variable.trained([rows, width], seed: 2)
        #expect(worstGradientError(of: [x]) { activation(x, kind, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [x, up]) { gatedActivation(x, up, kind, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [x]) { softCap(x, cap: 1.5, in: $0) } < 2e-3)
    }

    @Test("one factor a column, trained and frozen", arguments: sizes)
    func scaleColumnsPair(rows: Int, width: Int) {
        let x = Variable.trained([rows, width], seed: 1)
        let s = Variable.trained([width], seed: 2)
        #expect(worstGradientError(of: [x, s]) { scaleColumns(x, by: s, in: $0) } < 2e-3)
        #expect(
            worstGradientError(of: [s]) { scaleColumns(.frozen([rows, width], seed: 1), by: s, in: $0) } < 2e-3)
        let twice = worstGradientError(of: [x, s], step: 5e-3) {
            scaleColumns(add(x, scaleColumns(x, by: s, in: $0), in: $0), by: s, in: $0)
        }
        #expect(twice < 4e-3)
    }

    @Test(
        "selected columns, alone and three that cover x",
        arguments: [(1, 1, 1), (3, 7, 2), (5, 16, 1), (4, 17, 3)])
    func selectColumnsPair(rows: Int, width: Int, heads: Int) {
        // Fused head by head as in GPT-NeoX: each head has its q, k and v side by side.
        let x = Variable.trained([rows, 3 * heads * width], seed: 1)
        func part(_ index: Int, _ pass: Pass) -> Variable {
            selectColumns(x, offset: index * width, width: width, stride: 3 * width, count: heads, in: pass)
        }
        #expect(worstGradientError(of: [x], samples: 200) { part(1, $0) } < 2e-3)
        let error = worstGradientError(of: [x], samples: 200) { pass in
            add(add(part(0, pass), scale(part(1, pass), by: 2, in: pass), in: pass), part(2, pass), in: pass)
        }
        #expect(error < 2e-3)
        let overlapping = worstGradientError(of: [x], samples: 200) { pass in
            add(part(0, pass), part(0, pass), in: pass)
        }
        #expect(overlapping < 2e-3)
    }

    @Test(
        "causal attention with a soft cap",
        arguments: [
            ([1], 1, 1, 3, nil), ([16, 3], 2, 2, 16, nil), ([33, 1, 8], 4, 2, 17, 6), ([70], 2, 1, 24, nil),
        ] as [([Int], Int, Int, Int, Int?)])
    func cappedAttentionPair(lengths: [Int], heads: Int, keyValueHeads: Int, headWidth: Int, window: Int?) {
        let layout = SequenceLayout(lengths: lengths)
        let q = Variable.trained([layout.count, heads * headWidth], seed: 1)
        let k = Variable.trained([layout.count, keyValueHeads * headWidth], seed: 2)
        let v = Variable.trained([layout.count, keyValueHeads * headWidth], seed: 3)
        let error = worstGradientError(of: [q, k, v], step: 5e-3) {
            causalAttention(
                q, k, v, layout: layout, heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth,
                scale: 0.4, window: window, softCap: 2, in: $0)
        }
        #expect(error < 4e-3)
    }

    @Test(
        "cross entropy through scale, soft cap and bias", arguments: [(1, 1, 2), (7, 5, 17), (40, 16, 33)],
        [(1, nil), (0.3, nil), (1, 2), (0.5, 3)] as [(Float, Float?)])
    func crossEntropyPair(size: (Int, Int, Int), shaping: (Float, Float?)) {
        let (rows, width, vocabulary) = size
        let hidden = Variable.trained([rows, width], seed: 1)
        let head = Variable.trained([vocabulary, width], seed: 2)
        let bias = Variable.trained([vocabulary], seed: 3)
        let targets = (0..<rows).map { $0 % 5 == 4 ? -1 : Int32($0 % vocabulary) }
        let error = worstGradientError(of: [hidden, head, bias]) {
            let sum = crossEntropySum(
                hidden, head: head, targets: targets, scale: shaping.0, softCap: shaping.1, bias: bias, in: $0)
            return scale(sum, by: 0.5, in: $0)
        }
        #expect(error < 2e-3)
        let scores = worstGradientError(of: [hidden, head, bias]) {
            logits(hidden, head: head, scale: shaping.0, softCap: shaping.1, bias: bias, in: $0)
        }
        #expect(scores < 2e-3)
    }
}

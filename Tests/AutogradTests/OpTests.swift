import Autograd
import EngineTesting
import Tensors
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("ops")
struct OpTests {
    @Test("dropout keeps its share, scales what it keeps, and draws the same mask again")
    func dropoutReplay() {
        let x = Variable(Tensor([Float](repeating: 1, count: 20000), shape: [100, 200]))
        var pass = Pass(stream: RandomStream(seed: 1, step: 4), isTraining: true)
        let y = dropout(x, rate: 0.25, site: 3, in: pass).value.toArray()
        #expect(y.allSatisfy { $0 == 0 || abs($0 - 4 / 3) < 1e-6 })
        let kept = y.count { $0 != 0 }
        #expect(abs(Double(kept) / 20000 - 0.75) < 0.015)
        #expect(dropout(x, rate: 0.25, site: 3, in: pass).value.toArray() == y)
        #expect(dropout(x, rate: 0.25, site: 4, in: pass).value.toArray() != y)
        pass.stream.step = 5
        #expect(dropout(x, rate: 0.25, site: 3, in: pass).value.toArray() != y)
        pass.isTraining = false
        #expect(dropout(x, rate: 0.25, site: 3, in: pass) === x)
    }

    @Test("masks of neighbouring sites and elements are independent")
    func dropoutIndependence() {
        let x = Variable(Tensor([Float](repeating: 1, count: 40000), shape: [40000]))
        let pass = Pass(stream: RandomStream(seed: 9), isTraining: true)
        let a = dropout(x, rate: 0.5, site: 0, in: pass).value.toArray().map { $0 > 0 }
        let b = dropout(x, rate: 0.5, site: 1, in: pass).value.toArray().map { $0 > 0 }
        let acrossSites = zip(a, b).count { $0 == $1 }
        let acrossElements = zip(a, a.dropFirst()).count { $0 == $1 }
        #expect(abs(acrossSites - 20000) < 600 && abs(acrossElements - 20000) < 600)
    }

    @Test("cross entropy in blocks agrees with whole logits, and with log-probabilities")
    func crossEntropy() {
        let hidden = Variable.frozen([70, 9], seed: 1)
        let head = Variable.frozen([300, 9], seed: 2)
        let targets = (0..<70).map { $0 == 5 ? -1 : Int32(($0 * 37) % 300) }
        let logs = logProbabilities(hidden.value, head: head.value, targets: targets)
        let scores = logits(hidden, head: head, in: .inference).value.toArray().map { Double($0) }
        for (row, target) in targets.enumerated() where target >= 0 {
            let line = scores[row * 300..<(row + 1) * 300]
            let expected = line[row * 300 + Int(target)] - logSumExp(Array(line))
            #expect(abs(Double(logs[row]) - expected) < 1e-5)
        }
        #expect(logs[5] == 0)
        let total = crossEntropySum(hidden, head: head, targets: targets, in: .inference).value.item
        #expect(abs(total + logs.reduce(0, +)) < 1e-3)
    }

    @Test("large logits neither overflow nor lose the loss")
    func largeLogits() {
        let hidden = Variable(Tensor([1000, -1000], shape: [2, 1]))
        let head = Variable(Tensor([1, -1, 0], shape: [3, 1]))
        #expect(logProbabilities(hidden.value, head: head.value, targets: [0, 0]) == [0, -2000])
    }

    @Test("a bfloat16 head and table give what their float32 copies give")
    func narrowHead() {
        let head = Tensor.random([50, 16], seed: 1).converted(to: .bfloat16)
        let hidden = Variable.trained([12, 16], seed: 2)
        let targets = (0..<12).map { Int32($0 * 4) }
        var gradients: [[Float]] = []
        for table in [head, head.copy()] {
            hidden.gradient = nil
            let tape = Tape()
            tape.backward(from: crossEntropySum(hidden, head: Variable(table), targets: targets, in: Pass(tape: tape)))
            gradients.append(hidden.gradient?.toArray() ?? [])
        }
        #expect(worstDifference(gradients[0], gradients[1]) < 1e-6)
        let rows = embedding([4, 9], table: Variable(head), in: .inference).value.toArray()
        #expect(rows == head.copy().rows(4..<5).toArray() + head.copy().rows(9..<10).toArray())
    }

    @Test("norms and column scales with bfloat16 weights give what float32 copies of them give")
    func narrowScales() {
        let scale = Tensor.random([24], seed: 1).converted(to: .bfloat16)
        let bias = Tensor.random([24], seed: 2).converted(to: .bfloat16)
        func results(_ scale: Tensor, _ bias: Tensor) -> [[Float]] {
            let (scale, bias) = (Variable(scale), Variable(bias))
            let ops: [(Variable, Pass) -> Variable] = [
                { layerNorm($0, scale: scale, bias: bias, epsilon: 1e-5, in: $1) },
                { layerNorm($0, scale: scale, bias: nil, epsilon: 1e-5, in: $1) },
                { rmsNorm($0, scale: scale, epsilon: 1e-5, offset: 1, in: $1) },
                { scaleColumns($0, by: scale, in: $1) },
            ]
            return ops.flatMap { op -> [[Float]] in
                let x = Variable.trained([5, 24], seed: 3)
                let tape = Tape()
                let y = op(x, Pass(tape: tape))
                let values = y.value.toArray()
                tape.backward(from: y, gradient: .random([5, 24], seed: 4))
                return [values, x.gradient?.toArray() ?? []]
            }
        }
        #expect(results(scale, bias) == results(scale.copy(), bias.copy()))
    }

    @Test("learned positions are a second table, added; both tables get their gradient")
    func learnedPositions() {
        let words = Variable.trained([7, 9], seed: 1)
        let places = Variable.trained([5, 9], seed: 2)
        let error = worstGradientError(of: [words, places], samples: 100) { pass in
            add(
                embedding([3, 0, 3, 6], table: words, in: pass), embedding([0, 1, 2, 0], table: places, in: pass),
                in: pass)
        }
        #expect(error < 2e-3)
    }

    @Test("rotary embedding pairs halves, keeps lengths, and depends on distance alone")
    func ropeMeaning() {
        let tables = RoPETables(rotatedWidth: 4, theta: 10000)
        let x = Variable(Tensor([1, 2, 3, 4], shape: [1, 4]))
        let y = rope(x, heads: 1, headWidth: 4, tables: tables, positions: [1], in: .inference).value.toArray()
        let expected: [Float] = [-1.9841124, 1.9599007, 2.462378, 4.0197997]
        #expect(worstDifference(y, expected) < 1e-5)
        func score(_ p: Int32, _ q: Int32) -> Float {
            let u = rope(x, heads: 1, headWidth: 4, tables: tables, positions: [p], in: .inference).value
            let v = rope(x, heads: 1, headWidth: 4, tables: tables, positions: [q], in: .inference).value
            return u.timesTransposed(v).item
        }
        #expect(abs(score(3, 10) - score(500, 507)) < 1e-3)
    }

    @Test("llama 3 scaling keeps short wavelengths, divides long ones, blends between")
    func llama3() {
        let plain = RoPETables.standardFrequencies(rotatedWidth: 64, theta: 500_000)
        let scaled = RoPETables.llama3Frequencies(
            rotatedWidth: 64, theta: 500_000, factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4,
            originalContextLength: 8192)
        #expect(scaled[0] == plain[0] && scaled[10] == plain[10])
        #expect(abs(scaled[31] / plain[31] - 1 / 32) < 1e-6)
        let ratios = zip(scaled, plain).map { $0 / $1 }
        #expect(zip(ratios, ratios.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(ratios.contains { $0 > 0.04 && $0 < 0.99 })
    }

    @Test("draws are functions of seed, step and site")
    func stream() {
        let stream = RandomStream(seed: 1, step: 2)
        #expect(stream.key(site: 3) == RandomStream(seed: 1, step: 2).key(site: 3))
        let others = [
            stream.key(site: 4), RandomStream(seed: 1, step: 3).key(site: 3),
            RandomStream(seed: 2, step: 2).key(site: 3),
        ]
        #expect(Set(others + [stream.key(site: 3)]).count == 4)
        let mean = (0..<2000).reduce(0.0) { $0 + stream.uniform(site: 0, index: $1) } / 2000
        #expect(abs(mean - 0.5) < 0.03)
    }
}

private func logSumExp(_ values: [Double]) -> Double {
    let most = values.max() ?? 0
    return most + log(values.reduce(0.0) { $0 + exp($1 - most) })
}

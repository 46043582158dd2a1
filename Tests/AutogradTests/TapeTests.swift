import Autograd
import EngineTesting
import Tensors
import Testing

@Suite("the tape")
struct TapeTests {
    private let layout = SequenceLayout(lengths: [9, 4])
    private let stream = RandomStream(seed: 5, step: 2)

    /// Gradients of input and parameters, and the output, of two blocks.
    private func run(checkpointing: Bool, inputWants: Bool = true) -> [[Float]] {
        let block = TinyBlock()
        let x = Variable(.random([13, TinyBlock.width], seed: 1), wantsGradient: inputWants)
        let tape = Tape()
        let pass = Pass(tape: tape, stream: stream, isTraining: true)
        let body: (Variable, Pass) -> Variable = { block($0, layout: layout, in: $1) }
        let step: (Variable) -> Variable = {
            checkpointing ? Autograd.checkpointed($0, in: pass, body) : body($0, pass)
        }
        let y = step(step(x))
        let values = y.value.toArray()
        tape.backward(from: y, gradient: .random(y.shape, seed: 9))
        #expect(tape.count == 0)
        return [values, x.gradient?.toArray() ?? []] + block.trained.map { $0.gradient?.toArray() ?? [] }
    }

    @Test("checkpointing gives the same bits as keeping everything", arguments: [true, false])
    func replayed(inputWants: Bool) {
        let plain = run(checkpointing: false, inputWants: inputWants)
        let again = run(checkpointing: true, inputWants: inputWants)
        #expect(plain == again)
        #expect(plain[1].isEmpty == !inputWants)
        #expect(plain.dropFirst(2).allSatisfy { !$0.isEmpty })
    }

    @Test("a run gives the same bits every time, alone or beside others, on any number of threads")
    func repeatable() {
        let first = run(checkpointing: false)
        for _ in 0..<3 { #expect(run(checkpointing: false) == first) }
    }

    @Test("a whole block agrees with differences")
    func blockGradient() {
        let block = TinyBlock()
        let x = Variable.trained([13, TinyBlock.width], seed: 1)
        let error = worstGradientError(of: [x] + block.trained, samples: 16, step: 3e-3, isTraining: true) {
            block(x, layout: layout, in: $0)
        }
        #expect(error < 5e-3)
    }

    @Test("frozen inputs get no gradient and record nothing")
    func frozen() {
        let tape = Tape()
        let pass = Pass(tape: tape)
        let table = Variable.frozen([10, 8], seed: 1)
        let weight = Variable.frozen([8, 8], seed: 2)
        let x = embedding([1, 2, 3], table: table, in: pass)
        let h = linear(rmsNorm(x, scale: .frozen([8], seed: 3), epsilon: 1e-5, in: pass), weight, in: pass)
        #expect(tape.count == 0 && !h.wantsGradient)

        // The lowest trained parameter: nothing below it is walked.
        let b = Variable.trained([8, 2], seed: 4)
        let a = Variable.trained([2, 8], seed: 5)
        let y = lowRankUpdate(h, x, a: a, b: b, scale: 1, in: pass)
        #expect(tape.count == 1 && y.wantsGradient)
        tape.backward(from: y)
        #expect(a.gradient != nil && b.gradient != nil)
        #expect(table.gradient == nil && weight.gradient == nil && x.gradient == nil && h.gradient == nil)
    }

    @Test("frozen blocks below the first trained one are not replayed")
    func frozenCheckpoint() {
        let tape = Tape()
        var runs = 0
        let w = Variable.frozen([8, 8], seed: 1)
        let x = Variable.frozen([3, 8], seed: 2)
        let y = Autograd.checkpointed(x, in: Pass(tape: tape)) { variable, pass in
            runs += 1
            return linear(variable, w, in: pass)
        }
        #expect(runs == 1 && tape.count == 0 && !y.wantsGradient)
    }

    @Test("gradients of parameters add up over micro-batches")
    func microBatches() {
        let w = Variable.trained([5, 7], seed: 1)
        let x = Variable.frozen([3, 7], seed: 2)
        var sums: [[Float]] = []
        for _ in 0..<2 {
            let tape = Tape()
            tape.backward(from: linear(x, w, in: Pass(tape: tape)))
            sums.append(w.gradient?.toArray() ?? [])
        }
        #expect(worstDifference(sums[1], sums[0].map { 2 * $0 }) < 1e-6)
    }

    @Test("after the first step, a step asks the system for no memory")
    func steadyMemory() {
        // Other tests share the pool, so the least of a few trials is what this step itself needs.
        _ = run(checkpointing: false)
        let fresh = (0..<5).map { _ -> Int in
            let before = MemoryLedger.current.freshBuffers
            _ = run(checkpointing: false)
            return MemoryLedger.current.freshBuffers - before
        }
        #expect(fresh.min() == 0)
    }

    @Test("results of linear are written over by the op that follows, inputs never are")
    func spending() {
        let x = Variable.trained([3, 8], seed: 1)
        let before = x.value.toArray()
        let w = Variable.trained([8, 8], seed: 2)
        let product = linear(x, w, in: .inference)
        let expected = product.value.sum(with: x.value).toArray()
        #expect(add(x, product, in: .inference).value.toArray() == expected)
        #expect(add(x, linear(x, w, in: .inference), in: .inference).value.toArray() == expected)
        #expect(product.value.toArray() == x.value.timesTransposed(w.value).toArray())
        _ = rope(
            x, heads: 1, headWidth: 8, tables: RoPETables(rotatedWidth: 8, theta: 100), positions: [1, 2, 3],
            in: .inference)
        #expect(x.value.toArray() == before)
    }
}

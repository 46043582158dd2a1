import Autograd
import EngineTesting
import Tensors
import Testing

@Suite("weights stored as (in, out)")
struct InputsFirstTests {
    static let sizes = [(1, 1), (2, 7), (7, 16), (5, 17), (33, 64)]

    @Test("gradients agree with differences", arguments: sizes)
    func gradients(rows: Int, width: Int) {
        let x = Variable.trained([rows, width], seed: 1)
        let w = Variable.trained([width, width + 3], seed: 2, deviation: 0.5)
        let bias = Variable.trained([width + 3], seed: 3)
        #expect(worstGradientError(of: [x, w]) { inputsFirstLinear(x, w, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [x, w, bias]) { inputsFirstLinear(x, w, bias: bias, in: $0) } < 2e-3)
    }

    @Test(
        "the product is that of the turned weight, in every stored type",
        arguments: sizes, [ElementType.float32, .float16, .bfloat16])
    func turned(size: (Int, Int), type: ElementType) {
        let (rows, width) = size
        let outputs = width + 5
        let weight = Tensor.random([width, outputs], seed: 4).converted(to: type)
        let values = weight.toArray()
        let turned = Tensor(
            (0..<outputs).flatMap { column in (0..<width).map { values[$0 * outputs + column] } },
            shape: [outputs, width])
        let x = Variable(.random([rows, width], seed: 5))
        let y = inputsFirstLinear(x, Variable(weight), in: .inference).value.toArray()
        let expected = linear(x, Variable(turned), in: .inference).value.toArray()
        #expect(zip(y, expected).allSatisfy { abs($0 - $1) < 1e-4 } && y.count == expected.count)
    }
}

@Suite("rotary embedding of sequences end to end")
struct SegmentedRoPETests {
    /// Long from the fifth token on.
    let tables = RoPETables.longRoPE(
        rotatedWidth: 4, theta: 100,
        RoPETables.LongRoPE(shortFactors: [1, 1], longFactors: [2, 3], originalContextLength: 4, factor: 2))

    func turned(_ x: Tensor, _ layout: SequenceLayout) -> [Float] {
        rope(Variable(x), heads: 2, headWidth: 6, tables: tables, layout: layout, in: .inference).value.toArray()
    }

    @Test("each turns by its own length, whatever stands beside it")
    func companyDoesNotMatter() {
        let x = Tensor.random([9, 12], seed: 1)
        let together = turned(x, SequenceLayout(lengths: [6, 0, 3]))
        let alone =
            turned(x.rows(0..<6).copy(), SequenceLayout(lengths: [6]))
            + turned(x.rows(6..<9).copy(), SequenceLayout(lengths: [3]))
        #expect(together == alone)
        // As one sequence of the same positions, all would take the long factors.
        let layout = SequenceLayout(lengths: [6, 3])
        let whole = rope(
            Variable(x), heads: 2, headWidth: 6, tables: tables, positions: layout.positions, in: .inference)
        #expect(whole.value.toArray() != together)
    }

    @Test("and back")
    func gradient() {
        let x = Variable.trained([9, 12], seed: 1)
        let layout = SequenceLayout(lengths: [6, 3])
        let error = worstGradientError(of: [x]) {
            rope(x, heads: 2, headWidth: 6, tables: tables, layout: layout, in: $0)
        }
        #expect(error < 2e-3)
    }
}

import Autograd
import EngineTesting
import Tensors
import Testing

/// The ops that adapters of more than plain LoRA are made of, against central differences and plain sums.
@Suite("ops of adapters")
struct AdapterOpTests {
    static let sizes = [(1, 1), (3, 7), (5, 17), (9, 32)]

    @Test("a row added to every row, by a factor", arguments: sizes)
    func addedRow(rows: Int, width: Int) {
        let x = Variable.trained([rows, width], seed: 1)
        let row = Variable.trained([width], seed: 2)
        for factor: Float in [1, -1, 0.4] {
            #expect(worstGradientError(of: [x, row]) { addRow(x, row, factor: factor, in: $0) } < 2e-3)
        }
        let sum = addRow(x, row, factor: -2, in: .inference).value.toArray()
        let (a, b) = (x.value.toArray(), row.value.toArray())
        #expect(worstDifference(sum, a.indices.map { a[$0] - 2 * b[$0 % width] }) < 1e-6)
    }

    @Test("low-rank rows of a table are those of the table B·A", arguments: sizes)
    func tableRows(rows: Int, width: Int) {
        let a = Variable.trained([3, 11], seed: 1)
        let b = Variable.trained([width, 3], seed: 2)
        let ids = (0..<rows + 2).map { Int32($0 * 4 % 11) } + [5, 5]
        #expect(worstGradientError(of: [a, b]) { lowRankRows(ids, a: a, b: b, scale: 1.5, in: $0) } < 2e-3)
        let table = lowRankWeight(
            Variable(.zeros([width, 11])), a: a, b: b, scale: 1.5, in: .inference
        ).value.toArray()
        let expected = ids.flatMap { id in (0..<width).map { table[$0 * 11 + Int(id)] } }
        #expect(
            worstDifference(lowRankRows(ids, a: a, b: b, scale: 1.5, in: .inference).value.toArray(), expected) < 1e-5)
    }

    @Test("a weight with its low-rank part, and rows of it by their own factors", arguments: sizes)
    func weights(rows: Int, width: Int) {
        let w = Variable.trained([rows, width], seed: 1)
        let a = Variable.trained([2, width], seed: 2)
        let b = Variable.trained([rows, 2], seed: 3)
        let s = Variable.trained([rows], seed: 4)
        #expect(worstGradientError(of: [w, a, b]) { lowRankWeight(w, a: a, b: b, scale: 0.5, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [w, s]) { scaleRows(w, by: s, in: $0) } < 2e-3)
        let divisor = Tensor.uniform([rows], seed: 5, in: 1..<3)
        #expect(worstGradientError(of: [s]) { ratio(s, by: divisor, in: $0) } < 2e-3)
    }

    @Test("rows in the place of others, looked up and whole, also rows that nobody asks for")
    func replacedPlaces() {
        let table = Tensor.random([9, 5], seed: 1)
        let rows = Variable.trained([3, 5], seed: 2)
        let places: [Int32] = [7, 0, 4]
        let ids: [Int32] = [1, 7, 7, 8, 0]
        #expect(
            worstGradientError(of: [rows]) { embedding(ids, table: table, replacing: places, by: rows, in: $0) } < 2e-3)
        #expect(worstGradientError(of: [rows]) { replacedRows(of: table, at: places, by: rows, in: $0) } < 2e-3)
        let whole = replacedRows(of: table, at: places, by: rows, in: .inference).value
        let looked = embedding(ids, table: table, replacing: places, by: rows, in: .inference).value.toArray()
        #expect(looked == ids.flatMap { whole.rows(Int($0)..<Int($0) + 1).toArray() })
        #expect(whole.rows(1..<4).toArray() == table.rows(1..<4).toArray())
        #expect(whole.rows(4..<5).toArray() == rows.value.rows(2..<3).toArray())
        // None of them asked for: a gradient of zeros, not none.
        let tape = Tape()
        let y = embedding([2, 3], table: table, replacing: places, by: rows, in: Pass(tape: tape))
        rows.gradient = nil
        tape.backward(from: y)
        #expect(rows.gradient?.toArray().allSatisfy { $0 == 0 } == true)
    }
}

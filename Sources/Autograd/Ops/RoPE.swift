import Tensors

/// Rotary embedding of x (N, H·D): in each head, columns i and i + half turn by position · frequency[i], as
/// transformers pairs them (rotate_half). Columns beyond the tables' width stay. Su et al. 2021, arXiv 2104.09864.
///
///     (p, q) → (p cos − q sin, q cos + p sin); going back, the same with −sin
///
/// Where the tables' frequencies depend on the sequence's length, `sequenceLength` decides; nil means one more than the
/// largest position of the call, whichever segment has it, as transformers decides for a forward of these positions.
/// Keys that a cache holds were turned for the length of their own call, so a decoder that generates from a cache and
/// wants what one forward over everything gives passes the same length every time: the longest it will reach.
///
/// Keeps positions only. Writes over the memory of x when that is the result of `linear` or `lowRankUpdate` and
/// nothing has read it.
public func rope(
    _ x: Variable, heads: Int, headWidth: Int, tables: RoPETables, positions: [Int32], sequenceLength: Int? = nil,
    in pass: Pass
) -> Variable {
    let (cosines, sines, rows) = tables.tables(for: positions, sequenceLength: sequenceLength)
    return rotated(
        x, heads: heads, headWidth: headWidth,
        [RotatedRows(rows: 0..<positions.count, cosines: cosines, sines: sines, positions: rows)], in: pass)
}

/// The same for sequences laid end to end. Where frequencies depend on the length, each segment has those of its own
/// length, so that no sequence changes with the company it is computed in.
public func rope(
    _ x: Variable, heads: Int, headWidth: Int, tables: RoPETables, layout: SequenceLayout, in pass: Pass
) -> Variable {
    guard tables.dependsOnLength, layout.segments.count > 1 else {
        return rope(x, heads: heads, headWidth: headWidth, tables: tables, positions: layout.positions, in: pass)
    }
    let parts = layout.segments.filter { !$0.isEmpty }.map { segment in
        let (cosines, sines, rows) = tables.tables(for: Array(layout.positions[segment]), sequenceLength: nil)
        return RotatedRows(rows: segment, cosines: cosines, sines: sines, positions: rows)
    }
    return rotated(x, heads: heads, headWidth: headWidth, parts, in: pass)
}

/// Rows that turn by the same tables, and where in them each finds its angle.
private struct RotatedRows {
    let rows: Range<Int>
    let cosines, sines: Tensor
    let positions: [Int32]

    func turn(_ x: Tensor, into result: Tensor, heads: Int, headWidth: Int, direction: Float) {
        Kernels.rope(
            x.rows(rows), into: result.rows(rows), cosines: cosines, sines: sines, positions: positions, heads: heads,
            headWidth: headWidth, direction: direction)
    }
}

private func rotated(
    _ x: Variable, heads: Int, headWidth: Int, _ parts: [RotatedRows], in pass: Pass
) -> Variable {
    let spent = x.spend()
    let input = spent ?? x.value
    let result = spent ?? Tensor.uninitialized(input.shape, as: input.elementType)
    for part in parts { part.turn(input, into: result, heads: heads, headWidth: headWidth, direction: 1) }
    let type = result.elementType
    let y = Variable(result: result, wantsGradient: pass.tracks(x))
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        x.accumulate {
            let dx = Tensor.uninitialized(dy.shape, as: type)
            for part in parts { part.turn(dy, into: dx, heads: heads, headWidth: headWidth, direction: -1) }
            return dx
        }
    }
    return y
}

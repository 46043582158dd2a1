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
    let spent = x.spend()
    let input = spent ?? x.value
    let result = spent ?? Tensor.uninitialized(input.shape)
    Kernels.rope(
        input, into: result, cosines: cosines, sines: sines, positions: rows, heads: heads,
        headWidth: headWidth, direction: 1)
    let y = Variable(result: result, wantsGradient: pass.tracks(x))
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        x.accumulate {
            let dx = Tensor.uninitialized(dy.shape)
            Kernels.rope(
                dy, into: dx, cosines: cosines, sines: sines, positions: rows, heads: heads,
                headWidth: headWidth, direction: -1)
            return dx
        }
    }
    return y
}

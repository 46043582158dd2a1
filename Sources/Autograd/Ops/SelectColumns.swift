import Tensors

/// Blocks of columns of x (N, M), laid side by side → (N, count·width): block g is columns
/// offset + g·stride ..< offset + g·stride + width. One block takes q, k or v out of a fused projection; several, with
/// a stride of 3·width, out of one that is fused head by head. Blocks must not overlap.
///
///     dx[:, selected] += dy, and nothing elsewhere
///
/// Keeps nothing. Going back, the first selection of an x writes its columns and zero beside them in one sweep, each
/// further one only adds to its own columns.
public func selectColumns(
    _ x: Variable, offset: Int, width: Int, stride: Int, count: Int, in pass: Pass
) -> Variable {
    let blocks = ColumnBlocks(offset: offset, width: width, stride: stride, count: count)
    let y = Variable(
        result: Kernels.selectColumns(x.value, blocks), wantsGradient: pass.tracks(x), fresh: true)
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        x.accumulate { Kernels.placeColumns(dy, blocks, into: $0, accumulate: $1) }
    }
    return y
}

import CKernels

/// The fused kernels over tensors; each op of `Autograd` names which it uses. Sizes are checked here, so that no
/// wrong shape reaches C.
public enum Kernels {
    // MARK: Rows

    /// table (V, C) at ids → (ids.count, C). `ids` must be in 0..<V.
    public static func gather(_ table: Tensor, _ ids: [Int32]) -> Tensor {
        check(ids, below: table.rowCount)
        let result = Tensor.uninitialized([ids.count, table.width])
        ck_gather(result.floats, table.raw, table.kernelType, ids, Int64(ids.count), Int64(table.width))
        return result
    }

    /// table[ids] += rows, in the order of ids.
    public static func scatterAdd(_ rows: Tensor, at ids: [Int32], into table: Tensor) {
        check(ids, below: table.rowCount)
        precondition(rows.width == table.width && rows.rowCount == ids.count, "rows do not fit the table")
        ck_scatter_add(table.writable, rows.floats, ids, Int64(ids.count), Int64(table.width))
    }

    private static func check(_ ids: [Int32], below limit: Int) {
        for id in ids {
            precondition(id >= 0 && Int(id) < limit, "row \(id) of a table of \(limit) rows")
        }
    }

    // MARK: Normalisation

    /// y = x / sqrt(mean(x²) + epsilon) · scale, and 1 / sqrt(…) of each row.
    public static func rmsNorm(_ x: Tensor, scale: Tensor, epsilon: Float) -> (y: Tensor, inverse: Tensor) {
        precondition(scale.count == x.width, "a scale of \(scale.count) for rows of \(x.width)")
        let y = Tensor.uninitialized(x.shape)
        let inverse = Tensor.uninitialized([x.rowCount])
        let scale = scale.asFloat32()
        ck_rms_norm(
            y.floats, inverse.floats, x.floats, scale.floats, Int64(x.rowCount), Int64(x.width), epsilon)
        return (y, inverse)
    }

    public static func rmsNormBackward(
        into dx: Tensor, dy: Tensor, x: Tensor, scale: Tensor, inverse: Tensor, accumulate: Bool
    ) {
        precondition(dx.count == x.count && dy.count == x.count && inverse.count == x.rowCount, "sizes differ")
        let scale = scale.asFloat32()
        ck_rms_norm_backward(
            dx.writable, dy.floats, x.floats, scale.floats, inverse.floats, Int64(x.rowCount), Int64(x.width),
            accumulate ? 1 : 0)
    }

    public static func rmsNormBackwardScale(
        into dscale: Tensor, dy: Tensor, x: Tensor, inverse: Tensor, accumulate: Bool
    ) {
        precondition(dscale.count == x.width && dy.count == x.count && inverse.count == x.rowCount, "sizes differ")
        ck_rms_norm_backward_scale(
            dscale.writable, dy.floats, x.floats, inverse.floats, Int64(x.rowCount), Int64(x.width),
            accumulate ? 1 : 0)
    }

    // MARK: Rotary embedding

    /// Rotates the heads of x (N, H·D) into `result`, which may be x; direction −1 undoes it.
    public static func rope(
        _ x: Tensor, into result: Tensor, cosines: Tensor, sines: Tensor, positions: [Int32], heads: Int,
        headWidth: Int, direction: Float
    ) {
        precondition(x.width == heads * headWidth && result.count == x.count, "\(x.shape) is not \(heads) heads")
        precondition(positions.count == x.rowCount, "\(positions.count) positions for \(x.rowCount) rows")
        precondition(2 * cosines.width <= headWidth && sines.count == cosines.count, "tables wider than a head")
        check(positions, below: cosines.rowCount)
        ck_rope(
            result.writable, x.floats, cosines.floats, sines.floats, positions, Int64(x.rowCount), Int64(heads),
            Int64(headWidth), Int64(cosines.width), direction)
    }

    // MARK: SwiGLU

    /// silu(gate) · up
    public static func swiGLU(_ gate: Tensor, _ up: Tensor) -> Tensor {
        precondition(gate.count == up.count, "gate \(gate.shape) and up \(up.shape) differ")
        let result = Tensor.uninitialized(gate.shape)
        ck_swiglu(result.floats, gate.floats, up.floats, Int64(gate.count))
        return result
    }

    public static func swiGLUBackward(dy: Tensor, gate: Tensor, up: Tensor) -> (dgate: Tensor, dup: Tensor) {
        precondition(gate.count == up.count && dy.count == up.count, "sizes differ")
        let dgate = Tensor.uninitialized(gate.shape)
        let dup = Tensor.uninitialized(up.shape)
        ck_swiglu_backward(dgate.floats, dup.floats, dy.floats, gate.floats, up.floats, Int64(gate.count))
        return (dgate, dup)
    }

    // MARK: Cross entropy

    /// −log softmax(logits)[target] of each row; 0 for a target below 0. With `gradient`, the logits become
    /// softmax − one-hot.
    public static func crossEntropy(_ logits: Tensor, targets: ArraySlice<Int32>, gradient: Bool) -> [Float] {
        let targets = Array(targets)
        precondition(targets.count == logits.rowCount, "\(targets.count) targets for \(logits.rowCount) rows")
        for target in targets { precondition(Int(target) < logits.width, "target \(target) of \(logits.width)") }
        return [Float](unsafeUninitializedCapacity: targets.count) { losses, initialized in
            if let base = losses.baseAddress {
                ck_cross_entropy(
                    logits.writable, targets, base, Int64(logits.rowCount), Int64(logits.width), gradient ? 1 : 0)
            }
            initialized = targets.count
        }
    }
}

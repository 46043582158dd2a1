public import Tensors

/// Σ over rows of −log softmax(hidden·headᵀ)[target]: hidden (M, C), head (V, C), result a scalar.
/// Rows with a target below 0 count nothing.
///
///     G = softmax − one-hot    dhidden = G·head    dhead = Gᵀ·hidden
///
/// Logits exist for a block of rows at a time; their gradient is taken at once, in place, while they are there.
/// So the forward also does the products of the way back, and keeps dhidden (M, C) and, for a trained head,
/// dhead (V, C). The sum is never divided: the caller counts tokens.
public func crossEntropySum(_ hidden: Variable, head: Variable, targets: [Int32], in pass: Pass) -> Variable {
    let wants = pass.tracks(hidden, head)
    let differentiates = wants && pass.tape?.keepsSteps == true
    let (x, table) = (hidden.value, head.value)
    let dhidden = differentiates && hidden.wantsGradient ? Tensor.uninitialized(hidden.shape) : nil
    let dhead = differentiates && head.wantsGradient ? Tensor.uninitialized(head.shape) : nil
    if x.rowCount == 0 { dhead?.fill(0) }
    var total = 0.0
    forEachLogitBlock(x, table, targets) { rows, block in
        for loss in Kernels.crossEntropy(block, targets: targets[rows], gradient: differentiates) {
            total += Double(loss)
        }
        dhidden?.rows(rows).assign(block, times: table)
        dhead?.assign(block, transposedTimes: x.rows(rows), accumulate: rows.lowerBound > 0)
    }
    let y = Variable(result: Tensor([Float(total)], shape: [1]), wantsGradient: wants)
    guard wants else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        let factor = dy.item
        if factor != 1 {
            dhidden?.scale(by: factor)
            dhead?.scale(by: factor)
        }
        if let dhidden { hidden.accumulate { dhidden } }
        if let dhead { head.accumulate { dhead } }
    }
    return y
}

/// log softmax(hidden·headᵀ)[target] of each row, 0 for a target below 0. Inference only; hidden (M, C), head (V, C).
public func logProbabilities(_ hidden: Tensor, head: Tensor, targets: [Int32]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(targets.count)
    forEachLogitBlock(hidden, head, targets) { rows, block in
        for loss in Kernels.crossEntropy(block, targets: targets[rows], gradient: false) { result.append(-loss) }
    }
    return result
}

/// Floats of logits held at once: enough rows for the products to be efficient, little beside the activations.
private let logitBlockFloats = 8_388_608

private func forEachLogitBlock(
    _ hidden: Tensor, _ head: Tensor, _ targets: [Int32], _ body: (_ rows: Range<Int>, _ logits: Tensor) -> Void
) {
    precondition(targets.count == hidden.rowCount, "\(targets.count) targets for \(hidden.rowCount) rows")
    let vocabulary = head.rowCount
    let step = min(max(1, hidden.rowCount), min(1024, max(32, logitBlockFloats / max(1, vocabulary) / 16 * 16)))
    let buffer = Tensor.uninitialized([step, vocabulary])
    var from = 0
    while from < hidden.rowCount {
        let rows = from..<min(from + step, hidden.rowCount)
        let block = buffer.rows(0..<rows.count)
        block.assign(hidden.rows(rows), timesTransposed: head)
        body(rows, block)
        from = rows.upperBound
    }
}

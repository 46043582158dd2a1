public import Tensors

/// Σ over rows of −log softmax(z)[target] with z = cap(scale · (hidden·headᵀ + bias)): hidden (M, C), head (V, C), bias
/// (V), result a scalar. cap(z) is softCap · tanh(z / softCap), or z without one. Rows with a target below 0 count
/// nothing.
///
///     G = (softmax − one-hot)∘cap'    dhidden = scale · G·head    dhead = scale · Gᵀ·hidden    dbias = scale · Σ G
///
/// Logits exist for a block of rows at a time; their gradient is taken at once, in place, while they are there.
/// So the forward also does the products of the way back, and keeps dhidden (M, C) and, for a trained head,
/// dhead (V, C). The sum is never divided: the caller counts tokens.
public func crossEntropySum(
    _ hidden: Variable, head: Variable, targets: [Int32], scale: Float = 1, softCap: Float? = nil,
    bias: Variable? = nil, in pass: Pass
) -> Variable {
    let wants = pass.tracks(hidden, head, bias)
    let differentiates = wants && pass.tape?.keepsSteps == true
    let x = hidden.value
    let logits = Logits(head: head.value, bias: bias?.value, scale: scale)
    let dhidden = differentiates && hidden.wantsGradient ? Tensor.uninitialized(hidden.shape) : nil
    let dhead = differentiates && head.wantsGradient ? Tensor.uninitialized(head.shape) : nil
    let dbias = differentiates && bias?.wantsGradient == true ? Tensor.zeros(bias?.shape ?? []) : nil
    if x.rowCount == 0 { dhead?.fill(0) }
    var total = 0.0
    logits.forEachBlock(of: x, targets) { rows, block in
        for loss in Kernels.crossEntropy(block, targets: targets[rows], softCap: softCap, gradient: differentiates) {
            total += Double(loss)
        }
        dhidden?.rows(rows).assign(block, times: logits.head, alpha: scale)
        dhead?.assign(block, transposedTimes: x.rows(rows), alpha: scale, accumulate: rows.lowerBound > 0)
        dbias?.assignColumnSums(of: block, accumulate: true)
    }
    if scale != 1 { dbias?.scale(by: scale) }
    let y = Variable(result: Tensor([Float(total)], shape: [1]), wantsGradient: wants)
    guard wants else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        let factor = dy.item
        for (variable, gradient) in [(hidden, dhidden), (head, dhead), (bias, dbias)] {
            guard let variable, let gradient else { continue }
            if factor != 1 { gradient.scale(by: factor) }
            variable.accumulate { gradient }
        }
    }
    return y
}

/// Scores of every vocabulary entry, cap(scale · (hidden·headᵀ + bias)): hidden (N, C), head (V, C), bias (V) → (N, V),
/// as `crossEntropySum` sees them. For inference on a few rows; a loss goes through `crossEntropySum`, which never
/// holds them all.
public func logits(
    _ hidden: Variable, head: Variable, scale factor: Float = 1, softCap cap: Float? = nil, bias: Variable? = nil,
    in pass: Pass
) -> Variable {
    var result = linear(hidden, head, bias: bias, in: pass)
    if factor != 1 { result = scale(result, by: factor, in: pass) }
    if let cap { result = softCap(result, cap: cap, in: pass) }
    return result
}

/// log softmax(z)[target] of each row, z as in `crossEntropySum`, 0 for a target below 0. Inference only; hidden (M, C),
/// head (V, C), bias (V).
public func logProbabilities(
    _ hidden: Tensor, head: Tensor, targets: [Int32], scale: Float = 1, softCap: Float? = nil, bias: Tensor? = nil
) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(targets.count)
    Logits(head: head, bias: bias, scale: scale).forEachBlock(of: hidden, targets) { rows, block in
        for loss in Kernels.crossEntropy(block, targets: targets[rows], softCap: softCap, gradient: false) {
            result.append(-loss)
        }
    }
    return result
}

/// Floats of logits held at once: enough rows for the products to be efficient, little beside the activations.
private let logitBlockFloats = 8_388_608

/// scale · (hidden·headᵀ + bias), a block of rows at a time.
private struct Logits {
    let head: Tensor
    let bias: Tensor?
    let scale: Float

    init(head: Tensor, bias: Tensor?, scale: Float) {
        self.head = head
        self.scale = scale
        // The product takes the scale as it is made, so the bias must come with its own.
        self.bias = scale == 1 ? bias : bias?.asFloat32().scaled(by: scale)
    }

    func forEachBlock(
        of hidden: Tensor, _ targets: [Int32], _ body: (_ rows: Range<Int>, _ logits: Tensor) -> Void
    ) {
        precondition(targets.count == hidden.rowCount, "\(targets.count) targets for \(hidden.rowCount) rows")
        let vocabulary = head.rowCount
        let step = min(max(1, hidden.rowCount), min(1024, max(32, logitBlockFloats / max(1, vocabulary) / 16 * 16)))
        let buffer = Tensor.uninitialized([step, vocabulary])
        var from = 0
        while from < hidden.rowCount {
            let rows = from..<min(from + step, hidden.rowCount)
            let block = buffer.rows(0..<rows.count)
            block.assign(hidden.rows(rows), timesTransposed: head, alpha: scale)
            if let bias { block.addToRows(bias) }
            body(rows, block)
            from = rows.upperBound
        }
    }
}

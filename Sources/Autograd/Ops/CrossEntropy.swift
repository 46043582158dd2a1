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
    // Every block of the head's columns reads all of it: rounded once, where products would round it each time.
    let rounds = differentiates && pass.precision == .bfloat16 && pass.precision.isNative
    let x = rounds ? hidden.kept(in: pass) : hidden.value
    let logits = Logits(head: head.value, bias: bias?.value, scale: scale, precision: pass.precision)
    let dhidden = differentiates && hidden.wantsGradient ? Tensor.uninitialized(hidden.shape) : nil
    let dhead = differentiates && head.wantsGradient ? Tensor.uninitialized(head.shape) : nil
    let dbias = differentiates && bias?.wantsGradient == true ? Tensor.zeros(bias?.shape ?? []) : nil
    precondition(targets.count == x.rowCount, "\(targets.count) targets for \(x.rowCount) rows")
    if x.rowCount == 0 { dhead?.fill(0) }
    var total = 0.0
    logits.forEachBlock(of: x) { rows, block in
        let losses = block.crossEntropy(
            targets: targets[rows], softCap: softCap, gradient: differentiates, in: pass.precision)
        for loss in losses { total += Double(loss) }
        if let dhidden {
            block.assignInputGradient(to: dhidden.rows(rows), head: logits.head, alpha: scale, in: pass.precision)
        }
        if let dhead {
            block.assignHeadGradient(
                to: dhead, x: x.rows(rows), alpha: scale, accumulate: rows.lowerBound > 0, in: pass.precision)
        }
        if let dbias { block.addColumnSums(to: dbias) }
    }
    if scale != 1 { dbias?.scale(by: scale) }
    let y = Variable(result: Tensor([Float(total)], shape: [1]), wantsGradient: wants)
    guard wants else { return y }
    pass.tape?.record { [y = y.sink, sinks = [hidden.sink, head.sink, bias?.sink]] in
        guard let dy = y.takeGradient() else { return }
        let factor = dy.item
        for (sink, gradient) in zip(sinks, [dhidden, dhead, dbias]) {
            guard let sink, let gradient else { continue }
            if factor != 1 { gradient.scale(by: factor) }
            sink.accumulate { gradient }
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
    let logits = Logits(head: head, bias: bias, scale: scale)
    precondition(targets.count == hidden.rowCount, "\(targets.count) targets for \(hidden.rowCount) rows")
    logits.forEachBlock(of: hidden) { rows, block in
        let losses = block.crossEntropy(
            targets: targets[rows], softCap: softCap, gradient: false, in: logits.precision)
        for loss in losses { result.append(-loss) }
    }
    return result
}

/// Rows whose logits are held at once. Each block of them packs the whole head anew, so there must be enough; beside the
/// activations they are little.
public func logitRows(of rows: Int, vocabulary: Int) -> Int {
    let most = min(1024, max(192, 16_777_216 / max(1, vocabulary)))
    let blocks = max(1, (rows + most - 1) / most)
    // Alike, and whole panels of the product's rows.
    return max(1, min(rows, ((rows + blocks - 1) / blocks + 11) / 12 * 12))
}

/// scale · (hidden·headᵀ + bias), a block of rows at a time.
private struct Logits {
    let head: Tensor
    let bias: Tensor?
    let scale: Float
    let precision: ProductPrecision

    init(head: Tensor, bias: Tensor?, scale: Float, precision: ProductPrecision = .float32) {
        self.head = head
        self.scale = scale
        self.precision = precision
        // The product takes the scale as it is made, so the bias must come with its own.
        self.bias = scale == 1 ? bias : bias?.asFloat32().scaled(by: scale)
    }

    func forEachBlock(of hidden: Tensor, _ body: (_ rows: Range<Int>, _ logits: LogitsBlock) -> Void) {
        let step = logitRows(of: hidden.rowCount, vocabulary: head.rowCount)
        let block = LogitsBlock(capacity: step, vocabulary: head.rowCount)
        var from = 0
        while from < hidden.rowCount {
            let rows = from..<min(from + step, hidden.rowCount)
            block.assign(hidden.rows(rows), timesTransposed: head, bias: bias, alpha: scale, in: precision)
            body(rows, block)
            from = rows.upperBound
        }
    }
}

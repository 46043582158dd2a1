import CKernels

/// Scores of some rows over a vocabulary, and then, in their place, the gradient of a loss.
///
/// Rows lie apart from each other, so that the twelve that a product reads together do not fall on the same lines of the
/// first-level cache, and so that a gradient in 16 bits can lie at the start of its row and be multiplied from there.
public final class LogitsBlock {
    public let vocabulary: Int
    /// Rows there is room for.
    public let capacity: Int
    private let storage: Tensor
    /// Rows in use.
    private var count = 0
    /// Of the gradient, once there is one; end to end, rows stay float32.
    private var gradientType = ElementType.float32
    private var liesApart = false

    public init(capacity: Int, vocabulary: Int) {
        self.capacity = capacity
        self.vocabulary = vocabulary
        storage = .uninitialized([capacity, LogitsBlock.spread(vocabulary)])
    }

    /// Floats from one row to the next: whole cache lines, and no multiple of 2048 bytes.
    private static func spread(_ width: Int) -> Int {
        let whole = (width + 15) / 16 * 16
        return whole % 512 == 0 ? whole + 16 : whole
    }

    /// Bytes that a block takes.
    public static func byteCount(capacity: Int, vocabulary: Int) -> Int { 4 * capacity * spread(vocabulary) }

    /// Floats from one row to the next.
    private var stride: Int { liesApart ? LogitsBlock.spread(vocabulary) : vocabulary }

    /// The rows as a tensor (rows, vocabulary), where they lie end to end.
    private var whole: Tensor {
        Tensor(shape: [count, vocabulary], elementType: .float32, storage: storage.storage, byteOffset: 0)
    }

    /// = alpha · x·headᵀ + bias: x (rows, C), head (vocabulary, C), bias (vocabulary).
    public func assign(
        _ x: Tensor, timesTransposed head: Tensor, bias: Tensor?, alpha: Float, in precision: ProductPrecision
    ) {
        precondition(x.rowCount <= capacity && head.rowCount == vocabulary && head.width == x.width)
        count = x.rowCount
        gradientType = .float32
        // Weights in blocks and a few rows have kernels of their own, and a bias is added to rows end to end.
        liesApart = head.elementType.blockFormat == nil && count > Int(ck_gemv_rows()) && bias == nil
        guard liesApart else {
            whole.assign(x, timesTransposed: head, alpha: alpha, in: precision)
            if let bias { whole.addToRows(bias) }
            return
        }
        Product(
            transposeA: false, transposeB: true, m: count, n: vocabulary, k: x.width, alpha: alpha, beta: 0, a: x.raw,
            lda: max(1, x.width), aType: x.kernelType, b: head.raw, ldb: max(1, x.width), bType: head.kernelType,
            c: storage.writable, ldc: stride, precision: precision
        ).run()
    }

    /// −log softmax(logits)[target] of each row; 0 for a target below 0. With a soft cap c, that of c·tanh(logits / c).
    ///
    /// With `gradient`, the logits become its gradient: softmax − one-hot, times the cap's slope. In 16 bits where the
    /// products that follow round it to them anyhow.
    public func crossEntropy(
        targets: ArraySlice<Int32>, softCap: Float? = nil, gradient: Bool, in precision: ProductPrecision
    ) -> [Float] {
        let targets = Array(targets)
        precondition(targets.count == count, "\(targets.count) targets for \(count) rows")
        precondition(softCap ?? 1 > 0, "a soft cap of \(softCap ?? 0)")
        for target in targets { precondition(Int(target) < vocabulary, "target \(target) of \(vocabulary)") }
        gradientType = precision == .bfloat16 && precision.isNative && liesApart ? .bfloat16 : .float32
        let type = Int32(gradientType == .bfloat16 ? CK_BF16 : CK_F32)
        return [Float](unsafeUninitializedCapacity: count) { losses, initialized in
            if let base = losses.baseAddress {
                ck_cross_entropy(
                    storage.writable, Int64(stride), targets, base, Int64(count), Int64(vocabulary), softCap ?? 0,
                    gradient ? 1 : 0, type)
            }
            initialized = count
        }
    }

    /// dhidden (rows, C) = alpha · gradient·head.
    public func assignInputGradient(
        to dhidden: Tensor, head: Tensor, alpha: Float, in precision: ProductPrecision
    ) {
        precondition(dhidden.rowCount == count && dhidden.width == head.width && head.rowCount == vocabulary)
        let head = head.asWeight
        product(
            transposed: false, m: count, n: head.width, k: vocabulary, b: head, c: dhidden, alpha: alpha, beta: 0,
            in: precision)
        withExtendedLifetime(head) {}
    }

    /// dhead (vocabulary, C) = alpha · gradientᵀ·x, or += when `accumulate`.
    public func assignHeadGradient(
        to dhead: Tensor, x: Tensor, alpha: Float, accumulate: Bool, in precision: ProductPrecision
    ) {
        precondition(x.rowCount == count && dhead.width == x.width && dhead.rowCount == vocabulary)
        product(
            transposed: true, m: vocabulary, n: x.width, k: count, b: x, c: dhead, alpha: alpha,
            beta: accumulate ? 1 : 0, in: precision)
    }

    /// Adds Σ over rows of the gradient to `dbias` (vocabulary), the block having been made with a bias.
    public func addColumnSums(to dbias: Tensor) {
        precondition(!liesApart, "rows apart have no bias")
        dbias.assignColumnSums(of: whole, accumulate: true)
    }

    private func product(
        transposed: Bool, m: Int, n: Int, k: Int, b: Tensor, c: Tensor, alpha: Float, beta: Float,
        in precision: ProductPrecision
    ) {
        let narrow = gradientType == .bfloat16
        Product(
            transposeA: transposed, transposeB: false, m: m, n: n, k: k, alpha: alpha, beta: beta, a: storage.raw,
            lda: narrow ? 2 * stride : stride, aType: Int32(narrow ? CK_BF16 : CK_F32), b: b.raw, ldb: max(1, n),
            bType: b.weightType, c: c.writable, ldc: max(1, n), precision: precision
        ).run()
    }
}

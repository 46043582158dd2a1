import CKernels

/// Sizes of one attention: `heads` query heads share `keyValueHeads` keys and values in groups.
public struct AttentionShape: Sendable, Equatable {
    public var heads: Int
    public var keyValueHeads: Int
    public var headWidth: Int
    public var scale: Float
    /// Keys a query sees, itself included; nil means all before it.
    public var window: Int?
    /// Scores s become softCap · tanh(s / softCap) before they are masked (Gemma 2); nil leaves them.
    public var softCap: Float?

    public init(
        heads: Int, keyValueHeads: Int, headWidth: Int, scale: Float, window: Int? = nil, softCap: Float? = nil
    ) {
        precondition(heads > 0 && keyValueHeads > 0 && heads % keyValueHeads == 0, "\(heads)/\(keyValueHeads) heads")
        precondition(window ?? 1 > 0, "a window of \(window ?? 0) keys")
        precondition(softCap ?? 1 > 0, "a soft cap of \(softCap ?? 0)")
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
        self.scale = scale
        self.window = window
        self.softCap = softCap
    }

    var queryWidth: Int { heads * headWidth }
    var keyWidth: Int { keyValueHeads * headWidth }
}

extension Kernels {
    /// Causal attention within each segment of rows. q (N, H·D), k and v (N, K·D) → out (N, H·D) and, for the way
    /// back, the log-sum-exp of each row and head (N, H). Rows outside every segment are zero. `precision` is that of
    /// the factors of its products; sums and the softmax are float32.
    public static func attention(
        q: Tensor, k: Tensor, v: Tensor, segments: [Range<Int>], shape: AttentionShape,
        precision: ProductPrecision = .float32
    ) -> (out: Tensor, logSumExp: Tensor) {
        check(q: q, k: k, v: v, segments: segments, shape: shape)
        precondition(q.elementType == k.elementType && q.elementType == v.elementType, "q, k and v differ in type")
        let covered = segments.reduce(0) { $0 + $1.count } == q.rowCount
        let out = Tensor.uninitialized(q.shape, as: q.elementType)
        if !covered { out.clear() }
        let logSumExp = Tensor.uninitialized([q.rowCount, shape.heads])
        let sequences = segments.map { segment in
            var sequence = ck_sequence()
            sequence.q = q.elements(from: segment.lowerBound * shape.queryWidth)
            sequence.k = k.elements(from: segment.lowerBound * shape.keyWidth)
            sequence.v = v.elements(from: segment.lowerBound * shape.keyWidth)
            sequence.out = UnsafeMutablePointer(mutating: out.elements(from: segment.lowerBound * shape.queryWidth))
            sequence.lse = logSumExp.floats + segment.lowerBound * shape.heads
            sequence.rows = Int64(segment.count)
            sequence.keys = Int64(segment.count)
            return sequence
        }
        run(sequences, shape: shape, precision: precision, type: q.kernelType, ck_attention)
        return (out, logSumExp)
    }

    /// Gradients of q, k and v. Rows outside every segment are zero.
    public static func attentionBackward(
        dout: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, logSumExp: Tensor, segments: [Range<Int>],
        shape: AttentionShape, precision: ProductPrecision = .float32
    ) -> (dq: Tensor, dk: Tensor, dv: Tensor) {
        check(q: q, k: k, v: v, segments: segments, shape: shape)
        precondition(dout.count == q.count && out.count == q.count, "sizes differ")
        precondition([k, v, dout, out].allSatisfy { $0.elementType == q.elementType }, "types differ")
        let covered = segments.reduce(0) { $0 + $1.count } == q.rowCount
        let make = covered ? Tensor.uninitialized : Tensor.zeros
        let (dq, dk, dv) = (make(q.shape), make(k.shape), make(v.shape))
        let sequences = segments.map { segment in
            var sequence = ck_sequence()
            sequence.q = q.elements(from: segment.lowerBound * shape.queryWidth)
            sequence.k = k.elements(from: segment.lowerBound * shape.keyWidth)
            sequence.v = v.elements(from: segment.lowerBound * shape.keyWidth)
            sequence.out = UnsafeMutablePointer(mutating: out.elements(from: segment.lowerBound * shape.queryWidth))
            sequence.lse = logSumExp.floats + segment.lowerBound * shape.heads
            sequence.dout = dout.elements(from: segment.lowerBound * shape.queryWidth)
            sequence.dq = dq.floats + segment.lowerBound * shape.queryWidth
            sequence.dk = dk.floats + segment.lowerBound * shape.keyWidth
            sequence.dv = dv.floats + segment.lowerBound * shape.keyWidth
            sequence.rows = Int64(segment.count)
            sequence.keys = Int64(segment.count)
            return sequence
        }
        run(sequences, shape: shape, precision: precision, type: q.kernelType, ck_attention_backward)
        return (dq, dk, dv)
    }

    /// Attention of new rows over everything their sequence has kept: segment i of q (N, H·D) are the last rows of
    /// the `caches[i].count` keys and values in `caches[i]`. Inference only.
    public static func cachedAttention(
        q: Tensor, segments: [Range<Int>], caches: [(keys: Tensor, values: Tensor, count: Int)], shape: AttentionShape,
        precision: ProductPrecision = .float32
    ) -> Tensor {
        precondition(q.width == shape.queryWidth, "\(q.shape) is not \(shape.heads) heads of \(shape.headWidth)")
        precondition(caches.count == segments.count, "\(caches.count) caches for \(segments.count) segments")
        let covered = segments.reduce(0) { $0 + $1.count } == q.rowCount
        let out = covered ? Tensor.uninitialized(q.shape) : Tensor.zeros(q.shape)
        let sequences = zip(segments, caches).map { segment, cache in
            precondition(segment.lowerBound >= 0 && segment.upperBound <= q.rowCount, "segment \(segment)")
            precondition(
                cache.count >= segment.count && cache.count <= cache.keys.rowCount
                    && cache.count <= cache.values.rowCount && cache.keys.width == shape.keyWidth
                    && cache.values.width == shape.keyWidth, "the cache does not fit the queries")
            var sequence = ck_sequence()
            sequence.q = UnsafePointer(q.floats + segment.lowerBound * shape.queryWidth)
            sequence.k = UnsafePointer(cache.keys.floats)
            sequence.v = UnsafePointer(cache.values.floats)
            sequence.out = out.floats + segment.lowerBound * shape.queryWidth
            sequence.rows = Int64(segment.count)
            sequence.keys = Int64(cache.count)
            return sequence
        }
        run(sequences, shape: shape, precision: precision, ck_attention)
        return out
    }

    private static func run(
        _ sequences: [ck_sequence], shape: AttentionShape, precision: ProductPrecision, type: Int32 = Int32(CK_F32),
        _ kernel: (UnsafePointer<ck_attention_args>?) -> Void
    ) {
        let sequences = sequences.filter { $0.rows > 0 }
        guard !sequences.isEmpty else { return }
        sequences.withUnsafeBufferPointer { buffer in
            var arguments = ck_attention_args(
                sequences: buffer.baseAddress, count: Int64(buffer.count), heads: Int64(shape.heads),
                kv_heads: Int64(shape.keyValueHeads), width: Int64(shape.headWidth), scale: shape.scale,
                window: Int64(shape.window ?? 0), soft_cap: shape.softCap ?? 0,
                bf16: precision == .bfloat16 ? 1 : 0, type: type)
            kernel(&arguments)
        }
    }

    private static func check(q: Tensor, k: Tensor, v: Tensor, segments: [Range<Int>], shape: AttentionShape) {
        precondition(
            q.width == shape.queryWidth && k.width == shape.keyWidth && v.width == shape.keyWidth
                && k.rowCount == q.rowCount && v.rowCount == q.rowCount,
            "q \(q.shape), k \(k.shape) and v \(v.shape) do not fit \(shape)")
        var end = 0
        for segment in segments {
            precondition(segment.lowerBound >= end && segment.upperBound <= q.rowCount, "segment \(segment)")
            end = segment.upperBound
        }
    }
}

extension Tensor {
    /// Where element `index` lies, as kernels take it that are told the type apart.
    fileprivate func elements(from index: Int) -> UnsafePointer<Float> {
        UnsafeRawPointer(raw + elementType.byteCount(of: index)).assumingMemoryBound(to: Float.self)
    }
}

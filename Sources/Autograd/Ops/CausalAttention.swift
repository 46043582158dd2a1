import Tensors

/// Causal attention within each segment of `layout`: q (N, H·D), k and v (N, K·D) → (N, H·D), heads in groups of
/// H/K sharing a key and value. `window` keys are seen, the query's own included; nil means all before it.
///
///     S = scale·Q·Kᵀ    P = softmax(S)    O = P·V
///     dV = Pᵀ·dO    dS = P∘(dO·Vᵀ − Σ dO∘O)    dQ = scale·dS·K    dK = scale·dSᵀ·Q
///
/// With a `softCap` c, S becomes c·tanh(S/c) before the mask, and dS takes the factor 1 − (S/c)² (Gemma Team 2024,
/// arXiv 2408.00118).
///
/// Keeps q, k, v, O and the log-sum-exp of each row and head; no square matrix at any time. Work is in blocks
/// within a segment, so tokens of different segments cost nothing between them. Dao et al. 2022, arXiv 2205.14135.
/// In a pass in BF16 the factors of its products are rounded to it; sums and the softmax are
/// float32. Of bfloat16 queries, keys and values, the result is bfloat16 too.
public func causalAttention(
    _ q: Variable, _ k: Variable, _ v: Variable, layout: SequenceLayout, heads: Int, keyValueHeads: Int,
    headWidth: Int, scale: Float, window: Int? = nil, softCap: Float? = nil, in pass: Pass
) -> Variable {
    let shape = AttentionShape(
        heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth, scale: scale, window: window,
        softCap: softCap)
    let segments = layout.segments
    let precision = pass.precision
    let isNarrow =
        precision == .bfloat16 && Kernels.attentionReads(.bfloat16)
        && [q, k, v].allSatisfy { $0.value.elementType == .bfloat16 }
    func read(_ x: Tensor) -> Tensor { isNarrow ? x : x.asFloat32() }
    let (out, logSumExp) = Kernels.attention(
        q: read(q.value), k: read(k.value), v: read(v.value), segments: segments, shape: shape, precision: precision)
    let y = Variable(
        result: out, wantsGradient: pass.tracks(q, k, v), gradientType: isNarrow ? .bfloat16 : .float32)
    guard y.wantsGradient else { return y }
    let kept = (q: q.kept(in: pass), k: k.kept(in: pass), v: v.kept(in: pass), out: y.kept(in: pass))
    pass.tape?.record { [y = y.sink, q = q.sink, k = k.sink, v = v.sink] in
        guard let dy = y.takeGradient() else { return }
        let (dq, dk, dv) = Kernels.attentionBackward(
            dout: isNarrow && dy.elementType == .float32 ? dy.converted(to: .bfloat16) : read(dy), q: read(kept.q),
            k: read(kept.k), v: read(kept.v), out: read(kept.out), logSumExp: logSumExp, segments: segments,
            shape: shape, precision: precision)
        q.accumulate { dq }
        k.accumulate { dk }
        v.accumulate { dv }
    }
    return y
}

/// The same for new tokens of sequences whose past is in `cache`: appends k and v to `layer`, then every new query
/// sees its sequence up to itself. Segment i of `layout` continues sequence i.
///
/// Inference only: what is in a cache has no gradient, so a pass with a tape is a programming error.
public func cachedAttention(
    _ q: Variable, _ k: Variable, _ v: Variable, layout: SequenceLayout, cache: KeyValueCache, layer: Int,
    heads: Int, keyValueHeads: Int, headWidth: Int, scale: Float, window: Int? = nil, softCap: Float? = nil,
    in pass: Pass
) -> Variable {
    precondition(pass.tape == nil, "attention over a cache has no gradient: train without one")
    let shape = AttentionShape(
        heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth, scale: scale, window: window,
        softCap: softCap)
    cache.append(keys: k.value, values: v.value, segments: layout.segments, layer: layer)
    let out = Kernels.cachedAttention(
        q: q.value, segments: layout.segments, caches: cache.contents(layer: layer), shape: shape,
        precision: pass.precision)
    return Variable(result: out, wantsGradient: false)
}

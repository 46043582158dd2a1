public import Autograd

/// Causal self-attention with grouped key/value heads, rotary positions unless `tables` is nil, and norms of queries
/// and keys where a family has them. Shapes (N, C) → (N, C).
/// Ainslie et al. 2023, arXiv 2305.13245 (grouped heads); Dehghani et al. 2023, arXiv 2302.05442 (norms).
public struct Attention {
    public var input: AttentionInput
    public var output: any Projection
    let queryNorm, keyNorm: Norm?
    let heads: Int
    let keyValueHeads: Int
    let headWidth: Int
    let tables: RoPETables?
    /// Multiplies queries · keys.
    let scale: Float
    /// Scores beyond ± this are bent back by tanh; nil leaves them.
    let softCap: Float?
    /// Tokens seen back, the own included; nil means all.
    let window: Int?
    let layer: Int

    /// `cache` is the past of each segment; new keys and values are appended. Only without a tape.
    public func callAsFunction(
        _ x: Variable, layout: SequenceLayout, cache: KeyValueCache? = nil, in pass: Pass
    ) -> Variable {
        let readsNarrow = queryNorm == nil && keyNorm == nil && input.isSeparate
        var (q, k, v) = input(
            x, heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth,
            in: readsNarrow ? pass.keepingResultsNarrow : pass)
        if let queryNorm { q = queryNorm(q, in: pass) }
        if let keyNorm { k = keyNorm(k, in: pass) }
        if let tables {
            q = rope(q, heads: heads, headWidth: headWidth, tables: tables, layout: layout, in: pass)
            k = rope(k, heads: keyValueHeads, headWidth: headWidth, tables: tables, layout: layout, in: pass)
        }
        if let cache {
            return output(
                cachedAttention(
                    q, k, v, layout: layout, cache: cache, layer: layer, heads: heads, keyValueHeads: keyValueHeads,
                    headWidth: headWidth, scale: scale, window: window, softCap: softCap, in: pass), in: pass)
        }
        return output(
            causalAttention(
                q, k, v, layout: layout, heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth,
                scale: scale, window: window, softCap: softCap, in: pass), in: pass)
    }
}

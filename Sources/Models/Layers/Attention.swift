public import Autograd

/// Causal self-attention with rotary positions and grouped key/value heads. Shapes (N, C) → (N, C).
/// Ainslie et al. 2023, arXiv 2305.13245 (grouped heads).
public struct Attention {
    public var query, key, value, output: any Projection
    let heads: Int
    let keyValueHeads: Int
    let headWidth: Int
    let tables: RoPETables
    /// Tokens seen back, the own included; nil means all.
    let window: Int?
    let layer: Int

    /// `cache` is the past of each segment; new keys and values are appended. Only without a tape.
    public func callAsFunction(
        _ x: Variable, layout: SequenceLayout, cache: KeyValueCache? = nil, in pass: Pass
    ) -> Variable {
        let positions = layout.positions
        let q = rope(
            query(x, in: pass), heads: heads, headWidth: headWidth, tables: tables, positions: positions, in: pass)
        let k = rope(
            key(x, in: pass), heads: keyValueHeads, headWidth: headWidth, tables: tables, positions: positions,
            in: pass)
        let v = value(x, in: pass)
        let scale = 1 / Float(headWidth).squareRoot()
        if let cache {
            return output(
                cachedAttention(
                    q, k, v, layout: layout, cache: cache, layer: layer, heads: heads, keyValueHeads: keyValueHeads,
                    headWidth: headWidth, scale: scale, window: window, in: pass), in: pass)
        }
        return output(
            causalAttention(
                q, k, v, layout: layout, heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth,
                scale: scale, window: window, in: pass), in: pass)
    }
}

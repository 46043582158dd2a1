import Autograd

/// Where queries, keys and values come from: three projections, or one whose columns hold all three.
public enum AttentionInput {
    case separate(query: any Projection, key: any Projection, value: any Projection)
    case fused(any Projection, ColumnOrder)

    /// How the columns of a fused projection are ordered.
    public enum ColumnOrder: Sendable {
        /// All queries, all keys, all values.
        case blocks
        /// Query, key and value of the first head, then of the second, …; as many key heads as query heads.
        case heads
    }

    var isSeparate: Bool {
        if case .separate = self { true } else { false }
    }

    /// x (N, C) → queries (N, H·D), keys and values (N, K·D).
    func callAsFunction(
        _ x: Variable, heads: Int, keyValueHeads: Int, headWidth: Int, in pass: Pass
    ) -> (query: Variable, key: Variable, value: Variable) {
        switch self {
        case .separate(let query, let key, let value):
            let y = project(x, through: [query, key, value], in: pass)
            return (y[0], y[1], y[2])
        case .fused(let all, .blocks):
            let y = all(x, in: pass)
            let (q, kv) = (heads * headWidth, keyValueHeads * headWidth)
            func block(_ offset: Int, _ width: Int) -> Variable {
                selectColumns(y, offset: offset, width: width, stride: width, count: 1, in: pass)
            }
            return (block(0, q), block(q, kv), block(q + kv, kv))
        case .fused(let all, .heads):
            let y = all(x, in: pass)
            func part(_ number: Int) -> Variable {
                selectColumns(
                    y, offset: number * headWidth, width: headWidth, stride: 3 * headWidth, count: heads, in: pass)
            }
            return (part(0), part(1), part(2))
        }
    }
}

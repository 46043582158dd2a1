import Autograd
import EngineTesting
import Tensors

/// One decoder block with adapters and dropout, for tests of what holds across ops.
struct TinyBlock {
    static let width = 24
    static let heads = 3
    static let shared = 1
    static let headWidth = 8
    let norm = Variable.trained([width], seed: 20)
    let query = Variable.frozen([width, width], seed: 21, deviation: 0.3)
    let key = Variable.frozen([headWidth, width], seed: 22, deviation: 0.3)
    let value = Variable.trained([headWidth, width], seed: 23, deviation: 0.3)
    let gate = Variable.trained([40, width], seed: 24, deviation: 0.3)
    let up = Variable.frozen([40, width], seed: 25, deviation: 0.3)
    let down = Variable.trained([width, 40], seed: 26, deviation: 0.3)
    let a = Variable.trained([4, width], seed: 27, deviation: 0.3)
    let b = Variable.trained([width, 4], seed: 28, deviation: 0.3)
    let tables = RoPETables(rotatedWidth: headWidth, theta: 10000)

    var trained: [Variable] { [norm, value, gate, down, a, b] }

    func callAsFunction(_ x: Variable, layout: SequenceLayout, cache: KeyValueCache? = nil, in pass: Pass) -> Variable {
        let h = rmsNorm(x, scale: norm, epsilon: 1e-5, in: pass)
        let projected = lowRankUpdate(
            linear(h, query, in: pass), h, a: a, b: b, scale: 2, dropout: 0.2, site: 7, in: pass)
        let q = rope(
            projected, heads: Self.heads, headWidth: Self.headWidth, tables: tables, positions: layout.positions,
            in: pass)
        let k = rope(
            linear(h, key, in: pass), heads: Self.shared, headWidth: Self.headWidth, tables: tables,
            positions: layout.positions, in: pass)
        let v = linear(h, value, in: pass)
        let mixed =
            if let cache {
                cachedAttention(
                    q, k, v, layout: layout, cache: cache, layer: 0, heads: Self.heads, keyValueHeads: Self.shared,
                    headWidth: Self.headWidth, scale: 0.35, in: pass)
            } else {
                causalAttention(
                    q, k, v, layout: layout, heads: Self.heads, keyValueHeads: Self.shared,
                    headWidth: Self.headWidth, scale: 0.35, in: pass)
            }
        let residual = add(x, mixed, in: pass)
        let n = rmsNorm(residual, scale: norm, epsilon: 1e-5, in: pass)
        let inner = swiGLU(linear(n, gate, in: pass), linear(n, up, in: pass), in: pass)
        return add(residual, linear(dropout(inner, rate: 0.1, site: 8, in: pass), down, in: pass), in: pass)
    }
}

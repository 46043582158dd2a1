public import Autograd

/// Gated feed-forward block: down(silu(gate(x)) · up(x)). Shapes (N, C) → (N, C).
/// Shazeer 2020, arXiv 2002.05202.
public struct SwiGLU {
    public var gate, up, down: any Projection

    public func callAsFunction(_ x: Variable, in pass: Pass) -> Variable {
        down(swiGLU(gate(x, in: pass), up(x, in: pass), in: pass), in: pass)
    }
}

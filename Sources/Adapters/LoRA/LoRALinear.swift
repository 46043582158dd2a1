public import Autograd
public import Models

/// A projection with a low-rank update: y = base(x) + scale · drop(x)·Aᵀ·Bᵀ, with A (R, in) and B (out, R).
/// Hu et al. 2021, arXiv 2106.09685.
///
/// B starts at zero, so the model starts unchanged.
public final class LoRALinear: Projection {
    public let base: any Projection
    public let a, b: Variable
    public let scale: Float
    public let dropout: Float
    /// Where the dropout mask is drawn; unlike for every projection of a model.
    let site: Int

    public init(base: any Projection, a: Variable, b: Variable, scale: Float, dropout: Float, site: Int) {
        self.base = base
        self.a = a
        self.b = b
        self.scale = scale
        self.dropout = dropout
        self.site = site
    }

    public var inputs: Int { base.inputs }
    public var outputs: Int { base.outputs }

    public func callAsFunction(_ x: Variable, in pass: Pass) -> Variable {
        lowRankUpdate(base(x, in: pass), x, a: a, b: b, scale: scale, dropout: dropout, site: site, in: pass)
    }
}

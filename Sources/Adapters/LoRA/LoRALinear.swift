public import Autograd
public import Models

/// A projection that an adapter wraps.
protocol AdaptedProjection: Projection {
    /// What it wraps, with the weights of the base or with others trained whole.
    var base: Linear { get }
    /// A of the adapter, to tell whose it is.
    var a: Variable { get }
}

/// A projection with a low-rank update: y = base(x) + scale · (drop(x)·Aᵀ·Bᵀ + bias), with A (R, in), B (out, R) and an
/// optional bias (out) of B. Hu et al. 2021, arXiv 2106.09685.
///
/// B starts at zero, so the model starts unchanged.
public final class LoRALinear: AdaptedProjection {
    public let base: Linear
    public let a, b: Variable
    public let bias: Variable?
    public let scale: Float
    public let dropout: Float
    /// Where the dropout mask is drawn; unlike for every projection of a model.
    let site: Int

    public init(
        base: Linear, a: Variable, b: Variable, bias: Variable? = nil, scale: Float, dropout: Float, site: Int
    ) {
        self.base = base
        self.a = a
        self.b = b
        self.bias = bias
        self.scale = scale
        self.dropout = dropout
        self.site = site
    }

    public var inputs: Int { base.inputs }
    public var outputs: Int { base.outputs }

    public func callAsFunction(_ x: Variable, in pass: Pass) -> Variable {
        let y =
            pass.tape != nil && !base.storesInputsFirst
            ? adaptedLinear(
                x, base.weight, bias: base.bias, a: a, b: b, scale: scale, dropout: dropout, site: site, in: pass)
            : lowRankUpdate(base(x, in: pass), x, a: a, b: b, scale: scale, dropout: dropout, site: site, in: pass)
        guard let bias else { return y }
        return addRow(y, bias, factor: scale, in: pass)
    }
}

public import Autograd
public import Models
import Tensors

/// A projection whose weights keep a learned length: y = g ∘ (x·Wᵀ + scale · x·Aᵀ·Bᵀ) + bias, with
/// g = magnitude / ‖W + scale · B·A‖ for each output. Liu et al. 2024, arXiv 2402.09353.
///
/// As in PEFT, the norm has no gradient (section 4.3 of the paper), and dropout acts on the adapter's part alone: with
/// xᵈ = drop(x), y = x·Wᵀ + bias + (g − 1) ∘ xᵈ·Wᵀ + g ∘ scale · xᵈ·Aᵀ·Bᵀ.
public final class DoRALinear: AdaptedProjection {
    public let base: Linear
    public let a, b: Variable
    /// (out); starts at ‖W‖, so the model starts unchanged.
    public let magnitude: Variable
    public let scale: Float
    public let dropout: Float
    let site: Int
    private var norms = NormCache()

    public init(
        base: Linear, a: Variable, b: Variable, magnitude: Variable, scale: Float, dropout: Float, site: Int
    ) {
        self.base = base
        self.a = a
        self.b = b
        self.magnitude = magnitude
        self.scale = scale
        self.dropout = dropout
        self.site = site
    }

    public var inputs: Int { base.inputs }
    public var outputs: Int { base.outputs }

    public func callAsFunction(_ x: Variable, in pass: Pass) -> Variable {
        // What follows is added up and scaled, which is done in float32.
        let pass = pass.keepingResultsWide
        let weight = AdaptedWeight(tensor: base.weight.value, storesInputsFirst: base.storesInputsFirst)
        let norm = norms.norm(a: a, b: b, in: pass) {
            WeightNorms.ofOutputs(weight, a: a.value, b: b.value, scale: scale)
        }
        let g = ratio(magnitude, by: norm, in: pass)
        let drops = pass.isTraining && dropout > 0
        let input = drops ? Autograd.dropout(x, rate: dropout, site: site, in: pass) : x
        // The bias is taken off before the lengths are set, and put back after.
        var plain = base(input, in: pass)
        if let bias = base.bias { plain = addRow(plain, bias, factor: -1, in: pass) }
        // Read here, so that the update does not write over what is subtracted below.
        if drops { _ = plain.value }
        let updated = lowRankUpdate(plain, input, a: a, b: b, scale: scale, in: pass)
        let stretched = scaleColumns(updated, by: g, in: pass)
        if drops {
            let difference = add(stretched, Autograd.scale(plain, by: -1, in: pass), in: pass)
            return add(base(x, in: pass), difference, in: pass)
        }
        guard let bias = base.bias else { return stretched }
        return addRow(stretched, bias, in: pass)
    }
}

/// The lengths that DoRA divides by, kept while nothing is trained: making text would else multiply whole matrices for
/// every token.
///
/// Weights change in steps that follow a pass with a tape, and such a pass forgets what was kept. Weights that are
/// loaded in their place are noticed by their sums of squares.
struct NormCache {
    private var kept: (a: Double, b: Double, norm: Tensor)?

    mutating func norm(a: Variable, b: Variable, in pass: Pass, make: () -> Tensor) -> Tensor {
        guard pass.tape == nil else {
            kept = nil
            return make()
        }
        let (sumA, sumB) = (a.value.sumOfSquares(), b.value.sumOfSquares())
        if let kept, kept.a == sumA, kept.b == sumB { return kept.norm }
        let norm = make()
        kept = (sumA, sumB, norm)
        return norm
    }
}

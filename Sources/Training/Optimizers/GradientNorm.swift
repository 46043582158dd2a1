import Autograd
import Tensors

/// The L2 norm of all gradients together, and what clipping makes of it.
enum GradientNorm {
    /// Summed in double precision, parameter by parameter in order; not finite when any element is not.
    static func of(_ parameters: [TrainedParameter]) -> Double {
        var squares = 0.0
        for parameter in parameters {
            if let gradient = parameter.variable.gradient { squares += gradient.sumOfSquares() }
        }
        return squares.squareRoot()
    }

    /// Factor that brings a gradient of this norm down to `limit`; 1 below it, or when the limit is 0 (off).
    /// PyTorch's `clip_grad_norm_` divides by norm + 1e-6; so do we, to follow its curves.
    static func clipFactor(norm: Double, limit: Double) -> Double {
        guard limit > 0 else { return 1 }
        return min(1, limit / (norm + 1e-6))
    }
}

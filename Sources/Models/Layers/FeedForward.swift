public import Autograd

/// The feed-forward half of a block: down(activation(gate(x)) · up(x)), or down(activation(up(x))) without a gate.
/// Shapes (N, C) → (N, C). Shazeer 2020, arXiv 2002.05202 (gated).
public struct FeedForward {
    public var input: FeedForwardInput
    public var down: any Projection
    let activation: Activation

    public func callAsFunction(_ x: Variable, in pass: Pass) -> Variable {
        switch input {
        case .gated(let gate, let up):
            let y = project(x, through: [gate, up], in: pass.keepingResultsNarrow)
            return down(gatedActivation(y[0], y[1], activation, in: pass), in: pass)
        case .fusedGated(let gateUp):
            let y = gateUp(x, in: pass)
            let width = gateUp.outputs / 2
            let gate = selectColumns(y, offset: 0, width: width, stride: width, count: 1, in: pass)
            let up = selectColumns(y, offset: width, width: width, stride: width, count: 1, in: pass)
            return down(gatedActivation(gate, up, activation, in: pass), in: pass)
        case .plain(let up):
            return down(Autograd.activation(up(x, in: pass), activation, in: pass), in: pass)
        }
    }
}

/// The projections into the feed-forward half.
public enum FeedForwardInput {
    case gated(gate: any Projection, up: any Projection)
    /// One projection whose columns hold the gate, then up.
    case fusedGated(any Projection)
    case plain(any Projection)
}

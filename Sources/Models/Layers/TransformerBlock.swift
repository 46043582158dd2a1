public import Autograd

/// One layer of a decoder, (N, C) → (N, C): attention, then feed-forward, each added to what it read.
///
/// A half reads through the norm before it and its result passes the norm after it, where there is one: models
/// before Gemma 2 have the first only, OLMo 2 the second only, Gemma 2 both.
public struct TransformerBlock {
    public let attentionNorm: Norm?
    public var attention: Attention
    public let attentionOutputNorm: Norm?
    public let feedForwardNorm: Norm?
    public var feedForward: FeedForward
    public let feedForwardOutputNorm: Norm?
    /// What a half gives is multiplied by this before it is added.
    let residualScale: Float
    /// Both halves read the block's input (Wang and Komatsuzaki 2021, GPT-J), instead of one after the other.
    let isParallel: Bool

    public func callAsFunction(
        _ x: Variable, layout: SequenceLayout, cache: KeyValueCache? = nil, in pass: Pass
    ) -> Variable {
        let input = normed(x, attentionNorm, in: pass.keepingResultsNarrow)
        let attended = attention(input, layout: layout, cache: cache, in: pass)
        if isParallel {
            let both = add(added(attended, attentionOutputNorm, in: pass), fedForward(x, in: pass), in: pass)
            return add(x, both, in: pass)
        }
        let half = add(x, added(attended, attentionOutputNorm, in: pass), in: pass)
        return add(half, fedForward(half, in: pass), in: pass)
    }

    private func fedForward(_ x: Variable, in pass: Pass) -> Variable {
        let input = normed(x, feedForwardNorm, in: pass.keepingResultsNarrow)
        return added(feedForward(input, in: pass), feedForwardOutputNorm, in: pass)
    }

    private func normed(_ x: Variable, _ norm: Norm?, in pass: Pass) -> Variable {
        guard let norm else { return x }
        return norm(x, in: pass)
    }

    /// What a half adds to the residual stream.
    private func added(_ y: Variable, _ norm: Norm?, in pass: Pass) -> Variable {
        let y = normed(y, norm, in: pass)
        return residualScale == 1 ? y : scale(y, by: residualScale, in: pass)
    }

    /// The projection at a place, nil where this family has none.
    public subscript(place: ProjectionPlace) -> (any Projection)? {
        switch (place, attention.input, feedForward.input) {
        case (.query, .separate(let query, _, _), _): query
        case (.key, .separate(_, let key, _), _): key
        case (.value, .separate(_, _, let value), _): value
        case (.queryKeyValue, .fused(let all, _), _): all
        case (.output, _, _): attention.output
        case (.gate, _, .gated(let gate, _)): gate
        case (.up, _, .gated(_, let up)), (.up, _, .plain(let up)): up
        case (.gateUp, _, .fusedGated(let gateUp)): gateUp
        case (.down, _, _): feedForward.down
        default: nil
        }
    }

    /// Puts another projection at a place that this family has; any other place is left alone.
    mutating func replace(_ place: ProjectionPlace, with projection: any Projection) {
        switch (place, attention.input, feedForward.input) {
        case (.query, .separate(_, let key, let value), _):
            attention.input = .separate(query: projection, key: key, value: value)
        case (.key, .separate(let query, _, let value), _):
            attention.input = .separate(query: query, key: projection, value: value)
        case (.value, .separate(let query, let key, _), _):
            attention.input = .separate(query: query, key: key, value: projection)
        case (.queryKeyValue, .fused(_, let order), _): attention.input = .fused(projection, order)
        case (.output, _, _): attention.output = projection
        case (.gate, _, .gated(_, let up)): feedForward.input = .gated(gate: projection, up: up)
        case (.up, _, .gated(let gate, _)): feedForward.input = .gated(gate: gate, up: projection)
        case (.up, _, .plain): feedForward.input = .plain(projection)
        case (.gateUp, _, .fusedGated): feedForward.input = .fusedGated(projection)
        case (.down, _, _): feedForward.down = projection
        default: break
        }
    }
}

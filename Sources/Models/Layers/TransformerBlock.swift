public import Autograd

/// One layer: x + attention(norm(x)), then + feedForward(norm(·)). Shapes (N, C) → (N, C).
public struct TransformerBlock {
    public let inputNorm: RMSNorm
    public var attention: Attention
    public let postAttentionNorm: RMSNorm
    public var feedForward: SwiGLU

    public func callAsFunction(
        _ x: Variable, layout: SequenceLayout, cache: KeyValueCache? = nil, in pass: Pass
    ) -> Variable {
        let attended = add(
            x, attention(inputNorm(x, in: pass), layout: layout, cache: cache, in: pass), in: pass)
        return add(attended, feedForward(postAttentionNorm(attended, in: pass), in: pass), in: pass)
    }

    public subscript(place: ProjectionPlace) -> any Projection {
        get {
            switch place {
            case .query: attention.query
            case .key: attention.key
            case .value: attention.value
            case .output: attention.output
            case .gate: feedForward.gate
            case .up: feedForward.up
            case .down: feedForward.down
            }
        }
        set {
            switch place {
            case .query: attention.query = newValue
            case .key: attention.key = newValue
            case .value: attention.value = newValue
            case .output: attention.output = newValue
            case .gate: feedForward.gate = newValue
            case .up: feedForward.up = newValue
            case .down: feedForward.down = newValue
            }
        }
    }
}

/// Bytes a run needs, by what they are for; worked out from sizes, before anything is allocated.
public struct MemoryForecast: Sendable, Equatable {
    /// Weights of the base model, mapped from their file in their own type; float32 copies in full fine-tuning.
    public var weights = 0
    public var adapter = 0
    public var gradients = 0
    /// Two float32 numbers for each trained parameter.
    public var optimizer = 0
    /// What the forward pass keeps for the backward pass of one micro-batch.
    public var activations = 0
    /// Short-lived buffers: gradients of activations, a block of logits, widened weights.
    public var workspace = 0

    public init() {}

    public var total: Int { weights + adapter + gradients + optimizer + activations + workspace }

    /// The classes with their names, largest first.
    public var lines: [(name: String, bytes: Int)] {
        [
            ("weights", weights), ("adapter", adapter), ("gradients", gradients), ("optimizer", optimizer),
            ("activations", activations), ("workspace", workspace),
        ].sorted { $0.1 > $1.1 }
    }
}

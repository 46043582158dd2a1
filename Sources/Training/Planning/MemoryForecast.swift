/// Bytes a run needs at the moment when it needs the most, by what they are for; worked out from sizes, before anything is
/// allocated.
public struct MemoryForecast: Sendable, Equatable {
    /// Weights of the base model, mapped from their file in their own type; float32 copies in full fine-tuning.
    public var weights = 0
    public var adapter = 0
    /// Of what is trained. In full fine-tuning with one micro-batch a step most arrive as activations go, so that few are
    /// there at that moment.
    public var gradients = 0
    /// Two float32 numbers for each trained parameter.
    public var optimizer = 0
    /// What the forward pass keeps for the backward pass of one micro-batch, with the gradients flowing through it.
    public var activations = 0
    /// Short-lived buffers: gradients of activations, a block of logits, widened weights.
    public var workspace = 0
    /// The program, its libraries, and what is lost between tensors.
    public var other = 0

    public init() {}

    /// What tensors take.
    public var tensors: Int { weights + adapter + gradients + optimizer + activations + workspace }
    public var total: Int { tensors + other }

    /// The classes with their names, largest first.
    public var lines: [(name: String, bytes: Int)] {
        [
            ("weights", weights), ("adapter", adapter), ("gradients", gradients), ("optimizer", optimizer),
            ("activations", activations), ("workspace", workspace), ("other", other),
        ].sorted { $0.1 > $1.1 }
    }
}

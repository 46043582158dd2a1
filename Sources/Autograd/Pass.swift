public import Tensors

/// What one forward pass carries along. Randomness comes from `stream`, so a replay is exact.
public struct Pass {
    /// nil means inference: the same forward, nothing kept.
    public var tape: Tape?
    public var stream: RandomStream
    /// Whether dropout is on.
    public var isTraining: Bool
    /// Of the matrix products, forward and backward.
    public var precision: ProductPrecision

    public init(
        tape: Tape? = nil, stream: RandomStream = RandomStream(seed: 0), isTraining: Bool = false,
        precision: ProductPrecision = .float32
    ) {
        self.tape = tape
        self.stream = stream
        self.isTraining = isTraining
        self.precision = precision
    }

    /// No tape, no dropout.
    public static var inference: Pass { Pass() }

    /// Whether a result of these inputs has a gradient to pass on.
    func tracks(_ inputs: Variable?...) -> Bool {
        tape != nil && inputs.contains { $0?.wantsGradient == true }
    }
}

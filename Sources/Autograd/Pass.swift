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
    /// How projections and norms leave their results: float32, or bfloat16 for an op that reads such a one. See
    /// `keepingResultsNarrow`.
    public private(set) var resultType = ElementType.float32
    /// Whether results that an op can make again are not kept. A block that is computed again does not wait long for its way
    /// back: keeping them costs it little, and making them a third time would take time for nothing.
    var makesAgain = true

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

    /// The pass for what is read by products, attention and gated activations alone: where a step is trained in BF16,
    /// such results are rounded as they are made, since their readers would round them anyhow.
    public var keepingResultsNarrow: Pass {
        guard tape != nil, precision == .bfloat16 else { return self }
        var pass = self
        pass.resultType = .bfloat16
        return pass
    }

    /// The pass for what is added up.
    public var keepingResultsWide: Pass {
        var pass = self
        pass.resultType = .float32
        return pass
    }

    /// Whether a result of these inputs has a gradient to pass on.
    func tracks(_ inputs: Variable?...) -> Bool {
        tape != nil && inputs.contains { $0?.wantsGradient == true }
    }
}

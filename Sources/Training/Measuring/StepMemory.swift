import Autograd
public import Models
import Tensors

/// What a training step holds at the moment when tensors take the most: bytes by what they are for.
///
/// Counted between the steps of the way back: what is live there is kept on purpose, and what an op takes beyond that is
/// workspace. Weights, adapter, gradients and optimiser are known by name; the rest of what is kept is activations, with
/// the gradients that flow through them.
public final class StepMemory {
    /// Weights in memory of their own, and those mapped from a file, all of whose pages a step reads.
    public private(set) var weights = 0
    public private(set) var mappedWeights = 0
    public private(set) var adapter = 0
    public private(set) var gradients = 0
    public private(set) var optimizer = 0
    public private(set) var activations = 0
    public private(set) var workspace = 0
    /// Kept for the next tensors, or lost between them.
    public private(set) var heldFree = 0
    /// Program and libraries: what was resident before there was a model.
    public let other: Int

    private let decoder: Decoder
    private let parameters: [TrainedParameter]
    private let isFull: Bool
    private var liveBefore = 0
    private var gradientsBefore = 0
    private var most = 0

    /// - Parameters:
    ///   - decoder: The model.
    ///   - parameters: What is trained: of the decoder, or of an adapter.
    ///   - residentBefore: Bytes of the process in memory before the model was loaded.
    public init(_ decoder: Decoder, training parameters: [TrainedParameter], residentBefore: Int) {
        self.decoder = decoder
        self.parameters = parameters
        other = residentBefore
        isFull = decoder.embedding.wantsGradient
        for (_, variable) in decoder.parameters {
            let tensor = variable.value
            if tensor.isMapped { mappedWeights += tensor.byteCount } else { weights += tensor.byteCount }
        }
        if !isFull { adapter = parameters.reduce(0) { $0 + $1.variable.value.byteCount } }
    }

    public var total: Int {
        weights + mappedWeights + adapter + gradients + optimizer + activations + workspace + heldFree + other
    }

    /// Starts a step, with the bytes that the optimiser has by now.
    public func begin(optimizerBytes: Int) {
        optimizer = optimizerBytes
        liveBefore = MemoryLedger.current.liveBytes
        gradientsBefore = gradientBytes
        MemoryLedger.resetPeak()
    }

    /// Looks at what is live, and at the most that was since the last look: between two ops.
    ///
    /// - Parameter pendingGradients: Bytes of gradients that ops hold and no parameter has yet.
    public func look(pendingGradients: Int = 0) {
        let ledger = MemoryLedger.current
        let gradientsNow = gradientBytes + pendingGradients
        if ledger.peakBytes > most {
            most = ledger.peakBytes
            let isMoreNow = ledger.liveBytes > liveBefore
            gradients = isMoreNow ? gradientsNow : gradientsBefore
            let kept = max(ledger.liveBytes, liveBefore)
            activations = kept - weights - adapter - optimizer - gradients
            workspace = ledger.peakBytes - kept
        }
        liveBefore = ledger.liveBytes
        gradientsBefore = gradientsNow
        MemoryLedger.resetPeak()
    }

    /// The same behind the forward pass, whose loss holds the gradient of a trained head.
    public func lookAfterForward() {
        look(pendingGradients: decoder.head.wantsGradient ? decoder.head.value.byteCount : 0)
    }

    /// Ends a step. What the pool holds at the most it never gave back, so it is known here.
    public func end() {
        look()
        let ledger = MemoryLedger.current
        heldFree = ledger.liveBytes + ledger.pooledBytes - most
    }

    private var gradientBytes: Int {
        parameters.reduce(0) { $0 + ($1.variable.gradient?.byteCount ?? 0) }
    }
}

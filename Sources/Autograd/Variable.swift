public import Tensors

/// A tensor that may want a gradient.
///
/// Parameters and inputs are made with `init(_:wantsGradient:)`; ops make the rest. Gradients of parameters add up
/// over micro-batches until `gradient` is set to nil; those of intermediate results are freed as the tape unwinds.
public final class Variable {
    private var stored: Tensor?
    /// The product of an op whose way back does not read it, seen by nobody yet: the next op may write over it.
    private var isFresh: Bool
    public let shape: [Int]
    public let wantsGradient: Bool
    public var gradient: Tensor?

    public init(_ value: Tensor, wantsGradient: Bool = false) {
        stored = value
        shape = value.shape
        isFresh = false
        self.wantsGradient = wantsGradient
        precondition(
            !wantsGradient || value.elementType == .float32,
            "only float32 can be trained, this is \(value.elementType.rawValue): make a copy with asFloat32()")
    }

    /// The output of an op. `fresh` promises that the op's own backward does not read the value.
    init(result: Tensor, wantsGradient: Bool, fresh: Bool = false) {
        stored = result
        shape = result.shape
        isFresh = fresh
        self.wantsGradient = wantsGradient
    }

    /// The tensor. Setting it replaces the weights of a parameter by others of the same shape.
    public var value: Tensor {
        get {
            isFresh = false
            guard let stored else {
                preconditionFailure(
                    "read after an op wrote its result over it (base of lowRankUpdate, x of rope, b of add): "
                        + "read it before, or use the op's result")
            }
            return stored
        }
        set {
            precondition(newValue.shape == shape, "a value of \(newValue.shape) for a variable of \(shape)")
            stored = newValue
            isFresh = false
        }
    }

    /// Gives the memory away if nobody has looked at it; the variable then has only its gradient.
    func spend() -> Tensor? {
        guard isFresh, let tensor = stored else { return nil }
        stored = nil
        isFresh = false
        return tensor
    }

    // MARK: Gradients

    /// Adds a gradient when one is wanted; `make` runs only then. The tensor may be shared with other variables:
    /// it is never written while someone else holds it.
    public func accumulate(_ make: () -> Tensor) {
        guard wantsGradient else { return }
        guard var sum = gradient else {
            gradient = make()
            return
        }
        gradient = nil
        if Tensor.isUniquelyHeld(&sum) {
            sum.add(make())
            gradient = sum
        } else {
            gradient = sum.sum(with: make())
        }
    }

    /// The same for a kernel that can add in place: `write(target, accumulate)` overwrites or adds to `target`.
    public func accumulate(writing write: (_ target: Tensor, _ accumulate: Bool) -> Void) {
        guard wantsGradient else { return }
        guard var sum = gradient else {
            let fresh = Tensor.uninitialized(shape)
            write(fresh, false)
            gradient = fresh
            return
        }
        gradient = nil
        if !Tensor.isUniquelyHeld(&sum) { sum = sum.copy() }
        write(sum, true)
        gradient = sum
    }

    /// The gradient of an intermediate result, which is not kept.
    func takeGradient() -> Tensor? {
        defer { gradient = nil }
        return gradient
    }
}

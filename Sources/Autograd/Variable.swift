public import Tensors

/// A tensor that may want a gradient.
///
/// Parameters and inputs are made with `init(_:wantsGradient:)`; ops make the rest. Gradients of parameters add up
/// over micro-batches until `gradient` is set to nil; those of intermediate results are freed as the tape unwinds.
public final class Variable {
    private var stored: Tensor?
    /// The product of an op whose way back does not read it, seen by nobody yet: the next op may write over it.
    private var isFresh: Bool
    /// What ops capture for the way back.
    public let sink: GradientSink
    private var rounded: Tensor?
    /// For the result of an op that gives it again from what it keeps.
    private var again: KeptValue?

    public var shape: [Int] { sink.shape }
    public var wantsGradient: Bool { sink.wantsGradient }

    public init(_ value: Tensor, wantsGradient: Bool = false) {
        stored = value
        isFresh = false
        sink = GradientSink(shape: value.shape, wantsGradient: wantsGradient)
        precondition(
            !wantsGradient || value.elementType == .float32,
            "only float32 can be trained, this is \(value.elementType.rawValue): make a copy with asFloat32()")
    }

    /// The output of an op. `fresh` promises that the op's own backward does not read the value.
    ///
    /// `gradientType` is bfloat16 where one reader alone writes a gradient, which is then only multiplied or read by a
    /// kernel that takes it so.
    init(result: Tensor, wantsGradient: Bool, fresh: Bool = false, gradientType: ElementType = .float32) {
        stored = result
        isFresh = fresh
        sink = GradientSink(shape: result.shape, wantsGradient: wantsGradient, type: gradientType)
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
            rounded = nil
            again = nil
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

    public var gradient: Tensor? {
        get { sink.gradient }
        set { sink.gradient = newValue }
    }

    /// See `GradientSink`.
    public func accumulate(_ make: () -> Tensor) { sink.accumulate(make) }

    public func accumulate(writing write: (_ target: Tensor, _ accumulate: Bool) -> Void) {
        sink.accumulate(writing: write)
    }

    func takeGradient() -> Tensor? { sink.takeGradient() }

    // MARK: Keeping for the way back

    /// The value as the way back will read it: itself, or rounded to BF16 where the pass computes so. The rounded copy
    /// is made once however many ops keep it, and matrix products round what they read in the same way anyhow.
    func kept(in pass: Pass) -> Tensor {
        guard pass.precision == .bfloat16, pass.tape?.keepsSteps == true else { return value }
        if let rounded { return rounded }
        let full = value
        guard full.elementType == .float32 else { return full }
        let copy = full.converted(to: .bfloat16)
        rounded = copy
        return copy
    }

    /// Lets those who keep the value have it made again, bit for bit, instead of holding it.
    func keep(making make: @escaping () -> Tensor) { again = KeptValue(making: make) }

    /// The same as `kept` for products, which read it late and briefly: perhaps made again.
    func keptForProducts(in pass: Pass) -> KeptValue {
        if let again {
            isFresh = false
            return again
        }
        return KeptValue(kept(in: pass))
    }
}

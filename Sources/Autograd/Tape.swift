public import Tensors

/// The backward half of one forward pass, in order. Walked once, from the end.
public final class Tape {
    private var steps: [() -> Void] = []
    /// False for the tape of a forward that will be replayed: ops find out what wants a gradient, nothing is kept.
    let keepsSteps: Bool

    public init() { keepsSteps = true }
    init(keepsSteps: Bool) { self.keepsSteps = keepsSteps }

    public var count: Int { steps.count }

    /// Called before each step of the way back, those of replayed blocks included; set before the forward pass.
    public var onStep: (() -> Void)?

    public func record(_ step: @escaping () -> Void) {
        if keepsSteps { steps.append(step) }
    }

    /// Runs every step, freeing what each kept as soon as it has run.
    public func backward() {
        while let step = steps.popLast() {
            onStep?()
            step()
        }
    }

    /// Seeds `variable` with `gradient`, or with ones, and walks back.
    public func backward(from variable: Variable, gradient: Tensor? = nil) {
        variable.accumulate {
            if let gradient { return gradient }
            let ones = Tensor.uninitialized(variable.shape)
            ones.fill(1)
            return ones
        }
        backward()
        variable.gradient = nil
    }
}

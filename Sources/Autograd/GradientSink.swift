public import Tensors

/// Where the gradient of a variable arrives, without its value: the way back holds these, so that a value which only
/// the forward pass reads is freed with it.
public final class GradientSink {
    public let shape: [Int]
    public let wantsGradient: Bool
    public var gradient: Tensor?

    init(shape: [Int], wantsGradient: Bool) {
        self.shape = shape
        self.wantsGradient = wantsGradient
    }

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

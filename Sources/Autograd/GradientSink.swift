public import Tensors

/// Where the gradient of a variable arrives, without its value: the way back holds these, so that a value which only
/// the forward pass reads is freed with it.
public final class GradientSink {
    public let shape: [Int]
    public let wantsGradient: Bool
    public var gradient: Tensor?
    /// Of a gradient that a product writes: bfloat16 or float32. Sums of several are float32.
    private let type: ElementType

    init(shape: [Int], wantsGradient: Bool, type: ElementType = .float32) {
        self.shape = shape
        self.wantsGradient = wantsGradient
        self.type = type
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
        sum = sum.asFloat32()
        if Tensor.isUniquelyHeld(&sum) {
            sum.add(make().asFloat32())
            gradient = sum
        } else {
            gradient = sum.sum(with: make().asFloat32())
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
        sum = sum.asFloat32()
        if !Tensor.isUniquelyHeld(&sum) { sum = sum.copy() }
        write(sum, true)
        gradient = sum
    }

    /// The same for a product, which can also leave a first gradient in the type that the variable's maker reads.
    func accumulateProduct(_ write: (_ target: Tensor, _ accumulate: Bool) -> Void) {
        guard wantsGradient, gradient == nil, type != .float32 else { return accumulate(writing: write) }
        let fresh = Tensor.uninitialized(shape, as: type)
        write(fresh, false)
        gradient = fresh
    }

    /// The gradient of an intermediate result, which is not kept.
    func takeGradient() -> Tensor? {
        defer { gradient = nil }
        return gradient
    }
}

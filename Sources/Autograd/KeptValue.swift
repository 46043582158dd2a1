import Tensors

/// A value that the way back of some ops reads: held, or made again from what is held anyhow, once for all of them. It goes
/// with the last that reads it.
final class KeptValue {
    private var tensor: Tensor?
    private let make: () -> Tensor

    init(_ tensor: Tensor) {
        self.tensor = tensor
        make = { tensor }
    }

    /// `make` must give what the forward pass had, bit for bit.
    init(making make: @escaping () -> Tensor) { self.make = make }

    var value: Tensor {
        if let tensor { return tensor }
        let made = make()
        tensor = made
        return made
    }
}

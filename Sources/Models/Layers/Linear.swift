public import Autograd

/// y = x·Wᵀ + b, with x (N, in), W (out, in), b (out); or y = x·W + b with W (in, out).
///
/// A reference, so that decoders which share weights share them here, and an adapter finds what it wrapped.
public final class Linear: Projection {
    /// (out, in), or (in, out) when `storesInputsFirst`; F32, F16 or BF16 when frozen.
    public internal(set) var weight: Variable
    /// (out), float32.
    public let bias: Variable?
    /// Whether `weight` lies as (in, out), as Conv1D of GPT-2 stores it (`fan_in_fan_out` to PEFT). It is neither
    /// copied nor turned.
    public let storesInputsFirst: Bool

    public init(weight: Variable, bias: Variable? = nil, storesInputsFirst: Bool = false) {
        self.weight = weight
        self.bias = bias
        self.storesInputsFirst = storesInputsFirst
    }

    public var inputs: Int { weight.shape[storesInputsFirst ? 0 : 1] }
    public var outputs: Int { weight.shape[storesInputsFirst ? 1 : 0] }

    public func callAsFunction(_ x: Variable, in pass: Pass) -> Variable {
        storesInputsFirst
            ? inputsFirstLinear(x, weight, bias: bias, in: pass) : linear(x, weight, bias: bias, in: pass)
    }
}

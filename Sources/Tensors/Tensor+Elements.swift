import CKernels

extension Tensor {
    public func fill(_ value: Float) { ck_fill(writable, value, Int64(count)) }

    /// All bytes zero, which every computable type reads as zeros.
    public func clear() {
        precondition(!isMapped, "a tensor mapped from a file cannot be written")
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    /// self += other
    public func add(_ other: Tensor) {
        precondition(other.count == count, "cannot add \(other.shape) to \(shape)")
        ck_add(writable, floats, other.floats, Int64(count))
    }

    /// self += factor · other
    public func add(_ other: Tensor, scaledBy factor: Float) {
        precondition(other.count == count, "cannot add \(other.shape) to \(shape)")
        ck_axpy(writable, factor, other.floats, Int64(count))
    }

    /// self *= factor
    public func scale(by factor: Float) { ck_scale(writable, floats, factor, Int64(count)) }

    /// self = other, which may be of any computable type.
    public func assign(_ other: Tensor) {
        precondition(other.count == count, "cannot assign \(other.shape) to \(shape)")
        ck_widen(other.raw, other.kernelType, writable, Int64(count))
    }

    public func sum(with other: Tensor) -> Tensor {
        precondition(other.count == count, "cannot add \(other.shape) to \(shape)")
        let result = Tensor.uninitialized(shape)
        ck_add(result.floats, floats, other.floats, Int64(count))
        return result
    }

    public func scaled(by factor: Float) -> Tensor {
        let result = Tensor.uninitialized(shape)
        ck_scale(result.floats, floats, factor, Int64(count))
        return result
    }

    /// Sum of squares in double precision; the order of the sum depends on the count alone.
    public func sumOfSquares() -> Double {
        let source = asFloat32()
        return withExtendedLifetime(source) { ck_sum_of_squares(source.floats, Int64(count)) }
    }

    /// Whether every element is finite: one pass, since a square of one that is not spoils the sum.
    /// (The square of a finite float cannot overflow a double.)
    public var isFinite: Bool { sumOfSquares().isFinite }

    /// Where the first NaN or infinity is; for the report after `isFinite` said no.
    public var firstNonFiniteIndex: Int? {
        let source = asFloat32()
        let index = withExtendedLifetime(source) { ck_first_non_finite(source.floats, Int64(count)) }
        return index < 0 ? nil : Int(index)
    }

    /// Adds `bias` (width) to every row.
    public func addToRows(_ bias: Tensor) {
        precondition(bias.count == width, "a bias of \(bias.count) for rows of \(width)")
        let row = bias.asFloat32()
        withExtendedLifetime(row) { ck_add_row(writable, row.floats, Int64(rowCount), Int64(width)) }
    }

    /// self (width) = column sums of `rows`, or += when `accumulate`.
    public func assignColumnSums(of rows: Tensor, accumulate: Bool) {
        precondition(rows.width == count, "column sums of \(rows.shape) do not fit \(shape)")
        ck_column_sums(writable, rows.floats, Int64(rows.rowCount), Int64(rows.width), accumulate ? 1 : 0)
    }

    /// self = x · mask / (1 − rate), or += when `accumulate`; the mask is a function of (key, index) alone.
    public func assignDropout(of x: Tensor, rate: Float, key: UInt64, accumulate: Bool = false) {
        precondition(x.count == count, "dropout of \(x.shape) does not fit \(shape)")
        ck_dropout(writable, x.floats, Int64(count), rate, key, accumulate ? 1 : 0)
    }

    /// True when nobody else holds this tensor's memory. `tensor` must be the caller's only variable for it.
    public static func isUniquelyHeld(_ tensor: inout Tensor) -> Bool {
        guard isKnownUniquelyReferenced(&tensor), tensor.storage.file == nil else { return false }
        return isKnownUniquelyReferenced(&tensor.storage)
    }
}

/// Settings of one AdamW step; `step` counts from 1.
public struct AdamWStep: Sendable {
    public var learningRate: Float
    public var beta1: Float
    public var beta2: Float
    public var epsilon: Float
    public var weightDecay: Float
    /// Multiplies the gradient as it is read: 1/tokens and clipping in one.
    public var gradientScale: Float
    public var step: Int

    public init(
        learningRate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0,
        gradientScale: Float = 1, step: Int
    ) {
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.gradientScale = gradientScale
        self.step = step
    }

    /// Moves `parameter` and its two moments in place, as PyTorch's AdamW does.
    /// Loshchilov and Hutter 2019, arXiv 1711.05101.
    public func apply(to parameter: Tensor, first: Tensor, second: Tensor, gradient: Tensor) {
        let count = parameter.count
        precondition(
            first.count == count && second.count == count && gradient.count == count,
            "parameter, moments and gradient differ in size")
        var arguments = ck_adamw_args(
            parameter: parameter.writable, first: first.writable, second: second.writable,
            gradient: gradient.floats, count: Int64(count), gradient_scale: gradientScale,
            learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay,
            step: Int64(step))
        ck_adamw(&arguments)
    }
}

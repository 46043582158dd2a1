import CKernels

extension Kernels {
    // MARK: Normalisation

    /// y = x · r · (offset + scale) with r = 1 / sqrt(mean(x²) + epsilon), over groups of `scale.count` columns, and r
    /// of each group: x (N, G·C) → y (N, G·C), r (N·G).
    public static func rmsNorm(
        _ x: Tensor, scale: Tensor, epsilon: Float, offset: Float = 0
    ) -> (y: Tensor, inverse: Tensor) {
        let groups = groupCount(of: x, scale: scale)
        let y = Tensor.uninitialized(x.shape)
        let inverse = Tensor.uninitialized([groups])
        widened(scale) {
            ck_rms_norm(
                y.floats, inverse.floats, x.floats, $0, Int64(groups), Int64(scale.count), epsilon, offset)
        }
        return (y, inverse)
    }

    /// What the way back of an RMS norm reads: what went in, or what came out.
    public enum NormKept {
        case input(Tensor)
        /// Only where `rmsNormCanBeUndone`.
        case result(Tensor)

        var tensor: Tensor {
            switch self {
            case .input(let x), .result(let x): x
            }
        }
        var isResult: Bool { if case .result = self { true } else { false } }
    }

    /// Whether the input of an RMS norm follows from its result: whether no scale + offset is as good as zero.
    public static func rmsNormCanBeUndone(scale: Tensor, offset: Float) -> Bool {
        var all = true
        widened(scale) { weights in
            for i in 0..<scale.count where !(abs(weights[i] + offset) > 1e-6 && weights[i].isFinite) { all = false }
        }
        return all
    }

    /// What is kept, and dy, may be bfloat16.
    public static func rmsNormBackward(
        into dx: Tensor, dy: Tensor, kept: NormKept, scale: Tensor, inverse: Tensor, offset: Float = 0,
        accumulate: Bool
    ) {
        let x = kept.tensor
        let groups = groupCount(of: x, scale: scale)
        precondition(dx.count == x.count && dy.count == x.count && inverse.count == groups, "sizes differ")
        widened(scale) {
            ck_rms_norm_backward_stored(
                dx.writable, dy.raw, dy.kernelType, x.raw, x.kernelType, kept.isResult ? 1 : 0, $0, inverse.floats,
                Int64(groups), Int64(scale.count), offset, accumulate ? 1 : 0)
        }
    }

    public static func rmsNormBackwardScale(
        into dscale: Tensor, dy: Tensor, kept: NormKept, scale: Tensor, inverse: Tensor, offset: Float = 0,
        accumulate: Bool
    ) {
        let x = kept.tensor.asFloat32()
        let groups = groupCount(of: x, scale: dscale)
        precondition(dy.count == x.count && inverse.count == groups, "sizes differ")
        let (rows, width) = (Int64(groups), Int64(dscale.count))
        guard kept.isResult else {
            ck_column_dots(
                dscale.writable, dy.floats, x.floats, inverse.floats, 1, rows, width, accumulate ? 1 : 0)
            return
        }
        // Of dy and y, which are the sums looked for times scale + offset.
        let sums = Tensor.uninitialized(dscale.shape)
        ck_column_dots(sums.floats, dy.floats, x.floats, nil, 0, rows, width, 0)
        let target = dscale.writable
        widened(scale) { weights in
            for i in 0..<dscale.count {
                target[i] = (accumulate ? target[i] : 0) + sums.floats[i] / (weights[i] + offset)
            }
        }
    }

    /// y = (x − mean) · r · scale + bias with r = 1 / sqrt(variance + epsilon), over rows, and (mean, r) of each row:
    /// x (N, C) → y (N, C), moments (N, 2).
    public static func layerNorm(
        _ x: Tensor, scale: Tensor, bias: Tensor?, epsilon: Float
    ) -> (y: Tensor, moments: Tensor) {
        precondition(scale.count == x.width, "a scale of \(scale.count) for rows of \(x.width)")
        precondition(bias?.count ?? x.width == x.width, "a bias of \(bias?.count ?? 0) for rows of \(x.width)")
        let y = Tensor.uninitialized(x.shape)
        let moments = Tensor.uninitialized([x.rowCount, 2])
        func run(_ scale: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?) {
            ck_layer_norm(
                y.floats, moments.floats, x.floats, scale, bias, Int64(x.rowCount), Int64(x.width), epsilon)
        }
        widened(scale) { scale in
            if let bias { widened(bias) { run(scale, $0) } } else { run(scale, nil) }
        }
        return (y, moments)
    }

    public static func layerNormBackward(
        into dx: Tensor, dy: Tensor, x: Tensor, scale: Tensor, moments: Tensor, accumulate: Bool
    ) {
        precondition(
            dx.count == x.count && dy.count == x.count && moments.count == 2 * x.rowCount && scale.count == x.width,
            "sizes differ")
        widened(scale) {
            ck_layer_norm_backward(
                dx.writable, dy.floats, x.floats, $0, moments.floats, Int64(x.rowCount), Int64(x.width),
                accumulate ? 1 : 0)
        }
    }

    public static func layerNormBackwardScale(
        into dscale: Tensor, dy: Tensor, x: Tensor, moments: Tensor, accumulate: Bool
    ) {
        precondition(
            dscale.count == x.width && dy.count == x.count && moments.count == 2 * x.rowCount, "sizes differ")
        ck_column_dots(
            dscale.writable, dy.floats, x.floats, moments.floats, 2, Int64(x.rowCount), Int64(x.width),
            accumulate ? 1 : 0)
    }

    /// The elements of a weight as float32. The copy, if one is needed, is held until the kernel is through: a pointer
    /// alone would not keep it alive.
    static func widened(_ weight: Tensor, _ body: (UnsafePointer<Float>) -> Void) {
        let copy = weight.asFloat32()
        withExtendedLifetime(copy) { body(copy.floats) }
    }

    /// Rows of scale.count columns in x.
    static func groupCount(of x: Tensor, scale: Tensor) -> Int {
        precondition(
            scale.count > 0 && x.width % scale.count == 0, "a scale of \(scale.count) for rows of \(x.width)")
        return x.count / scale.count
    }

    // MARK: Columns

    /// y (N, C) = x (N, C) · scale (C) in every row.
    public static func scaleColumns(_ x: Tensor, by scale: Tensor) -> Tensor {
        let result = Tensor.uninitialized(x.shape)
        scaleColumns(x, by: scale, into: result, accumulate: false)
        return result
    }

    public static func scaleColumns(_ x: Tensor, by scale: Tensor, into result: Tensor, accumulate: Bool) {
        precondition(scale.count == x.width, "\(scale.count) factors for rows of \(x.width)")
        precondition(result.count == x.count, "sizes differ")
        widened(scale) {
            ck_scale_columns(result.writable, x.floats, $0, Int64(x.rowCount), Int64(x.width), accumulate ? 1 : 0)
        }
    }

    /// result (C) = Σ over rows of a∘b, both (N, C), or += when `accumulate`.
    public static func columnDots(_ a: Tensor, _ b: Tensor, into result: Tensor, accumulate: Bool) {
        precondition(a.count == b.count && result.count == a.width && a.width == b.width, "sizes differ")
        ck_column_dots(
            result.writable, a.floats, b.floats, nil, 0, Int64(a.rowCount), Int64(a.width), accumulate ? 1 : 0)
    }

    /// `count` blocks of columns of x (N, M), block g being offset + g·stride ..< offset + g·stride + width, side by
    /// side: (N, count·width).
    public static func selectColumns(_ x: Tensor, _ blocks: ColumnBlocks) -> Tensor {
        blocks.check(width: x.width)
        let result = Tensor.uninitialized([x.rowCount, blocks.count * blocks.width])
        ck_select_columns(
            result.floats, x.floats, Int64(x.rowCount), Int64(x.width), Int64(blocks.offset), Int64(blocks.width),
            Int64(blocks.stride), Int64(blocks.count))
        return result
    }

    /// The way back: writes x (N, count·width) to its columns of `result` (N, M) and zero to all others, or adds to its
    /// columns and touches no other when `accumulate`.
    public static func placeColumns(_ x: Tensor, _ blocks: ColumnBlocks, into result: Tensor, accumulate: Bool) {
        blocks.check(width: result.width)
        precondition(x.width == blocks.count * blocks.width && x.rowCount == result.rowCount, "sizes differ")
        ck_place_columns(
            result.writable, x.floats, Int64(x.rowCount), Int64(result.width), Int64(blocks.offset),
            Int64(blocks.width), Int64(blocks.stride), Int64(blocks.count), accumulate ? 1 : 0)
    }
}

/// Evenly spaced blocks of columns that do not overlap.
public struct ColumnBlocks: Sendable, Equatable {
    public var offset, width, stride, count: Int

    public init(offset: Int, width: Int, stride: Int, count: Int) {
        precondition(
            offset >= 0 && width > 0 && count > 0 && (stride >= width || count == 1),
            "\(count) blocks of \(width) columns from \(offset), \(stride) apart")
        self.offset = offset
        self.width = width
        self.stride = stride
        self.count = count
    }

    func check(width all: Int) {
        precondition(offset + (count - 1) * stride + width <= all, "\(self) do not lie in \(all) columns")
    }
}

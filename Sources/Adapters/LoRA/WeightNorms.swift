import Autograd
import Models
import Tensors

/// A matrix that an adapter adds to, seen as (out, in) however it is stored.
struct AdaptedWeight {
    let tensor: Tensor
    let storesInputsFirst: Bool

    var inputs: Int { storesInputsFirst ? tensor.shape[0] : tensor.shape[1] }
    var outputs: Int { storesInputsFirst ? tensor.shape[1] : tensor.shape[0] }

    /// Float32 (out, in), always a copy.
    func copied() -> Tensor { storesInputsFirst ? transposed(tensor.asFloat32()) : tensor.copy() }
}

extension Decoder {
    /// The base weight of a projection, or the head.
    func adaptedWeight(_ key: String) throws -> AdaptedWeight {
        if key == headModule { return AdaptedWeight(tensor: try baseTable(key), storesInputsFirst: false) }
        let linear = try linear(key)
        return AdaptedWeight(tensor: linear.weight.value, storesInputsFirst: linear.storesInputsFirst)
    }

    /// The base table (V, C) of the embedding or of the head.
    func baseTable(_ module: String) throws -> Tensor {
        guard let variable = baseVariable(module + ".weight") else {
            throw AdapterError.noSuchModule(module: module, known: LoRAAdapter.moduleNames(of: self))
        }
        return variable.value
    }
}

/// Lengths of the weights of each output, as DoRA divides by them. Liu et al. 2024, arXiv 2402.09353.
enum WeightNorms {
    /// ‖W‖ of each output: (out).
    static func ofOutputs(_ weight: AdaptedWeight) -> Tensor {
        norms(of: weight) { _, _ in }
    }

    /// ‖W + scale · B·A‖ of each output: (out), with A (R, in) and B (out, R).
    static func ofOutputs(_ weight: AdaptedWeight, a: Tensor, b: Tensor, scale: Float) -> Tensor {
        norms(of: weight) { block, rows in
            block.assign(b.rows(rows), times: a, alpha: scale, accumulate: true)
        }
    }

    /// ‖W‖ of each column of a table (V, C): (C).
    static func ofColumns(_ table: Tensor) -> Tensor { columns(of: table) { _, _ in } }

    /// ‖W + scale · (B·A)ᵀ‖ of each column of a table (V, C): (C), with A (R, V) and B (C, R).
    static func ofColumns(_ table: Tensor, a: Tensor, b: Tensor, scale: Float) -> Tensor {
        let across = transposed(a)
        return columns(of: table) { block, rows in
            let delta = Tensor.uninitialized(block.shape)
            delta.assign(across.rows(rows), timesTransposed: b)
            block.add(delta, scaledBy: scale)
        }
    }

    /// Rows at a time, so that no second matrix is held.
    private static let blockFloats = 1 << 18

    private static func norms(of weight: AdaptedWeight, adding: (Tensor, Range<Int>) -> Void) -> Tensor {
        let whole = weight.storesInputsFirst ? weight.copied() : weight.tensor
        var result: [Float] = []
        result.reserveCapacity(weight.outputs)
        forEachBlock(of: whole) { block, rows in
            adding(block, rows)
            for row in 0..<rows.count {
                result.append(Float(block.rows(row..<row + 1).sumOfSquares().squareRoot()))
            }
        }
        return Tensor(result)
    }

    private static func columns(of table: Tensor, adding: (Tensor, Range<Int>) -> Void) -> Tensor {
        var sums = [Double](repeating: 0, count: table.width)
        forEachBlock(of: table) { block, rows in
            adding(block, rows)
            block.withFloats { values in
                for start in stride(from: 0, to: values.count, by: max(1, sums.count)) {
                    for column in sums.indices {
                        let value = Double(values[start + column])
                        sums[column] += value * value
                    }
                }
            }
        }
        return Tensor(sums.map { Float($0.squareRoot()) })
    }

    private static func forEachBlock(of matrix: Tensor, _ body: (Tensor, Range<Int>) -> Void) {
        let step = max(1, blockFloats / max(1, matrix.width))
        for start in stride(from: 0, to: matrix.rowCount, by: step) {
            let rows = start..<min(start + step, matrix.rowCount)
            body(matrix.rows(rows).copy(), rows)
        }
    }
}

/// (n, m) → (m, n), float32.
func transposed(_ matrix: Tensor) -> Tensor {
    let (rows, columns) = (matrix.rowCount, matrix.width)
    let result = Tensor.uninitialized([columns, rows])
    let source = matrix.asFloat32()
    // In squares, so that both sides stay in the cache.
    let side = 32
    source.withFloats { from in
        result.withMutableFloats { to in
            for top in stride(from: 0, to: rows, by: side) {
                for left in stride(from: 0, to: columns, by: side) {
                    for row in top..<min(top + side, rows) {
                        for column in left..<min(left + side, columns) {
                            to[column * rows + row] = from[row * columns + column]
                        }
                    }
                }
            }
        }
    }
    return result
}

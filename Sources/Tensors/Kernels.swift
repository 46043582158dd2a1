import CKernels

/// The fused kernels over tensors; each op of `Autograd` names which it uses. Sizes are checked here, so that no
/// wrong shape reaches C.
public enum Kernels {
    // MARK: Rows

    /// table (V, C) at ids → (ids.count, C). `ids` must be in 0..<V.
    public static func gather(_ table: Tensor, _ ids: [Int32]) -> Tensor {
        check(ids, below: table.rowCount)
        let result = Tensor.uninitialized([ids.count, table.width])
        if let format = table.elementType.blockFormat {
            let blocks = table.width / format.blockElements
            for (row, id) in ids.enumerated() {
                ck_dequantize(
                    table.raw + Int(id) * blocks * format.blockBytes, format.rawValue,
                    result.floats + row * table.width, Int64(blocks))
            }
            return result
        }
        ck_gather(result.floats, table.raw, table.kernelType, ids, Int64(ids.count), Int64(table.width))
        return result
    }

    /// table[ids] += rows, in the order of ids.
    public static func scatterAdd(_ rows: Tensor, at ids: [Int32], into table: Tensor) {
        check(ids, below: table.rowCount)
        precondition(rows.width == table.width && rows.rowCount == ids.count, "rows do not fit the table")
        ck_scatter_add(table.writable, rows.floats, ids, Int64(ids.count), Int64(table.width))
    }

    /// The column of each row's first largest element, passing over what is not a number: (N, C) → N columns.
    public static func largestColumns(of x: Tensor) -> [Int32] {
        let (values, width) = (x.floats, x.width)
        return withExtendedLifetime(x) {
            (0..<x.rowCount).map { Int32(ck_index_of_largest(values + $0 * width, Int64(width))) }
        }
    }

    private static func check(_ ids: [Int32], below limit: Int) {
        for id in ids {
            precondition(id >= 0 && Int(id) < limit, "row \(id) of a table of \(limit) rows")
        }
    }

    // MARK: Rotary embedding

    /// Rotates the heads of x (N, H·D) into `result`, which may be x; direction −1 undoes it. Either may be
    /// bfloat16.
    public static func rope(
        _ x: Tensor, into result: Tensor, cosines: Tensor, sines: Tensor, positions: [Int32], heads: Int,
        headWidth: Int, direction: Float
    ) {
        precondition(x.width == heads * headWidth && result.count == x.count, "\(x.shape) is not \(heads) heads")
        precondition(positions.count == x.rowCount, "\(positions.count) positions for \(x.rowCount) rows")
        precondition(2 * cosines.width <= headWidth && sines.count == cosines.count, "tables wider than a head")
        check(positions, below: cosines.rowCount)
        precondition(!result.isMapped, "a tensor mapped from a file cannot be written")
        guard x.elementType == .float32, result.elementType == .float32 else {
            ck_rope_stored(
                result.raw, result.kernelType, x.raw, x.kernelType, cosines.floats, sines.floats, positions,
                Int64(x.rowCount), Int64(heads), Int64(headWidth), Int64(cosines.width), direction)
            return
        }
        ck_rope(
            result.writable, x.floats, cosines.floats, sines.floats, positions, Int64(x.rowCount), Int64(heads),
            Int64(headWidth), Int64(cosines.width), direction)
    }

    /// factor · cos and factor · sin of position · frequency, the angle rounded to float32: (positions, frequencies).
    public static func ropeTables(
        inverseFrequencies: [Float], factor: Float, positions: Range<Int>
    ) -> (cosines: Tensor, sines: Tensor) {
        let half = inverseFrequencies.count
        let cosines = Tensor.uninitialized([positions.count, half])
        let sines = Tensor.uninitialized([positions.count, half])
        ck_rope_tables(
            cosines.floats, sines.floats, inverseFrequencies, factor, Int64(positions.lowerBound),
            Int64(positions.count), Int64(half))
        return (cosines, sines)
    }
}

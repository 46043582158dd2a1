import CKernels

/// A format that keeps weights in few bits, with a scale for each block of a row; raw values are GGUF's numbers.
///
/// The engine computes in float32: blocks are made when a file is written, and undone when one is read or while a
/// product packs its weight.
public enum BlockFormat: Int32, Sendable, CaseIterable {
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    /// 4-bit NormalFloat: 64 weights as one float32, their largest magnitude, and for each the code of the nearest of
    /// 16 quantiles of a normal distribution. In memory only: no GGUF type has this number.
    ///
    /// Dettmers et al. 2023, "QLoRA: Efficient Finetuning of Quantized LLMs" (arXiv:2305.14314); codes and numbers are
    /// those of bitsandbytes with blocks of 64, the scales in float32.
    case nf4 = 1024

    /// Elements of one block: a row must be a whole number of them.
    public var blockElements: Int { Int(ck_block_elements(rawValue)) }
    public var blockBytes: Int { Int(ck_block_bytes(rawValue)) }
    /// Whether blocks of this format can also be made, not only read.
    public var canBeWritten: Bool { self != .q4_1 }
    /// Whether forward products round what meets the blocks to signed bytes and multiply whole numbers; else blocks are
    /// widened, and nothing of the other factor is lost.
    var meetsRoundedRows: Bool { ck_block_product_format(rawValue) != 0 }

    /// Bytes of `count` elements, which must be whole blocks.
    public func byteCount(of count: Int) -> Int { count / blockElements * blockBytes }
}

extension Tensor {
    /// The blocks of a float32 tensor, whose width must be a whole number of blocks. Each is a function of its own
    /// elements alone, so the bytes depend neither on threads nor on how a tensor is cut into rows.
    public func quantized(as format: BlockFormat) -> [UInt8] {
        precondition(width % format.blockElements == 0, "rows of \(width) are no whole blocks of \(format)")
        precondition(format.canBeWritten, "\(format) is only read")
        let bytes = format.byteCount(of: count)
        return [UInt8](unsafeUninitializedCapacity: bytes) { buffer, initialized in
            if let base = buffer.baseAddress {
                // The packed 6-bit scales of the large blocks are put together bit by bit.
                base.initialize(repeating: 0, count: bytes)
                withExtendedLifetime(self) {
                    ck_quantize(floats, format.rawValue, base, Int64(count / format.blockElements))
                }
            }
            initialized = bytes
        }
    }

    /// A float32 copy of the blocks at `byteOffset` of a mapped file.
    ///
    /// - Throws: `TensorError` when the shape overflows, has rows that are no whole blocks, or reaches beyond the file.
    public convenience init(
        dequantizing file: MappedFile, byteOffset: Int, shape: [Int], format: BlockFormat
    ) throws(TensorError) {
        _ = try Tensor.byteCount(shape: shape, elementType: .float32)
        let count = shape.reduce(1, *)
        guard (shape.last ?? 1) % format.blockElements == 0 else { throw .shapeTooLarge(shape: shape) }
        let needed = format.byteCount(of: count)
        guard byteOffset >= 0, byteOffset <= file.count, needed <= file.count - byteOffset else {
            throw .outsideFile(path: file.path, offset: byteOffset, byteCount: needed, fileBytes: file.count)
        }
        self.init(
            shape: shape, elementType: .float32, storage: Storage(byteCount: count * 4), byteOffset: 0)
        guard let base = file.base, count > 0 else { return }
        ck_dequantize(base + byteOffset, format.rawValue, floats, Int64(count / format.blockElements))
    }

    /// A float32 copy of blocks in memory.
    ///
    /// - Throws: `TensorError` when the shape does not fit the bytes.
    public convenience init(dequantizing bytes: [UInt8], shape: [Int], format: BlockFormat) throws(TensorError) {
        _ = try Tensor.byteCount(shape: shape, elementType: .float32)
        let count = shape.reduce(1, *)
        guard (shape.last ?? 1) % format.blockElements == 0 else { throw .shapeTooLarge(shape: shape) }
        let needed = format.byteCount(of: count)
        guard bytes.count == needed else {
            throw .wrongCount(shape: shape, expected: needed, actual: bytes.count)
        }
        self.init(
            shape: shape, elementType: .float32, storage: Storage(byteCount: count * 4), byteOffset: 0)
        ck_dequantize(bytes, format.rawValue, floats, Int64(count / format.blockElements))
    }

    // MARK: Orders of rows and columns

    /// A float32 copy whose row i is row `order[i]` of this one; `order` may also leave rows out.
    public func reorderingRows(_ order: [Int32]) -> Tensor {
        let rows = Kernels.gather(self, order)
        return shape.count == 2 ? rows : rows.reshaped(shape.count == 1 ? [order.count] : rows.shape)
    }

    /// A float32 copy of a matrix with rows and columns exchanged.
    public func transposed() -> Tensor {
        precondition(shape.count == 2, "only a matrix can be transposed, not \(shape)")
        let source = asFloat32()
        let (rows, columns) = (shape[0], shape[1])
        let result = Tensor.uninitialized([columns, rows])
        let (from, to) = (source.floats, result.floats)
        // Squares of 32 stay in the first cache both ways.
        let side = 32
        withExtendedLifetime(source) {
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
        return result
    }
}

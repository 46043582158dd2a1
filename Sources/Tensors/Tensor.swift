import CKernels

/// Why a tensor could not be made from given bytes.
public enum TensorError: Error, Equatable, CustomStringConvertible {
    case shapeTooLarge(shape: [Int])
    case outsideFile(path: String, offset: Int, byteCount: Int, fileBytes: Int)
    case wrongCount(shape: [Int], expected: Int, actual: Int)

    public var description: String {
        switch self {
        case .shapeTooLarge(let shape):
            "A tensor of shape \(shape) is not possible: sizes must be zero or more and its bytes must fit memory."
        case .outsideFile(let path, let offset, let byteCount, let fileBytes):
            "\(path) has \(fileBytes) bytes, but a tensor needs \(byteCount) bytes from \(offset) on. "
                + "The copy was cut short or its header is wrong: fetch the file again."
        case .wrongCount(let shape, let expected, let actual):
            "A tensor of shape \(shape) needs \(expected) bytes, \(actual) were given."
        }
    }
}

/// A row-major block of numbers. Float32 in pooled memory for everything that is computed; weights may stay mapped
/// from their file in their own type.
///
/// A reference: views (`reshaped`, `rows`) share memory with what they came from. Not `Sendable`: tensors are born
/// and die on the engine's queue.
///
/// A view as a matrix is (rowCount, width): the last size is the width, all others are rows.
public final class Tensor {
    public let shape: [Int]
    public let elementType: ElementType
    var storage: Storage
    let byteOffset: Int
    public let count: Int

    init(shape: [Int], elementType: ElementType, storage: Storage, byteOffset: Int) {
        self.shape = shape
        self.elementType = elementType
        self.storage = storage
        self.byteOffset = byteOffset
        count = shape.reduce(1, *)
    }

    public var byteCount: Int { elementType.byteCount(of: count) }
    public var width: Int { shape.last ?? 1 }
    public var rowCount: Int { width == 0 ? shape.dropLast().reduce(1, *) : count / width }
    /// Whether its memory is a file's, and so cannot be written.
    public var isMapped: Bool { storage.file != nil }

    var raw: UnsafeMutableRawPointer { storage.base + byteOffset }

    /// Elements of a float32 tensor, for kernels. Everything computed is float32 and aligned.
    var floats: UnsafeMutablePointer<Float> {
        precondition(elementType == .float32, "expected F32, found \(elementType.rawValue): widen with asFloat32()")
        return raw.assumingMemoryBound(to: Float.self)
    }

    /// The same for a result that is written.
    var writable: UnsafeMutablePointer<Float> {
        precondition(storage.file == nil, "a tensor mapped from a file cannot be written")
        return floats
    }

    var kernelType: Int32 {
        switch elementType {
        case .float32: Int32(CK_F32)
        case .float16: Int32(CK_F16)
        case .bfloat16: Int32(CK_BF16)
        default: preconditionFailure("the engine does not compute with \(elementType.rawValue)")
        }
    }

    // MARK: Making

    /// Float32, with whatever the memory held before.
    public static func uninitialized(_ shape: [Int]) -> Tensor {
        let count = shape.reduce(1, *)
        return Tensor(shape: shape, elementType: .float32, storage: Storage(byteCount: count * 4), byteOffset: 0)
    }

    /// The same in another computable type.
    public static func uninitialized(_ shape: [Int], as type: ElementType) -> Tensor {
        let bytes = type.byteCount(of: shape.reduce(1, *))
        return Tensor(shape: shape, elementType: type, storage: Storage(byteCount: bytes), byteOffset: 0)
    }

    public static func zeros(_ shape: [Int]) -> Tensor {
        let result = uninitialized(shape)
        result.fill(0)
        return result
    }

    /// Normally distributed around 0; element i depends on (seed, i) alone.
    public static func random(_ shape: [Int], seed: UInt64, deviation: Float = 1) -> Tensor {
        let result = uninitialized(shape)
        ck_random_normal(result.floats, Int64(result.count), seed, deviation)
        return result
    }

    /// Uniform in `range`; element i depends on (seed, i) alone.
    public static func uniform(_ shape: [Int], seed: UInt64, in range: Range<Float>) -> Tensor {
        let result = uninitialized(shape)
        ck_random_uniform(result.floats, Int64(result.count), seed, range.lowerBound, range.upperBound)
        return result
    }

    public convenience init(_ values: [Float], shape: [Int]) {
        let count = shape.reduce(1, *)
        precondition(values.count == count, "shape \(shape) needs \(count) values, \(values.count) were given")
        self.init(shape: shape, elementType: .float32, storage: Storage(byteCount: count * 4), byteOffset: 0)
        values.withUnsafeBytes { raw.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(raw), byteCount: $0.count) }
    }

    public convenience init(_ values: [Float]) { self.init(values, shape: [values.count]) }

    /// A copy of `bytes`, which hold elements of `elementType` in the machine's order.
    ///
    /// - Throws: `TensorError` when the shape does not fit the bytes.
    public convenience init(bytes: [UInt8], shape: [Int], elementType: ElementType) throws(TensorError) {
        let needed = try Tensor.byteCount(shape: shape, elementType: elementType)
        guard needed == bytes.count else {
            throw TensorError.wrongCount(shape: shape, expected: needed, actual: bytes.count)
        }
        self.init(shape: shape, elementType: elementType, storage: Storage(byteCount: needed), byteOffset: 0)
        bytes.withUnsafeBytes { raw.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(raw), byteCount: needed) }
    }

    /// Part of a mapped file, at any offset, without a copy. Keeps the mapping alive.
    ///
    /// - Throws: `TensorError` when the shape overflows or reaches beyond the file.
    public convenience init(
        mapping file: MappedFile, byteOffset: Int, shape: [Int], elementType: ElementType
    ) throws(TensorError) {
        let needed = try Tensor.byteCount(shape: shape, elementType: elementType)
        guard byteOffset >= 0, byteOffset <= file.count, needed <= file.count - byteOffset else {
            throw TensorError.outsideFile(
                path: file.path, offset: byteOffset, byteCount: needed, fileBytes: file.count)
        }
        guard let base = file.base else {
            self.init(shape: shape, elementType: elementType, storage: Storage(byteCount: 0), byteOffset: 0)
            return
        }
        let storage = Storage(file: file, base: base, byteCount: file.count)
        self.init(shape: shape, elementType: elementType, storage: storage, byteOffset: byteOffset)
    }

    /// Bytes of a tensor, checked against overflow.
    public static func byteCount(shape: [Int], elementType: ElementType) throws(TensorError) -> Int {
        var bytes = 1
        for size in shape + [elementType.blockFormat == nil ? elementType.byteSize : 1] {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow, product < 1 << 56 else { throw TensorError.shapeTooLarge(shape: shape) }
            bytes = product
        }
        guard let format = elementType.blockFormat else { return bytes }
        guard (shape.last ?? 1) % format.blockElements == 0 else { throw TensorError.shapeTooLarge(shape: shape) }
        return format.byteCount(of: bytes)
    }

    // MARK: Views

    /// The same memory under another shape of the same count.
    public func reshaped(_ shape: [Int]) -> Tensor {
        precondition(shape.reduce(1, *) == count, "\(self.shape) cannot be seen as \(shape)")
        precondition(elementType.blockFormat == nil || shape.last == self.shape.last, "rows of blocks cannot be cut")
        return Tensor(shape: shape, elementType: elementType, storage: storage, byteOffset: byteOffset)
    }

    /// Rows of the matrix view, sharing memory: shape (range.count, width).
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
        return Tensor(
            shape: [range.count, width], elementType: elementType, storage: storage,
            byteOffset: byteOffset + elementType.byteCount(of: range.lowerBound * width))
    }

    // MARK: Reading

    /// All elements as float32.
    public func toArray() -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { widen(to: base) }
            initialized = count
        }
    }

    /// The value of a tensor of one element.
    public var item: Float {
        precondition(count == 1, "a tensor of shape \(shape) is not one number")
        return toArray()[0]
    }

    /// The elements as they are stored; valid during the call only.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: raw, count: byteCount))
    }

    /// The elements of a float32 tensor in pooled memory; valid during the call only.
    public func withFloats<R, E: Error>(_ body: (UnsafeBufferPointer<Float>) throws(E) -> R) throws(E) -> R {
        try body(UnsafeBufferPointer(start: floats, count: count))
    }

    /// The same for writing.
    public func withMutableFloats<R, E: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeMutableBufferPointer(start: writable, count: count))
    }

    // MARK: Copies

    /// Float32 in pooled memory, always a copy.
    public func copy() -> Tensor {
        let result = Tensor.uninitialized(shape)
        widen(to: result.floats)
        return result
    }

    private func widen(to floats: UnsafeMutablePointer<Float>) {
        if let format = elementType.blockFormat {
            ck_dequantize(raw, format.rawValue, floats, Int64(count / format.blockElements))
        } else {
            ck_widen(raw, kernelType, floats, Int64(count))
        }
    }

    /// Itself when it is float32 in pooled memory, else a float32 copy.
    public func asFloat32() -> Tensor { elementType == .float32 && !isMapped ? self : copy() }

    /// A copy in another computable type, rounded to nearest even, or in blocks, whose rows must be whole ones.
    public func converted(to type: ElementType) -> Tensor {
        let storage = Storage(byteCount: type.byteCount(of: count))
        let result = Tensor(shape: shape, elementType: type, storage: storage, byteOffset: 0)
        // Held by name: a pointer alone would not keep a copy alive.
        let source = asFloat32()
        withExtendedLifetime(source) {
            if let format = type.blockFormat {
                precondition(width % format.blockElements == 0, "rows of \(width) are no whole blocks of \(format)")
                ck_quantize(source.floats, format.rawValue, storage.base, Int64(count / format.blockElements))
            } else {
                ck_narrow(source.floats, result.kernelType, storage.base, Int64(count))
            }
        }
        return result
    }
}

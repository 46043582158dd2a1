public import Tensors

/// Writes GGUF files of version 3: beside, synced, renamed. Tensors are made and converted one after the other, a piece
/// of rows at a time, so that a model is never held whole.
public enum GGUFWriter {
    public static let alignment = 32

    /// A tensor to be written. `rows` makes rows of its matrix view, (range.count, width), in any computable type.
    public struct Entry {
        public let name: String
        public let shape: [Int]
        public let type: GGUFTensorType
        let rows: (Range<Int>) throws -> Tensor

        /// `type` is F32, F16, BF16 or a block format whose blocks divide the last size.
        public init(name: String, shape: [Int], type: GGUFTensorType, rows: @escaping (Range<Int>) throws -> Tensor) {
            self.name = name
            self.shape = shape
            self.type = type
            self.rows = rows
        }

        /// A tensor that is at hand.
        public init(name: String, tensor: Tensor, type: GGUFTensorType) {
            self.init(name: name, shape: tensor.shape, type: type) { tensor.rows($0) }
        }

        public var byteCount: Int { type.byteCount(shape: shape) ?? 0 }
        var width: Int { shape.last ?? 1 }
        var rowCount: Int { shape.dropLast().reduce(1, *) }
    }

    /// Bytes the file will have.
    public static func byteCount(metadata: [(key: String, value: GGUFValue)], entries: [Entry]) -> Int {
        entries.reduce(padded(header(metadata, entries).count)) { $0 + padded($1.byteCount) }
    }

    /// - Parameters:
    ///   - metadata: in the order of the file; keys must differ.
    ///   - entries: in the order of the file.
    ///   - path: of the file to write or replace.
    ///   - progress: called with the bytes written so far; what it throws stops the writing.
    /// - Throws: `FileWriteError`, or what making a tensor or `progress` throws; the file that was there before is then unchanged.
    public static func write(
        metadata: [(key: String, value: GGUFValue)], entries: [Entry], to path: String,
        progress: (Int) throws -> Void = { _ in }
    ) throws {
        for entry in entries {
            precondition(
                entry.type.byteCount(shape: entry.shape) != nil
                    && (entry.type.elementType != nil || entry.type.blockFormat?.canBeWritten == true),
                "'\(entry.name)' of shape \(entry.shape) cannot be written as \(entry.type.name)")
        }
        var failure: (any Error)?
        var written = 0
        do throws(FileWriteError) {
            try DurableFile.write(to: path) { sink throws(FileWriteError) in
                func put(_ bytes: [UInt8]) throws(FileWriteError) {
                    try sink.write(bytes)
                    written += bytes.count
                }
                var head = header(metadata, entries)
                head.append(contentsOf: repeatElement(0, count: padded(head.count) - head.count))
                try put(head)
                for entry in entries {
                    let pieceRows = max(1, (4 << 20) / max(1, entry.width))
                    for start in stride(from: 0, to: entry.rowCount, by: pieceRows) {
                        let bytes: [UInt8]
                        do {
                            bytes = try encoded(
                                try entry.rows(start..<min(start + pieceRows, entry.rowCount)), as: entry.type)
                        } catch {
                            // The sink only speaks of writing: the true reason goes around it.
                            failure = error
                            throw FileWriteError(path: path, code: 0)
                        }
                        try put(bytes)
                        do {
                            try progress(written)
                        } catch {
                            failure = error
                            throw FileWriteError(path: path, code: 0)
                        }
                    }
                    let padding = padded(entry.byteCount) - entry.byteCount
                    if padding > 0 { try put([UInt8](repeating: 0, count: padding)) }
                }
            }
        } catch {
            throw failure ?? error
        }
    }

    private static func encoded(_ rows: Tensor, as type: GGUFTensorType) throws -> [UInt8] {
        if let format = type.blockFormat { return rows.asFloat32().quantized(as: format) }
        let element = type.elementType ?? .float32
        let stored = rows.elementType == element ? rows : rows.converted(to: element)
        return stored.withBytes { Array($0) }
    }

    // MARK: The header

    private static func header(_ metadata: [(key: String, value: GGUFValue)], _ entries: [Entry]) -> [UInt8] {
        var bytes = Array("GGUF".utf8)
        append(UInt32(3), to: &bytes)
        append(UInt64(entries.count), to: &bytes)
        append(UInt64(metadata.count), to: &bytes)
        for (key, value) in metadata {
            append(key, to: &bytes)
            append(value.kind.rawValue, to: &bytes)
            append(value, to: &bytes)
        }
        var offset = 0
        for entry in entries {
            append(entry.name, to: &bytes)
            append(UInt32(entry.shape.count), to: &bytes)
            for size in entry.shape.reversed() { append(UInt64(size), to: &bytes) }
            append(entry.type.rawValue, to: &bytes)
            append(UInt64(offset), to: &bytes)
            offset += padded(entry.byteCount)
        }
        return bytes
    }

    static func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(_ value: GGUFValue, to bytes: inout [UInt8]) {
        switch value {
        case .uint8(let number): append(number, to: &bytes)
        case .int8(let number): append(number, to: &bytes)
        case .uint16(let number): append(number, to: &bytes)
        case .int16(let number): append(number, to: &bytes)
        case .uint32(let number): append(number, to: &bytes)
        case .int32(let number): append(number, to: &bytes)
        case .float32(let number): append(number.bitPattern, to: &bytes)
        case .bool(let flag): bytes.append(flag ? 1 : 0)
        case .string(let text): append(text, to: &bytes)
        case .uint64(let number): append(number, to: &bytes)
        case .int64(let number): append(number, to: &bytes)
        case .float64(let number): append(number.bitPattern, to: &bytes)
        case .strings(let texts):
            appendArray(.string, texts.count, to: &bytes)
            for text in texts { append(text, to: &bytes) }
        case .int32s(let numbers):
            appendArray(.int32, numbers.count, to: &bytes)
            for number in numbers { append(number, to: &bytes) }
        case .float32s(let numbers):
            appendArray(.float32, numbers.count, to: &bytes)
            for number in numbers { append(number.bitPattern, to: &bytes) }
        case .array(let kind, let elements):
            appendArray(kind, elements.count, to: &bytes)
            for element in elements { append(element, to: &bytes) }
        }
    }

    private static func appendArray(_ kind: GGUFValue.Kind, _ count: Int, to bytes: inout [UInt8]) {
        append(kind.rawValue, to: &bytes)
        append(UInt64(count), to: &bytes)
    }
}

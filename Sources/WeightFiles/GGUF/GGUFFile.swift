public import Tensors

/// One tensor of a GGUF file, after the checks.
public struct GGUFTensorInfo: Sendable, Equatable {
    public let name: String
    public let type: GGUFTensorType
    /// Outermost first, as everywhere in ftbench; the file has it the other way round.
    public let shape: [Int]
    /// Bytes from the start of the file.
    public let bytes: Range<Int>
    public var count: Int { shape.reduce(1, *) }
}

/// A GGUF file of version 2 or 3, mapped: metadata is read on opening, tensors when asked for.
///
/// - Errors: `GGUFError`. A file that is truncated, lying or not GGUF at all is refused on opening, before any of its
///   sizes is used.
/// - Source: ggml's `docs/gguf.md`.
public final class GGUFFile {
    public let path: String
    public let version: UInt32
    /// In the file's order.
    public let metadata: [(key: String, value: GGUFValue)]
    /// In the file's order.
    public let tensors: [GGUFTensorInfo]
    private let values: [[UInt8]: Int]
    private let places: [[UInt8]: Int]
    private let file: MappedFile

    /// Longer names than this are refused by the reference implementation too.
    private static let longestTensorName = 255
    private static let longestKey = 65535

    public init(path: String) throws(GGUFError) {
        do {
            file = try MappedFile(path: path)
        } catch {
            throw .cannotRead(file: path, reason: error.reason)
        }
        self.path = path
        var cursor = GGUFCursor(file: file)
        let head = file.bytes(0..<64)
        guard head.starts(with: Array("GGUF".utf8)) else {
            throw .notGGUF(file: path, found: Self.foreignFormat(head))
        }
        let _: UInt32 = try cursor.integer("its magic number")
        version = try cursor.integer("its version")
        guard version == 2 || version == 3 else {
            throw (2...3).contains(version.byteSwapped)
                ? .bigEndian(file: path) : .unsupportedVersion(file: path, version: version)
        }
        let tensorCount: UInt64 = try cursor.integer("the number of tensors")
        let valueCount: UInt64 = try cursor.integer("the number of metadata values")
        // A value takes at least 13 bytes, a tensor's description 24.
        guard valueCount <= UInt64(file.count / 13), tensorCount <= UInt64(file.count / 24) else {
            throw .badHeader(
                file: path,
                problem: "it claims \(valueCount) metadata values and \(tensorCount) tensors in \(file.count) bytes")
        }
        (metadata, values) = try Self.metadata(count: Int(valueCount), &cursor, path: path)
        var alignment = 32
        if let place = values[Array("general.alignment".utf8)] {
            guard let given = metadata[place].value.int, given > 0, given <= 1 << 20, given & (given - 1) == 0 else {
                throw .badMetadata(file: path, key: "general.alignment", problem: "it must be a power of two")
            }
            alignment = given
        }
        (tensors, places) = try Self.tensors(
            count: Int(tensorCount), &cursor, alignment: alignment, fileBytes: file.count, path: path)
    }

    private static func metadata(
        count: Int, _ cursor: inout GGUFCursor, path: String
    ) throws(GGUFError) -> ([(key: String, value: GGUFValue)], [[UInt8]: Int]) {
        var metadata: [(key: String, value: GGUFValue)] = []
        var places: [[UInt8]: Int] = [:]
        for index in 0..<count {
            let key = try cursor.string("the name of metadata value \(index + 1)")
            guard !key.isEmpty, key.utf8.count <= longestKey else {
                throw .badMetadata(
                    file: path, key: String(key.prefix(40)), problem: "a name must have 1 to 65535 bytes")
            }
            guard places.updateValue(index, forKey: Array(key.utf8)) == nil else {
                throw .badMetadata(file: path, key: key, problem: "it is there twice")
            }
            metadata.append((key, try cursor.value(key: key)))
        }
        return (metadata, places)
    }

    private static func tensors(
        count: Int, _ cursor: inout GGUFCursor, alignment: Int, fileBytes: Int, path: String
    ) throws(GGUFError) -> ([GGUFTensorInfo], [[UInt8]: Int]) {
        var found: [(name: String, type: GGUFTensorType, shape: [Int], offset: UInt64, bytes: Int)] = []
        var places: [[UInt8]: Int] = [:]
        for index in 0..<count {
            let name = try cursor.string("the name of tensor \(index + 1)")
            guard name.utf8.count <= longestTensorName else {
                throw .badTensor(file: path, tensor: String(name.prefix(40)), problem: "its name is too long")
            }
            guard places.updateValue(index, forKey: Array(name.utf8)) == nil else {
                throw .badTensor(file: path, tensor: name, problem: "it is there twice")
            }
            let what = "the description of '\(name)'"
            let dimensions: UInt32 = try cursor.integer(what)
            guard dimensions <= 4 else {
                throw .badTensor(file: path, tensor: name, problem: "it has \(dimensions) dimensions, at most 4 are")
            }
            var shape: [Int] = []
            for _ in 0..<dimensions {
                let size: UInt64 = try cursor.integer(what)
                guard let size = Int(exactly: size) else {
                    throw .badTensor(file: path, tensor: name, problem: "it has a size of \(size)")
                }
                shape.insert(size, at: 0)
            }
            let number: UInt32 = try cursor.integer(what)
            guard let type = GGUFTensorType(rawValue: number) else {
                throw .badTensor(file: path, tensor: name, problem: "\(number) is no type that ftbench knows")
            }
            guard let bytes = type.byteCount(shape: shape) else {
                throw .badTensor(
                    file: path, tensor: name,
                    problem: "shape \(shape) is no whole number of \(type.name) blocks, or larger than any file")
            }
            let offset: UInt64 = try cursor.integer(what)
            guard offset % UInt64(alignment) == 0 else {
                throw .badTensor(
                    file: path, tensor: name, problem: "its offset \(offset) is no multiple of \(alignment)")
            }
            found.append((name, type, shape, offset, bytes))
        }
        let start = (cursor.position + alignment - 1) / alignment * alignment
        var tensors: [GGUFTensorInfo] = []
        for (name, type, shape, offset, bytes) in found {
            let (first, overflow) = offset.addingReportingOverflow(UInt64(start))
            let (end, overflowAtEnd) = first.addingReportingOverflow(UInt64(bytes))
            guard !overflow, !overflowAtEnd, end <= UInt64(fileBytes) else {
                throw .truncated(
                    file: path, what: "the tensor '\(name)'", needed: overflow || overflowAtEnd ? .max : end,
                    fileBytes: fileBytes)
            }
            tensors.append(GGUFTensorInfo(name: name, type: type, shape: shape, bytes: Int(first)..<Int(end)))
        }
        let ordered = tensors.filter { !$0.bytes.isEmpty }.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
        for (before, after) in zip(ordered, ordered.dropFirst()) where after.bytes.lowerBound < before.bytes.upperBound
        {
            throw .overlap(file: path, first: before.name, second: after.name)
        }
        return (tensors, places)
    }

    // MARK: Asking

    /// The metadata value of that name.
    public subscript(_ key: String) -> GGUFValue? { values[Array(key.utf8)].map { metadata[$0].value } }

    public func info(_ name: String) -> GGUFTensorInfo? { places[Array(name.utf8)].map { tensors[$0] } }

    /// Bytes of all tensors together.
    public var tensorBytes: Int { tensors.reduce(0) { $0 + $1.bytes.count } }

    /// The tensor of that name: mapped where it is F32, F16 or BF16, else a float32 copy of its blocks.
    ///
    /// - Throws: `GGUFError` when it is missing, has another shape, or a type that is not read.
    public func tensor(_ name: String, shape: [Int]? = nil) throws(GGUFError) -> Tensor {
        guard let info = info(name) else {
            throw .missingTensor(key: name, file: path, nearest: tensors.map(\.name).nearest(to: name))
        }
        if let shape, shape != info.shape {
            throw .wrongShape(key: name, file: path, expected: shape, actual: info.shape)
        }
        do {
            if let type = info.type.elementType {
                return try Tensor(
                    mapping: file, byteOffset: info.bytes.lowerBound, shape: info.shape, elementType: type)
            }
            guard let format = info.type.blockFormat else {
                throw GGUFError.unreadableType(tensor: name, file: path, type: info.type.name)
            }
            return try Tensor(
                dequantizing: file, byteOffset: info.bytes.lowerBound, shape: info.shape, format: format)
        } catch let error as TensorError {
            throw .badTensor(file: path, tensor: name, problem: error.description)
        } catch let error as GGUFError {
            throw error
        } catch {
            throw .badTensor(file: path, tensor: name, problem: "\(error)")
        }
    }

    /// The bytes of one tensor as they are stored.
    public func storedBytes(_ name: String) throws(GGUFError) -> [UInt8] {
        guard let info = info(name) else {
            throw .missingTensor(key: name, file: path, nearest: tensors.map(\.name).nearest(to: name))
        }
        return file.bytes(info.bytes)
    }

    /// What lies there instead, told by its first bytes.
    private static func foreignFormat(_ head: [UInt8]) -> String {
        if head.isEmpty { return "is empty" }
        let text = String(decoding: head, as: UTF8.self)
        if text.hasPrefix("FUGG") { return "has its magic number backwards" }
        if text.hasPrefix("version https://git-lfs") {
            return "is a Git LFS pointer, not the file itself (run `git lfs pull` in its folder)"
        }
        let lowered = text.lowercased().drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        if lowered.hasPrefix("<!doctype") || lowered.hasPrefix("<html") { return "is a web page" }
        if ["lmgg", "tjgg", "algg", "ggml", "ggjt", "ggla"].contains(where: text.hasPrefix) {
            return "is of the older GGML format"
        }
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return "is a zip archive, as PyTorch's files are" }
        return "does not start with 'GGUF'"
    }
}

public import Tensors

/// A safetensors file, mapped: tensors are views of the file in their own type, read from disk when touched.
///
/// - Errors: `SafetensorsError`. A file that is truncated, lying or not safetensors at all is refused on opening,
///   before any of its sizes is used.
/// - Source: the format as huggingface/safetensors describes it.
public final class SafetensorsFile {
    public let path: String
    /// The `__metadata__` of the header, often `["format": "pt"]`.
    public let metadata: [String: String]
    /// In the order of the data.
    public let entries: [SafetensorsEntry]
    private let places: [String: Int]
    private let file: MappedFile

    public init(path: String) throws(SafetensorsError) {
        do {
            file = try MappedFile(path: path)
        } catch {
            throw .cannotRead(file: path, reason: error.reason)
        }
        let header = try SafetensorsHeader(of: file, named: path)
        self.path = path
        metadata = header.metadata
        entries = header.entries
        places = Dictionary(
            header.entries.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    public func entry(_ name: String) -> SafetensorsEntry? { places[name].map { entries[$0] } }
    public func contains(_ name: String) -> Bool { places[name] != nil }

    /// The tensor of that name, without a copy. `shape` is what it must be; nil takes any.
    ///
    /// - Throws: `SafetensorsError` when it is missing, has another shape, or a type the engine cannot compute with.
    public func tensor(_ name: String, shape: [Int]? = nil) throws(SafetensorsError) -> Tensor {
        guard let entry = entry(name) else {
            throw .missingTensor(key: name, file: path, nearest: entries.map(\.name).nearest(to: name))
        }
        if let shape, shape != entry.shape {
            throw .wrongShape(key: name, file: path, expected: shape, actual: entry.shape)
        }
        guard let type = entry.elementType, type.isComputable else {
            throw .notComputable(key: name, file: path, type: entry.type)
        }
        do {
            return try Tensor(
                mapping: file, byteOffset: entry.bytes.lowerBound, shape: entry.shape, elementType: type)
        } catch {
            throw .badEntry(file: path, tensor: name, problem: error.description)
        }
    }

    /// The bytes of one tensor, for types that the engine does not compute with.
    public func bytes(_ name: String) throws(SafetensorsError) -> [UInt8] {
        guard let entry = entry(name) else {
            throw .missingTensor(key: name, file: path, nearest: entries.map(\.name).nearest(to: name))
        }
        return file.bytes(entry.bytes)
    }

    /// Asks the system to read the whole file ahead.
    public func prefetch() { file.prefetch() }
}

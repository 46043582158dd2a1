import OrderedJSON
public import Tensors

extension SafetensorsFile {
    /// Writes tensors to one file: beside, synced, renamed. Elements are converted piece by piece, so that a model
    /// is never held twice.
    ///
    /// - Parameters:
    ///   - tensors: in any order; stored by name.
    ///   - path: of the file to write or replace.
    ///   - elementType: F32, F16 or BF16 for all of them; nil keeps each tensor's own.
    ///   - metadata: strings for the header; PEFT and transformers want `format: pt`.
    /// - Throws: `FileWriteError`; the file that was there before is then unchanged.
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], to path: String, as elementType: ElementType? = nil,
        metadata: [String: String] = ["format": "pt"]
    ) throws(FileWriteError) {
        // Wide elements first keeps every tensor aligned to its element size.
        let ordered = tensors.sorted {
            let (a, b) = (elementType ?? $0.tensor.elementType, elementType ?? $1.tensor.elementType)
            return a.byteSize != b.byteSize
                ? a.byteSize > b.byteSize : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        let head = header(
            ordered.map { ($0.name, $0.tensor.shape, elementType ?? $0.tensor.elementType) }, metadata: metadata)
        try DurableFile.write(to: path) { sink throws(FileWriteError) in
            try sink.write(head)
            for (_, tensor) in ordered {
                try write(tensor, as: elementType ?? tensor.elementType, into: sink)
            }
        }
    }

    /// A tensor that is made when its turn to be written comes.
    public struct PendingTensor {
        public let name: String
        public let shape: [Int]
        /// What it is stored as, whatever `make` gives.
        public let elementType: ElementType
        let make: () throws -> Tensor

        public init(name: String, shape: [Int], elementType: ElementType, make: @escaping () throws -> Tensor) {
            self.name = name
            self.shape = shape
            self.elementType = elementType
            self.make = make
        }
    }

    /// Writes tensors that are made one after the other, so that no more than one is held.
    ///
    /// - Throws: `FileWriteError`, or what making a tensor throws; the file that was there before is then unchanged.
    public static func write(
        pending tensors: [PendingTensor], to path: String, metadata: [String: String] = ["format": "pt"]
    ) throws {
        let ordered = tensors.sorted {
            $0.elementType.byteSize != $1.elementType.byteSize
                ? $0.elementType.byteSize > $1.elementType.byteSize
                : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        let head = header(ordered.map { ($0.name, $0.shape, $0.elementType) }, metadata: metadata)
        var failure: (any Error)?
        do throws(FileWriteError) {
            try DurableFile.write(to: path) { sink throws(FileWriteError) in
                try sink.write(head)
                for pending in ordered {
                    let tensor: Tensor
                    do {
                        tensor = try pending.make()
                    } catch {
                        // The sink only speaks of writing: the true reason goes around it.
                        failure = error
                        throw FileWriteError(path: path, code: 0)
                    }
                    precondition(tensor.shape == pending.shape, "'\(pending.name)' came as \(tensor.shape)")
                    try write(tensor, as: pending.elementType, into: sink)
                }
            }
        } catch {
            throw failure ?? error
        }
    }

    private static func header(
        _ tensors: [(name: String, shape: [Int], type: ElementType)], metadata: [String: String]
    ) -> [UInt8] {
        var members = JSONObject()
        if !metadata.isEmpty {
            var strings = JSONObject()
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { strings[key] = .string(value) }
            members["__metadata__"] = .object(strings)
        }
        var offset = 0
        for (name, shape, type) in tensors {
            let end = offset + shape.reduce(1, *) * type.byteSize
            members[name] = [
                "dtype": .string(type.rawValue), "shape": .array(shape.map { .integer($0) }),
                "data_offsets": [.integer(offset), .integer(end)],
            ]
            offset = end
        }
        var header = Array(JSONValue.object(members).serialized(.compact).utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
    }

    private static func write(
        _ tensor: Tensor, as type: ElementType, into sink: DurableFile.Sink
    ) throws(FileWriteError) {
        if type == tensor.elementType {
            try tensor.withBytes { bytes throws(FileWriteError) in try sink.write(bytes) }
            return
        }
        let column = tensor.reshaped([tensor.count, 1])
        let piece = 1 << 20
        for start in stride(from: 0, to: tensor.count, by: piece) {
            let part = column.rows(start..<min(start + piece, tensor.count)).converted(to: type)
            try part.withBytes { bytes throws(FileWriteError) in try sink.write(bytes) }
        }
    }
}

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
        var members = JSONObject()
        if !metadata.isEmpty {
            var strings = JSONObject()
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { strings[key] = .string(value) }
            members["__metadata__"] = .object(strings)
        }
        var offset = 0
        for (name, tensor) in ordered {
            let type = elementType ?? tensor.elementType
            let end = offset + tensor.count * type.byteSize
            members[name] = [
                "dtype": .string(type.rawValue), "shape": .array(tensor.shape.map { .integer($0) }),
                "data_offsets": [.integer(offset), .integer(end)],
            ]
            offset = end
        }
        var header = Array(JSONValue.object(members).serialized(.compact).utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }

        try DurableFile.write(to: path) { sink throws(FileWriteError) in
            try sink.write(length + header)
            for (_, tensor) in ordered {
                try write(tensor, as: elementType ?? tensor.elementType, into: sink)
            }
        }
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

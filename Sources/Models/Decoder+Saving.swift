import Autograd
import OrderedJSON
public import Tensors
public import WeightFiles

extension Decoder {
    /// Files of a model folder that say how text becomes ids; they go along with saved weights.
    public static let textFiles = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
        "generation_config.json", "tokenizer.model", "vocab.json", "merges.txt", "added_tokens.json",
    ]

    /// Writes a model folder that transformers and ftbench load: config.json as it was read (with the stored type),
    /// and model.safetensors. Each file is whole or absent.
    ///
    /// - Parameters:
    ///   - folder: made when it does not exist.
    ///   - elementType: F32, F16 or BF16.
    ///   - textFolder: where to copy tokenizer and template from; nil copies none.
    /// - Throws: `FileWriteError`, with what was there before unchanged.
    public func save(
        to folder: String, as elementType: ElementType, copyingTextFrom textFolder: String? = nil
    ) throws(FileWriteError) {
        try DurableFile.makeFolder(folder)
        try SafetensorsFile.write(
            parameters.map { ($0.key, $0.variable.value) }, to: folder + "/model.safetensors", as: elementType)
        var json = configuration.source
        let name = [ElementType.float32: "float32", .float16: "float16", .bfloat16: "bfloat16"][elementType]
        json[json["torch_dtype"] != nil && json["dtype"] == nil ? "torch_dtype" : "dtype"] = .string(name ?? "float32")
        if json["architectures"] == nil { json["architectures"] = [.string(configuration.family.architecture)] }
        if json["model_type"] == nil { json["model_type"] = .string(configuration.family.rawValue) }
        let text = JSONValue.object(json).serialized(.pretty(indent: 2)) + "\n"
        try DurableFile.write(text, to: folder + "/config.json")
        guard let textFolder else { return }
        for file in Decoder.textFiles {
            guard let source = try? MappedFile(path: textFolder + "/" + file) else { continue }
            try DurableFile.write(source.bytes(0..<source.count), to: folder + "/" + file)
        }
    }
}

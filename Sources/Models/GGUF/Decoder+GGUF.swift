import Autograd
import Tensors
import WeightFiles

extension Decoder {
    /// Loads a model from a GGUF file. F32, F16 and BF16 keep their type; blocks become float32 in memory.
    ///
    /// - Throws: `GGUFError` for the file, `ModelError` for what it describes.
    static func load(gguf path: String, trainable: Bool) throws -> Decoder {
        let model = try GGUFModel(path: path)
        let configuration = try ModelConfiguration(json: model.configuration, file: path)
        var used: Set<String> = []
        let decoder = try build(configuration) { (key, shape, _) throws(GGUFError) in
            used.insert(key)
            let tensor = try model.tensor(key, shape: shape)
            if trainable { return Variable(tensor.asFloat32(), wantsGradient: true) }
            return Variable(shape.count == 1 ? tensor.asFloat32() : tensor)
        }
        if let key = model.names.first(where: { !used.contains($0) }) {
            throw ModelError.unusedTensor(folder: path, key: key, family: configuration.family.rawValue)
        }
        return decoder
    }
}

import Autograd
import Tensors
import WeightFiles

extension Decoder {
    /// Loads a Hugging Face model folder: config.json and safetensors, single or sharded; or a GGUF file.
    ///
    /// `trainable: false` maps the weights as they are, frozen; true makes float32 copies that want gradients.
    ///
    /// - Throws: `ModelError` for the configuration, `SafetensorsError` or `GGUFError` for the weights.
    public static func load(folder: String, trainable: Bool = false) throws -> Decoder {
        if GGUFModel.isGGUF(folder) { return try load(gguf: folder, trainable: trainable) }
        let configuration = try ModelConfiguration.load(folder: folder)
        let weights = try StoredWeights(folder: folder, for: configuration)
        let decoder = try build(configuration) { (key, shape, _) throws(SafetensorsError) in
            let tensor = try weights.tensor(key, shape: shape)
            if trainable { return Variable(tensor.asFloat32(), wantsGradient: true) }
            return Variable(shape.count == 1 ? tensor.asFloat32() : tensor)
        }
        if let name = weights.unused {
            throw ModelError.unusedTensor(folder: folder, key: name, family: configuration.family.rawValue)
        }
        return decoder
    }
}

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
        let checkpoint = try Checkpoint(folder: folder)
        var used: Set<String> = []
        let decoder = try build(configuration) { (key, shape) throws(SafetensorsError) in
            // Exports that drop shared tensors keep one of the two names of a tied table, not always the first.
            let isTiedTable = configuration.tiesEmbeddings && key == embeddingKey && !checkpoint.contains(key)
            let stored = isTiedTable && checkpoint.contains(headKey) ? headKey : key
            used.insert(stored)
            let tensor = try checkpoint.tensor(stored, shape: shape)
            if trainable { return Variable(tensor.asFloat32(), wantsGradient: true) }
            return Variable(shape.count == 1 ? tensor.asFloat32() : tensor)
        }
        for name in checkpoint.names where !used.contains(name) && !mayBeIgnored(name, configuration) {
            throw ModelError.unusedTensor(folder: folder, key: name, family: configuration.family.rawValue)
        }
        return decoder
    }

    /// Older exports store the rotary frequencies, and some store the head of a tied model again.
    private static func mayBeIgnored(_ name: String, _ configuration: ModelConfiguration) -> Bool {
        name.hasSuffix("rotary_emb.inv_freq") || (configuration.tiesEmbeddings && name == headKey)
    }
}

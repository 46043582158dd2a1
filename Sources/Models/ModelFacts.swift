public import Tensors
import WeightFiles

/// What a model folder holds, told without computing anything with it.
public struct ModelFacts: Sendable, Equatable {
    public let configuration: ModelConfiguration
    /// Weights that the configuration describes.
    public let parameters: Int
    /// The stored type of the embedding, the same for nearly every tensor.
    public let elementType: ElementType?
    /// The block format that most weights of a GGUF file are stored in (`Q4_K`); nil for a folder.
    public let storedType: String?
    /// Bytes of the weights on disk.
    public let weightBytes: Int

    public var family: ModelFamily { configuration.family }
    public var contextLength: Int { configuration.contextLength }

    /// Of a model folder or a GGUF file.
    ///
    /// - Throws: `ModelError`, `SafetensorsError` or `GGUFError`.
    public static func read(folder: String) throws -> ModelFacts {
        if GGUFModel.isGGUF(folder) {
            let model = try GGUFModel(path: folder)
            let configuration = try ModelConfiguration(json: model.configuration, file: folder)
            return ModelFacts(
                configuration: configuration, parameters: configuration.parameterCount,
                elementType: model.type(of: configuration.family.traits.names.embeddingKey)?.elementType,
                storedType: model.mainType, weightBytes: model.file.tensorBytes)
        }
        let configuration = try ModelConfiguration.load(folder: folder)
        let weights = try StoredWeights(folder: folder, for: configuration)
        let checkpoint = weights.checkpoint
        let entry = checkpoint.entry(weights.stored(configuration.family.traits.names.embeddingKey))
        return ModelFacts(
            configuration: configuration, parameters: configuration.parameterCount, elementType: entry?.elementType,
            storedType: nil, weightBytes: checkpoint.byteCount)
    }
}

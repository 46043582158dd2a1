public import Tensors
import WeightFiles

/// What a model folder holds, told without computing anything with it.
public struct ModelFacts: Sendable, Equatable {
    public let configuration: ModelConfiguration
    /// Weights that the configuration describes.
    public let parameters: Int
    /// The stored type of the embedding, the same for nearly every tensor.
    public let elementType: ElementType?
    /// Bytes of the weights on disk.
    public let weightBytes: Int

    public var family: ModelFamily { configuration.family }
    public var contextLength: Int { configuration.contextLength }

    /// - Throws: `ModelError` or `SafetensorsError`.
    public static func read(folder: String) throws -> ModelFacts {
        let configuration = try ModelConfiguration.load(folder: folder)
        let weights = try StoredWeights(folder: folder, for: configuration)
        let checkpoint = weights.checkpoint
        let entry = checkpoint.entry(weights.stored(configuration.family.traits.names.embeddingKey))
        return ModelFacts(
            configuration: configuration, parameters: configuration.parameterCount, elementType: entry?.elementType,
            weightBytes: checkpoint.byteCount)
    }
}

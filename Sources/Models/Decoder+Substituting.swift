public import Autograd
import OrderedJSON
public import Tensors

extension Decoder {
    /// The weight of the base model at a checkpoint key, whatever computes in its place; nil when there is none.
    ///
    /// The head of a tied model is the table of the embedding.
    public func baseVariable(_ key: String) -> Variable? {
        let stored = key == headKey && configuration.tiesEmbeddings ? embeddingKey : key
        return baseVariables?[stored] ?? parameters.first { $0.key == stored }?.variable
    }

    /// Checkpoint keys of everything but the projections: tables, norms, their biases. A tied head is among them.
    public var plainKeys: [String] {
        let projections = Set(projectionKeys)
        let keys = parameters.map(\.key).filter { key in
            let module = key.lastIndex(of: ".").map { String(key[..<$0]) } ?? key
            return !projections.contains(module)
        }
        return keys + (configuration.tiesEmbeddings ? [headKey] : [])
    }

    /// Computes with other variables in the place of tables and norms (`plainKeys`), in this decoder alone.
    ///
    /// Decoders that share the weights see nothing of it, and `sharingWeights` gives a decoder without. A tied head
    /// stays what it was unless it is named itself (`lm_head.weight`).
    ///
    /// - Throws: `ModelError.noSuchWeight`; the decoder is then unchanged.
    public func substitute(_ variables: [String: Variable]) throws(ModelError) {
        let known = Set(plainKeys)
        for key in variables.keys where !known.contains(key) { throw .noSuchWeight(key: key) }
        if baseVariables == nil {
            baseVariables = Dictionary(
                parameters.filter { known.contains($0.key) }.map { ($0.key, $0.variable) },
                uniquingKeysWith: { first, _ in first })
        }
        for (key, variable) in variables {
            precondition(variable.shape == baseVariable(key)?.shape, "\(key) cannot have shape \(variable.shape)")
            substitutes[key] = variable
        }
        placeSubstitutes()
    }

    /// Puts the base weights back at these keys.
    public func restore(_ keys: some Sequence<String>) {
        for key in keys { substitutes[key] = nil }
        placeSubstitutes()
    }

    /// Builds the layers anew around the variables in force, and keeps every projection where it is.
    func placeSubstitutes() {
        guard let base = baseVariables else { return }
        let current = Dictionary(parameters.map { ($0.key, $0.variable) }, uniquingKeysWith: { first, _ in first })
        let fresh = Decoder.build(configuration) { key, _, _ in
            guard let variable = substitutes[key] ?? base[key] ?? current[key] else {
                preconditionFailure("a decoder without \(key)")
            }
            return variable
        }
        for layer in blocks.indices {
            for place in places.values {
                if let projection = blocks[layer][place] { fresh.blocks[layer].replace(place, with: projection) }
            }
        }
        embedding = fresh.embedding
        positionTable = fresh.positionTable
        blocks = fresh.blocks
        norm = fresh.norm
        head = substitutes[headKey] ?? baseVariable(headKey) ?? fresh.head
    }
}

extension Decoder {
    private var embeddingKey: String { configuration.family.traits.names.embeddingKey }
    private var headKey: String { configuration.family.traits.names.headKey }

    /// The module that holds the token table: `model.embed_tokens`.
    public var embeddingModule: String { String(embeddingKey.dropLast(".weight".count)) }
    /// The module that holds the head: `lm_head`.
    public var headModule: String { String(headKey.dropLast(".weight".count)) }
}

extension Decoder {
    /// A frozen decoder of the same shape on other weights.
    ///
    /// - Parameters:
    ///   - untied: the head is a weight of its own there (`lm_head.weight`), whatever it is here.
    ///   - weight: hands out each weight by checkpoint key; vectors as float32.
    /// - Returns: the new decoder, which shares nothing with this one but what `weight` shares.
    /// - Throws: what `weight` throws.
    public func rebuilt(
        untied: Bool, weight: (_ key: String, _ isVector: Bool) throws -> Tensor
    ) throws -> Decoder {
        var other = configuration
        if untied, configuration.tiesEmbeddings {
            var json = configuration.source
            json["tie_word_embeddings"] = false
            other = try ModelConfiguration(json: json)
        }
        return try Decoder.build(other) { key, shape, _ in
            let tensor = try weight(key, shape.count == 1)
            precondition(tensor.shape == shape, "\(key) of \(tensor.shape), not \(shape)")
            return Variable(tensor)
        }
    }
}

/// A weight's checkpoint key and how many elements it has.
public struct WeightCount: Sendable, Equatable {
    public let key: String
    public let count: Int
}

extension ModelConfiguration {
    /// Every weight that a model of this configuration has, a tied head counted as the table it is.
    public var weights: [WeightCount] {
        var result: [WeightCount] = []
        let nothing = Variable(.zeros([0]))
        _ = Decoder.build(self) { key, shape, _ in
            result.append(WeightCount(key: key, count: shape.reduce(1, *)))
            return nothing
        }
        if tiesEmbeddings {
            let head = family.traits.names.headKey
            result.append(WeightCount(key: head, count: vocabularySize * hiddenSize))
        }
        return result
    }
}

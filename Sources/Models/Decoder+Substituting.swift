public import Autograd
import OrderedJSON
public import Tensors

extension Decoder {
    /// The weight of the base model at a checkpoint key, whatever computes in its place; nil when there is none.
    ///
    /// The head of a tied model is the table of the embedding.
    public func baseVariable(_ key: String) -> Variable? {
        let stored = key == Decoder.headKey && configuration.tiesEmbeddings ? Decoder.embeddingKey : key
        return baseVariables?[stored] ?? parameters.first { $0.key == stored }?.variable
    }

    /// Checkpoint keys of everything but the projections: tables, norms, their biases. A tied head is among them.
    public var plainKeys: [String] {
        let projections = Set(projectionKeys)
        let keys = parameters.map(\.key).filter { key in
            let module = key.lastIndex(of: ".").map { String(key[..<$0]) } ?? key
            return !projections.contains(module)
        }
        return keys + (configuration.tiesEmbeddings ? [Decoder.headKey] : [])
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
        let fresh = Decoder.build(configuration) { key, _ in
            guard let variable = substitutes[key] ?? base[key] ?? current[key] else {
                preconditionFailure("a decoder without \(key)")
            }
            return variable
        }
        for layer in blocks.indices {
            for place in ProjectionPlace.allCases { fresh.blocks[layer][place] = blocks[layer][place] }
        }
        embedding = fresh.embedding
        blocks = fresh.blocks
        norm = fresh.norm
        head = substitutes[Decoder.headKey] ?? baseVariable(Decoder.headKey) ?? fresh.head
    }
}

extension Decoder {
    /// The module that holds the token table: `model.embed_tokens`.
    public var embeddingModule: String { String(Decoder.embeddingKey.dropLast(".weight".count)) }
    /// The module that holds the head: `lm_head`.
    public var headModule: String { String(Decoder.headKey.dropLast(".weight".count)) }
}

extension Decoder {
    /// A frozen decoder of the same shape on other weights.
    ///
    /// - Parameters:
    ///   - untied: the head is a weight of its own there (`lm_head.weight`), whatever it is here.
    ///   - weight: hands out each weight by checkpoint key; vectors as float32.
    public func rebuilt(
        untied: Bool, weight: (_ key: String, _ isVector: Bool) throws -> Tensor
    ) throws -> Decoder {
        var other = configuration
        if untied, configuration.tiesEmbeddings {
            var json = configuration.source
            json["tie_word_embeddings"] = false
            other = try ModelConfiguration(json: json)
        }
        return try Decoder.build(other) { key, shape in
            let tensor = try weight(key, shape.count == 1)
            precondition(tensor.shape == shape, "\(key) of \(tensor.shape), not \(shape)")
            return Variable(tensor)
        }
    }
}

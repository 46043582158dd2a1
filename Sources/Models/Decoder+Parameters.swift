public import Autograd
public import Tensors

extension Decoder {
    static let embeddingKey = "model.embed_tokens.weight"
    static let headKey = "lm_head.weight"

    /// Every weight of the base model by its checkpoint key, in the order of the data flow. A tied head is not
    /// repeated.
    public var parameters: [(key: String, variable: Variable)] {
        var result: [(key: String, variable: Variable)] = [(Decoder.embeddingKey, embedding)]
        for (layer, block) in blocks.enumerated() {
            let prefix = "model.layers.\(layer)."
            for place in ProjectionPlace.allCases {
                guard let linear = linears[layer][place] else { continue }
                result.append((prefix + place.rawValue + ".weight", linear.weight))
                if let bias = linear.bias { result.append((prefix + place.rawValue + ".bias", bias)) }
            }
            result.append((prefix + "input_layernorm.weight", block.inputNorm.scale))
            result.append((prefix + "post_attention_layernorm.weight", block.postAttentionNorm.scale))
        }
        result.append(("model.norm.weight", norm.scale))
        if !configuration.tiesEmbeddings { result.append((Decoder.headKey, head)) }
        return result
    }

    /// Bytes of all weights in the types they are held in.
    public var weightBytes: Int { parameters.reduce(0) { $0 + $1.variable.value.byteCount } }

    /// How the largest share of the weights is held.
    public var elementType: ElementType { embedding.value.elementType }

    // MARK: Projections by key

    /// `model.layers.0.self_attn.q_proj`, … in layer order.
    public var projectionKeys: [String] {
        blocks.indices.flatMap { layer in ProjectionPlace.allCases.map { "model.layers.\(layer).\($0.rawValue)" } }
    }

    /// The last parts of the projections' keys, each once: `q_proj`, `down_proj`, …, as target modules are named.
    public var projectionNames: [String] { ProjectionPlace.allCases.map(\.shortName) }

    /// What sits at that key now, plain or adapted.
    public func projection(_ key: String) throws(ModelError) -> any Projection {
        let (layer, place) = try resolve(key)
        return blocks[layer][place]
    }

    /// The plain projection at that key, whatever wraps it.
    public func linear(_ key: String) throws(ModelError) -> Linear {
        let (layer, place) = try resolve(key)
        guard let linear = linears[layer][place] else { throw unknown(key) }
        return linear
    }

    public func replaceProjection(_ key: String, with projection: any Projection) throws(ModelError) {
        let (layer, place) = try resolve(key)
        blocks[layer][place] = projection
    }

    /// Puts another weight of the same shape into the plain projection at that key, for every decoder that shares it.
    public func replaceWeight(_ key: String, with weight: Tensor) throws(ModelError) {
        let linear = try linear(key)
        precondition(weight.shape == linear.weight.shape, "a weight of \(weight.shape) for \(linear.weight.shape)")
        let trains = linear.weight.wantsGradient && weight.elementType == .float32
        linear.weight = Variable(weight, wantsGradient: trains)
    }

    private func resolve(_ key: String) throws(ModelError) -> (layer: Int, place: ProjectionPlace) {
        let prefix = "model.layers."
        guard key.hasPrefix(prefix) else { throw unknown(key) }
        let rest = key.dropFirst(prefix.count)
        guard let dot = rest.firstIndex(of: "."), let layer = Int(rest[..<dot]), blocks.indices.contains(layer),
            let place = ProjectionPlace(rawValue: String(rest[rest.index(after: dot)...]))
        else { throw unknown(key) }
        return (layer, place)
    }

    private func unknown(_ key: String) -> ModelError {
        .noSuchProjection(key: key, known: ProjectionPlace.allCases.map(\.rawValue))
    }
}

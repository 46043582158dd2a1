public import Autograd
public import Tensors

extension Decoder {
    /// Every weight of the base model by its checkpoint key, in the order of the data flow. A tied head is not
    /// repeated.
    public var parameters: [(key: String, variable: Variable)] {
        let names = configuration.family.traits.names
        var result: [(key: String, variable: Variable)] = [(names.embeddingKey, embedding)]
        func add(_ name: String, _ norm: Norm?) {
            guard let norm else { return }
            result.append((name + ".weight", norm.scale))
            if let bias = norm.bias { result.append((name + ".bias", bias)) }
        }
        if let key = names.positionsKey, let positionTable { result.append((key, positionTable)) }
        for (layer, block) in blocks.enumerated() {
            let prefix = names.layerPrefix(layer)
            for shape in configuration.projections {
                guard let linear = linears[layer][shape.place] else { continue }
                result.append((prefix + shape.name + ".weight", linear.weight))
                if let bias = linear.bias { result.append((prefix + shape.name + ".bias", bias)) }
            }
            for shape in configuration.norms { add(prefix + shape.name, block[shape.place]) }
        }
        add(names.finalNormKey, norm)
        if !configuration.tiesEmbeddings { result.append((names.headKey, head)) }
        return result
    }

    /// Bytes of all weights in the types they are held in.
    public var weightBytes: Int { parameters.reduce(0) { $0 + $1.variable.value.byteCount } }

    /// How the largest share of the weights is held.
    public var elementType: ElementType { embedding.value.elementType }

    /// What the checkpoint calls the stages that a token passes.
    public var stageKeys: (embedding: String, layers: [String], norm: String, head: String) {
        let names = configuration.family.traits.names
        return (
            names.base + names.embedding, blocks.indices.map { String(names.layerPrefix($0).dropLast()) },
            names.finalNormKey, names.head[0]
        )
    }

    // MARK: Projections by key

    /// `model.layers.0.self_attn.q_proj`, `transformer.h.0.attn.c_attn`, … in layer order.
    public var projectionKeys: [String] {
        let names = configuration.family.traits.names
        return blocks.indices.flatMap { layer in
            configuration.projections.map { names.layerPrefix(layer) + $0.name }
        }
    }

    /// The last parts of the projections' keys, each once: `q_proj`, `down_proj`, …, as target modules are named.
    public var projectionNames: [String] { configuration.projectionNames }

    /// What sits at that key now, plain or adapted.
    public func projection(_ key: String) throws(ModelError) -> any Projection {
        let (layer, place) = try resolve(key)
        guard let projection = blocks[layer][place] else { throw unknown(key) }
        return projection
    }

    /// The plain projection at that key, whatever wraps it.
    public func linear(_ key: String) throws(ModelError) -> Linear {
        let (layer, place) = try resolve(key)
        guard let linear = linears[layer][place] else { throw unknown(key) }
        return linear
    }

    public func replaceProjection(_ key: String, with projection: any Projection) throws(ModelError) {
        let (layer, place) = try resolve(key)
        blocks[layer].replace(place, with: projection)
    }

    /// Puts another weight of the same shape into the plain projection at that key, for every decoder that shares it.
    public func replaceWeight(_ key: String, with weight: Tensor) throws(ModelError) {
        let linear = try linear(key)
        precondition(weight.shape == linear.weight.shape, "a weight of \(weight.shape) for \(linear.weight.shape)")
        let trains = linear.weight.wantsGradient && weight.elementType == .float32
        linear.weight = Variable(weight, wantsGradient: trains)
    }

    private func resolve(_ key: String) throws(ModelError) -> (layer: Int, place: ProjectionPlace) {
        let names = configuration.family.traits.names
        let prefix = names.base + names.layers + "."
        guard key.hasPrefix(prefix) else { throw unknown(key) }
        let rest = key.dropFirst(prefix.count)
        guard let dot = rest.firstIndex(of: "."), let layer = Int(rest[..<dot]), blocks.indices.contains(layer),
            let place = places[String(rest[rest.index(after: dot)...])]
        else { throw unknown(key) }
        return (layer, place)
    }

    private func unknown(_ key: String) -> ModelError {
        .noSuchProjection(key: key, known: configuration.projections.map(\.name))
    }
}

extension TransformerBlock {
    subscript(place: NormShape.Place) -> Norm? {
        switch place {
        case .attention: attentionNorm
        case .attentionOutput: attentionOutputNorm
        case .feedForward: feedForwardNorm
        case .feedForwardOutput: feedForwardOutputNorm
        case .query: attention.queryNorm
        case .key: attention.keyNorm
        }
    }
}

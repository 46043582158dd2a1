import Autograd
public import Tensors

/// What a weight is for: how it is held, and what a fresh one is.
enum WeightRole {
    case table
    /// A projection; `isLast` of a half of a block, which adds to the residual stream.
    case projection(isLast: Bool)
    case normScale
    case bias
}

extension Decoder {
    /// Builds the layers from weights that `weight` hands out by checkpoint key, shape and role.
    ///
    /// It is called once for each key; vectors must come as float32, since norms and biases are added and multiplied
    /// element by element.
    static func build<E: Error>(
        _ configuration: ModelConfiguration,
        weight: (_ key: String, _ shape: [Int], _ role: WeightRole) throws(E) -> Variable
    ) throws(E) -> Decoder {
        let traits = configuration.family.traits
        let names = traits.names
        let c = configuration.hiddenSize
        let ropes = (configuration.rope?.tables(), configuration.windowRope?.tables())

        func norm(_ name: String, _ width: Int) throws(E) -> Norm {
            Norm(
                kind: traits.norm, scale: try weight(name + ".weight", [width], .normScale),
                bias: traits.norm == .layer ? try weight(name + ".bias", [width], .bias) : nil,
                epsilon: configuration.normEpsilon)
        }
        func projection(_ prefix: String, _ shape: ProjectionShape) throws(E) -> Linear {
            let (inputs, outputs) = (shape.inputs, shape.outputs)
            let isLast = shape.place == .output || shape.place == .down
            return Linear(
                weight: try weight(
                    prefix + shape.name + ".weight", traits.storesInputsFirst ? [inputs, outputs] : [outputs, inputs],
                    .projection(isLast: isLast)),
                bias: shape.hasBias ? try weight(prefix + shape.name + ".bias", [outputs], .bias) : nil,
                storesInputsFirst: traits.storesInputsFirst)
        }

        let embedding = try weight(names.embeddingKey, [configuration.vocabularySize, c], .table)
        var positionTable: Variable?
        if let key = names.positionsKey {
            positionTable = try weight(key, [configuration.contextLength, c], .table)
        }
        var blocks: [TransformerBlock] = []
        var linears: [[ProjectionPlace: Linear]] = []
        for layer in 0..<configuration.layers {
            let prefix = names.layerPrefix(layer)
            var made: [ProjectionPlace: Linear] = [:]
            for shape in configuration.projections { made[shape.place] = try projection(prefix, shape) }
            var norms: [NormShape.Place: Norm] = [:]
            for shape in configuration.norms { norms[shape.place] = try norm(prefix + shape.name, shape.width) }
            let tables = configuration.windows[layer] == nil ? ropes.0 : ropes.1
            blocks.append(block(configuration, layer, made, norms, tables))
            linears.append(made)
        }
        let finalNorm = try norm(names.finalNormKey, c)
        let head =
            configuration.tiesEmbeddings
            ? embedding : try weight(names.headKey, [configuration.vocabularySize, c], .table)
        return Decoder(
            configuration: configuration, embedding: embedding, positionTable: positionTable, blocks: blocks,
            norm: finalNorm, head: head, linears: linears)
    }

    private static func block(
        _ configuration: ModelConfiguration, _ layer: Int, _ made: [ProjectionPlace: Linear],
        _ norms: [NormShape.Place: Norm], _ tables: RoPETables?
    ) -> TransformerBlock {
        func linear(_ place: ProjectionPlace) -> Linear {
            guard let linear = made[place] else { preconditionFailure("no projection was made for \(place)") }
            return linear
        }
        let names = configuration.family.traits.names
        let attentionInput: AttentionInput =
            switch names.attention {
            case .three: .separate(query: linear(.query), key: linear(.key), value: linear(.value))
            case .one(_, let order): .fused(linear(.queryKeyValue), order)
            }
        let feedForwardInput: FeedForwardInput =
            switch names.feedForward {
            case .gated: .gated(gate: linear(.gate), up: linear(.up))
            case .fusedGated: .fusedGated(linear(.gateUp))
            case .plain: .plain(linear(.up))
            }
        let attention = Attention(
            input: attentionInput, output: linear(.output), queryNorm: norms[.query], keyNorm: norms[.key],
            heads: configuration.heads, keyValueHeads: configuration.keyValueHeads,
            headWidth: configuration.headWidth, tables: tables, scale: configuration.attentionScales[layer],
            softCap: configuration.attentionSoftCap, window: configuration.windows[layer], layer: layer)
        return TransformerBlock(
            attentionNorm: norms[.attention], attention: attention, attentionOutputNorm: norms[.attentionOutput],
            feedForwardNorm: norms[.feedForward],
            feedForward: FeedForward(
                input: feedForwardInput, down: linear(.down), activation: configuration.activation),
            feedForwardOutputNorm: norms[.feedForwardOutput], residualScale: configuration.residualScale,
            isParallel: configuration.isParallel)
    }

    /// Fresh weights as transformers makes them: matrices normal with `initializer_range`, norms one, biases zero.
    ///
    /// Each tensor is a function of (seed, key) alone. All want gradients, or with a type that they are `frozen` in
    /// none: matrices are then rounded to it one by one, so that they are never held wider all at once.
    public static func random(
        _ configuration: ModelConfiguration, seed: UInt64, frozen type: ElementType? = nil
    ) -> Decoder {
        let stream = RandomStream(seed: seed)
        let traits = configuration.family.traits
        return build(configuration) { key, shape, role in
            var deviation = configuration.initializerRange
            switch role {
            case .bias: return Variable(.zeros(shape), wantsGradient: type == nil)
            case .normScale:
                let scale = Tensor.uninitialized(shape)
                // Where the norm adds one itself, its weight starts at zero.
                if case .rms(let offset) = traits.norm { scale.fill(1 - offset) } else { scale.fill(1) }
                return Variable(scale, wantsGradient: type == nil)
            case .projection(isLast: true) where traits.shrinksResidualWeights:
                deviation /= Float(2 * configuration.layers).squareRoot()
            case .projection, .table: break
            }
            let tensorSeed = stream.key(site: stableHash(of: key))
            let matrix = Tensor.random(shape, seed: tensorSeed, deviation: deviation)
            guard let type else { return Variable(matrix, wantsGradient: true) }
            return Variable(type == .float32 ? matrix : matrix.converted(to: type))
        }
    }
}

/// FNV-1a: the same on every machine and in every run, which `Hasher` is not.
public func stableHash(of text: String) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: hash)
}

import Autograd
import Tensors

extension Decoder {
    /// Builds the layers from weights that `weight` hands out by checkpoint key and shape.
    ///
    /// It is called once for each key; vectors must come as float32, since norms and biases are added and multiplied
    /// element by element.
    static func build<E: Error>(
        _ configuration: ModelConfiguration, weight: (_ key: String, _ shape: [Int]) throws(E) -> Variable
    ) throws(E) -> Decoder {
        let c = configuration.hiddenSize
        let f = configuration.feedForward
        let q = configuration.heads * configuration.headWidth
        let kv = configuration.keyValueHeads * configuration.headWidth
        let tables = configuration.ropeScaling.tables(
            headWidth: configuration.headWidth, theta: configuration.ropeTheta)
        let shapes: [(place: ProjectionPlace, shape: [Int], hasBias: Bool)] = [
            (.query, [q, c], configuration.queryKeyValueBias),
            (.key, [kv, c], configuration.queryKeyValueBias),
            (.value, [kv, c], configuration.queryKeyValueBias),
            (.output, [c, q], configuration.outputBias),
            (.gate, [f, c], configuration.feedForwardBias),
            (.up, [f, c], configuration.feedForwardBias),
            (.down, [c, f], configuration.feedForwardBias),
        ]
        func norm(_ key: String) throws(E) -> RMSNorm {
            RMSNorm(scale: try weight(key, [c]), epsilon: configuration.rmsNormEpsilon)
        }

        let embedding = try weight(embeddingKey, [configuration.vocabularySize, c])
        var blocks: [TransformerBlock] = []
        var linears: [[ProjectionPlace: Linear]] = []
        for layer in 0..<configuration.layers {
            let prefix = "model.layers.\(layer)."
            var made: [ProjectionPlace: Linear] = [:]
            func projection(_ place: ProjectionPlace, _ shape: [Int], _ hasBias: Bool) throws(E) -> Linear {
                let linear = Linear(
                    weight: try weight(prefix + place.rawValue + ".weight", shape),
                    bias: hasBias ? try weight(prefix + place.rawValue + ".bias", [shape[0]]) : nil)
                made[place] = linear
                return linear
            }
            var all: [Linear] = []
            for (place, shape, hasBias) in shapes { all.append(try projection(place, shape, hasBias)) }
            let attention = Attention(
                query: all[0], key: all[1], value: all[2], output: all[3], heads: configuration.heads,
                keyValueHeads: configuration.keyValueHeads, headWidth: configuration.headWidth, tables: tables,
                window: configuration.windows[layer], layer: layer)
            blocks.append(
                TransformerBlock(
                    inputNorm: try norm(prefix + "input_layernorm.weight"), attention: attention,
                    postAttentionNorm: try norm(prefix + "post_attention_layernorm.weight"),
                    feedForward: SwiGLU(gate: all[4], up: all[5], down: all[6])))
            linears.append(made)
        }
        let finalNorm = try norm("model.norm.weight")
        let head =
            configuration.tiesEmbeddings
            ? embedding : try weight(headKey, [configuration.vocabularySize, c])
        return Decoder(
            configuration: configuration, embedding: embedding, blocks: blocks, norm: finalNorm, head: head,
            linears: linears)
    }

    /// Fresh weights as transformers makes them: matrices normal with `initializer_range`, norms one, biases zero.
    ///
    /// Each tensor is a function of (seed, key) alone. All want gradients.
    public static func random(_ configuration: ModelConfiguration, seed: UInt64) -> Decoder {
        let stream = RandomStream(seed: seed)
        return build(configuration) { key, shape in
            if key.hasSuffix(".bias") { return Variable(.zeros(shape), wantsGradient: true) }
            if shape.count == 1 {
                let ones = Tensor.uninitialized(shape)
                ones.fill(1)
                return Variable(ones, wantsGradient: true)
            }
            let tensorSeed = stream.key(site: stableHash(of: key))
            return Variable(
                .random(shape, seed: tensorSeed, deviation: configuration.initializerRange), wantsGradient: true)
        }
    }
}

/// FNV-1a: the same on every machine and in every run, which `Hasher` is not.
public func stableHash(of text: String) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: hash)
}

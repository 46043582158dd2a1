import Adapters
import Models
import Recipes

/// The sizes that memory and work follow from.
struct ModelShape: Sendable, Equatable {
    var layers: Int
    var hidden: Int
    /// heads × headWidth, and keyValueHeads × headWidth.
    var queries: Int
    var keys: Int
    var feedForward: Int
    var heads: Int
    var vocabulary: Int
    var parameters: Int

    init(_ configuration: ModelConfiguration) {
        layers = configuration.layers
        hidden = configuration.hiddenSize
        queries = configuration.heads * configuration.headWidth
        keys = configuration.keyValueHeads * configuration.headWidth
        feedForward = configuration.feedForward
        heads = configuration.heads
        vocabulary = configuration.vocabularySize
        parameters = configuration.parameterCount
    }

    /// Inputs and outputs of the seven projections of a block, by their path within it.
    var projections: [(path: String, inputs: Int, outputs: Int)] {
        [
            ("self_attn.q_proj", hidden, queries), ("self_attn.k_proj", hidden, keys),
            ("self_attn.v_proj", hidden, keys), ("self_attn.o_proj", queries, hidden),
            ("mlp.gate_proj", hidden, feedForward), ("mlp.up_proj", hidden, feedForward),
            ("mlp.down_proj", feedForward, hidden),
        ]
    }

    /// Parameters of all projections together: what a token is multiplied with, the head left out.
    var projectionParameters: Int { layers * projections.reduce(0) { $0 + $1.inputs * $1.outputs } }

    /// Parameters that a LoRA run trains. Hu et al. 2021, arXiv 2106.09685: A (R, in) and B (out, R) at each target;
    /// with DoRA a length for each output; and all of what is trained whole.
    func adapterParameters(_ settings: LoRASettings) -> Int {
        let adapted = adaptedProjections(settings).reduce(0) { sum, projection in
            let lengths = settings.usesDoRA ? projection.outputs : 0
            return sum + projection.rank * (projection.inputs + projection.outputs) + lengths
        }
        var whole = 0
        func add(_ module: String, _ count: Int) {
            if settings.modulesToSave.contains(where: { module.hasSuffix($0) }) { whole += count }
        }
        add("model.embed_tokens", vocabulary * hidden)
        add("lm_head", vocabulary * hidden)
        add("model.norm", hidden)
        for layer in 0..<layers {
            let prefix = "model.layers.\(layer)."
            add(prefix + "input_layernorm", hidden)
            add(prefix + "post_attention_layernorm", hidden)
            for projection in projections { add(prefix + projection.path, projection.inputs * projection.outputs) }
        }
        return adapted + whole
    }

    /// Each projection that gets an adapter, with the rank it gets.
    func adaptedProjections(_ settings: LoRASettings) -> [(rank: Int, inputs: Int, outputs: Int)] {
        (0..<layers).flatMap { layer in
            projections.compactMap { projection in
                let key = "model.layers.\(layer).\(projection.path)"
                guard settings.targets(key) else { return nil }
                return (settings.rank(of: key), projection.inputs, projection.outputs)
            }
        }
    }
}

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
    /// The projections of a block.
    var projections: [ProjectionShape]
    /// Tokens that each layer sees back; nil means all.
    var windows: [Int?]
    /// Norms of the residual stream in a block, and before and after a half of it.
    var norms: Int
    /// Those of them that a half reads.
    var normsBefore: Int
    /// Whether a norm keeps what it gives rather than what it gets.
    var keepsNormResults: Bool
    var normalisesQueriesAndKeys: Bool
    var hasGate: Bool
    var isParallel: Bool
    /// Every weight by its checkpoint key, with the elements it has.
    var weights: [WeightCount]

    init(_ configuration: ModelConfiguration) {
        layers = configuration.layers
        hidden = configuration.hiddenSize
        queries = configuration.heads * configuration.headWidth
        keys = configuration.keyValueHeads * configuration.headWidth
        feedForward = configuration.feedForward
        heads = configuration.heads
        vocabulary = configuration.vocabularySize
        parameters = configuration.parameterCount
        projections = configuration.projections
        windows = configuration.windows
        norms = configuration.normsPerBlock
        normsBefore = configuration.normsBeforeHalves
        keepsNormResults = configuration.usesRMSNorm
        normalisesQueriesAndKeys = configuration.normalisesQueriesAndKeys
        hasGate = projections.contains { $0.place == .gate || $0.place == .gateUp }
        isParallel = configuration.isParallel
        weights = configuration.weights
    }

    /// Weights of all projections together: what a token is multiplied with, the head left out.
    var projectionParameters: Int { layers * projections.reduce(0) { $0 + $1.inputs * $1.outputs } }

    /// Parameters that a LoRA run trains. Hu et al. 2021, arXiv 2106.09685: A (R, in) and B (out, R) at each target;
    /// with DoRA a length for each output; and all of what is trained whole.
    func adapterParameters(_ settings: LoRASettings) -> Int {
        let adapted = adaptedProjections(settings).reduce(0) { sum, projection in
            let lengths = settings.usesDoRA ? projection.outputs : 0
            return sum + projection.rank * (projection.inputs + projection.outputs) + lengths
        }
        return weights.filter { settings.savesWhole($0.key) }.reduce(adapted) { $0 + $1.count }
    }

    /// Each projection that gets an adapter, with the rank it gets.
    func adaptedProjections(_ settings: LoRASettings) -> [(rank: Int, inputs: Int, outputs: Int)] {
        weights.compactMap { weight in
            guard weight.key.hasSuffix(".weight") else { return nil }
            let module = String(weight.key.dropLast(".weight".count))
            // Two projections of GPT-2 are called c_proj: the whole name within the layer tells them apart.
            guard let projection = projections.first(where: { module.hasSuffix("." + $0.name) }),
                settings.targets(module)
            else { return nil }
            return (settings.rank(of: module), projection.inputs, projection.outputs)
        }
    }

    /// Tokens that a query of a sequence of `length` sees, the mean over its places and over layers.
    func tokensSeen(length: Int) -> Double {
        let whole = Double(length)
        let seen = windows.reduce(0.0) { sum, window in
            let reach = min(whole, window.map(Double.init) ?? whole)
            return sum + reach - reach * reach / (2 * whole)
        }
        return windows.isEmpty ? 0 : seen / Double(windows.count)
    }
}

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
    var normalisesQueriesAndKeys: Bool
    var hasGate: Bool
    var isParallel: Bool

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
        normalisesQueriesAndKeys = configuration.normalisesQueriesAndKeys
        hasGate = projections.contains { $0.place == .gate || $0.place == .gateUp }
        isParallel = configuration.isParallel
    }

    /// Weights of all projections together: what a token is multiplied with, the head left out.
    var projectionParameters: Int { layers * projections.reduce(0) { $0 + $1.inputs * $1.outputs } }

    /// Parameters of a LoRA adapter. Hu et al. 2021, arXiv 2106.09685: A (R, in) and B (out, R) at each target.
    func adapterParameters(rank: Int, targets: [String]) -> Int {
        let all = targets.contains("all-linear")
        // Two projections of GPT-2 are called c_proj; a target names both unless it says more.
        let hit = projections.filter { shape in
            all || targets.contains { $0 == shape.name || shape.name.hasSuffix("." + $0) }
        }
        return layers * hit.reduce(0) { $0 + rank * ($1.inputs + $1.outputs) }
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

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

    /// Inputs and outputs of the seven projections of a block, by module name.
    var projections: [(name: String, inputs: Int, outputs: Int)] {
        [
            ("q_proj", hidden, queries), ("k_proj", hidden, keys), ("v_proj", hidden, keys),
            ("o_proj", queries, hidden), ("gate_proj", hidden, feedForward), ("up_proj", hidden, feedForward),
            ("down_proj", feedForward, hidden),
        ]
    }

    /// Parameters of all projections together: what a token is multiplied with, the head left out.
    var projectionParameters: Int { layers * projections.reduce(0) { $0 + $1.inputs * $1.outputs } }

    /// Parameters of a LoRA adapter. Hu et al. 2021, arXiv 2106.09685: A (R, in) and B (out, R) at each target.
    func adapterParameters(rank: Int, targets: [String]) -> Int {
        let all = targets.contains("all-linear")
        return layers
            * projections.filter { all || targets.contains($0.name) }
            .reduce(0) { $0 + rank * ($1.inputs + $1.outputs) }
    }
}

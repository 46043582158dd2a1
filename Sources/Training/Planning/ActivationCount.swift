import Adapters
import Autograd
import Models
import Recipes
import Tensors

/// Bytes that the forward pass of one micro-batch keeps, and that its way back takes besides.
struct ActivationCount {
    let isFull: Bool
    private let shape: ModelShape
    private let recipe: Recipe
    private let settings: LoRASettings
    private let tokens, trained: Int
    /// Bytes of an element that products read on the way back.
    private let width: Int

    init(shape: ModelShape, recipe: Recipe, tokens: Int, trained: Int) {
        self.shape = shape
        self.recipe = recipe
        self.tokens = tokens
        self.trained = trained
        settings = recipe.loraSettings
        isFull = recipe.method == .full
        width = recipe.precision == .bf16 ? 2 : 4
    }

    var tableCount: Int { shape.vocabulary * shape.hidden }
    private var isCheckpointed: Bool { recipe.gradientCheckpointing == .block }
    private var usesDoRA: Bool { !isFull && settings.usesDoRA }
    private var drops: Bool { !isFull && settings.dropout > 0 }
    /// Whether gate and up are in 16 bits as they are made.
    private var isGateNarrow: Bool { width == 2 && !usesDoRA && shape.projections.contains { $0.place == .gate } }

    /// Whether the gated activation's result is not kept but made again.
    private var isGateMadeAgain: Bool { shape.hasGate && !isCheckpointed && (isGateNarrow || width == 4) }

    /// One residual stream, or its gradient: float32.
    var residual: Int { 4 * tokens * shape.hidden }

    /// All blocks: what each keeps, or the input of each.
    var kept: Int { isCheckpointed ? shape.layers * residual : shape.layers * tokens * blockPerToken }

    /// A block that is computed again, with its result; its input is counted with `kept`.
    var replayed: Int {
        guard isCheckpointed else { return 0 }
        return tokens * blockPerToken + (width == 4 ? 0 : residual)
    }

    /// What is left at the first block.
    var firstBlock: Int { tokens * blockPerToken + (isCheckpointed ? 2 * residual : 0) }

    /// The final norm's input or, of an RMS norm, its result, in the type that products read; its length; its result,
    /// the trained rows of that, and what the loss keeps: their gradient, and the rows rounded.
    var behindBlocks: Int {
        let rows = 4 * trained * shape.hidden, all = trained == tokens
        // Of a norm that keeps its result the loss reads the same, rounded or not, unless it takes some rows alone.
        let input = shape.keepsNormResults && width == 4 ? 0 : width * shape.hidden
        let norm = tokens * (input + 4) + residual
        let rounded = width == 2 && !(shape.keepsNormResults && all) ? rows / 2 : 0
        return norm + (all ? 0 : rows) + rows + rounded
    }

    var logits: Int {
        LogitsBlock.byteCount(
            capacity: logitRows(of: trained, vocabulary: shape.vocabulary), vocabulary: shape.vocabulary)
    }

    /// What an op of the way back takes: the gated activation has the gradients of its result, of gate and of up.
    var inFlight: Int {
        let f = shape.feedForward
        let wide = shape.hasGate ? 12 * f : 8 * f
        var feedForward = isGateNarrow ? 6 * f : wide + (width == 2 ? (shape.hasGate ? 8 : 4) * f : 0)
        // Dropout makes the projection's input and its gradient once more, in float32.
        if drops { feedForward = max(feedForward, (width + 8) * f) }
        // By then the activation's result has gone, where it was kept.
        if !isGateMadeAgain, readsForTraining([.down]) { feedForward -= width * f }
        // Attention has gradients, and keys and values turned, when what the feed-forward half kept is gone.
        let (q, k) = (shape.queries, shape.keys)
        let scratch = width == 2 ? 12 * k : 8 * (k + (q == k ? 0 : q))
        let gone = width * ((shape.hasGate ? 2 : 1) * f + 2 * shape.hidden)
        let attention = 4 * (q + 2 * k) + width * q + scratch - gone
        return tokens * max(feedForward, attention)
    }

    /// Bytes that one block keeps for a token until its way back: what each half reads and each norm reads or writes;
    /// queries, keys and values, before and after norms of theirs; attention's output; what goes into the activation.
    /// What comes out of a gated one is made again, unless rounding came between or the whole block is.
    private var blockPerToken: Int {
        let (q, k, f) = (shape.queries, shape.keys, shape.feedForward)
        var elements = shape.norms * shape.hidden
        // An RMS norm keeps its result, which is what the half behind it reads.
        if !shape.keepsNormResults || shape.normsBefore == 0 {
            elements += (shape.isParallel ? 1 : 2) * shape.hidden
            if !readsForTraining([.query, .key, .value, .queryKeyValue]) { elements -= shape.hidden }
            if !readsForTraining([.gate, .up, .gateUp]) { elements -= shape.hidden }
        }
        elements += 2 * q + 2 * k + (shape.hasGate ? 2 : 1) * f
        if shape.normalisesQueriesAndKeys { elements += q + k }
        if !isGateMadeAgain, readsForTraining([.down]) { elements += f }
        var bytes = width * elements + 4 * (shape.norms + shape.heads)
        // A checkpointed block's input, where its first norm keeps it, is counted with all of those.
        if isCheckpointed, width == 4, !shape.keepsNormResults { bytes -= 4 * shape.hidden }
        return isFull ? bytes : bytes + adapterPerToken
    }

    /// LoRA's narrow products; with DoRA the outputs before their lengths are set, and with dropout each input as it was
    /// dropped.
    private var adapterPerToken: Int {
        let all = shape.adaptedProjections(settings).reduce(0) { sum, projection in
            let stretched = usesDoRA ? 4 * projection.outputs + (drops ? width * projection.inputs : 0) : 0
            return sum + 4 * projection.rank + stretched
        }
        return all / max(1, shape.layers)
    }

    /// Whether something trained reads what goes into these places, and so keeps it.
    private func readsForTraining(_ places: [ProjectionPlace]) -> Bool {
        isFull
            || shape.projections.contains { projection in
                places.contains(projection.place)
                    && shape.weights.contains {
                        $0.key.hasSuffix("." + projection.name + ".weight")
                            && settings.targets(String($0.key.dropLast(".weight".count)))
                    }
            }
    }
}

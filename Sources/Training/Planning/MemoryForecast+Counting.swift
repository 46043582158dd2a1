import Adapters
import Autograd
import Recipes
import Tensors

extension MemoryForecast {
    /// Counts the bytes of a run from sizes alone.
    ///
    /// - Parameters:
    ///   - shape: The model's sizes.
    ///   - recipe: Method, rank and checkpointing.
    ///   - weightBytes: Bytes of the weights as they lie on disk.
    ///   - tokens: Tokens of the largest micro-batch; there is no padding.
    ///   - trained: Trained tokens of it.
    init(shape: ModelShape, recipe: Recipe, weightBytes: Int, tokens: Int, trained: Int) {
        self.init()
        let isFull = recipe.method == .full
        let adapterCount =
            isFull
            ? 0 : shape.adapterParameters(recipe.loraSettings)
        let trainable = isFull ? shape.parameters : adapterCount
        weights = isFull ? shape.parameters * 4 : weightBytes
        adapter = adapterCount * 4
        gradients = trainable * 4
        optimizer = trainable * 8

        let block = Self.keptPerToken(shape, rank: isFull ? 0 : recipe.lora.r)
        let kept =
            recipe.gradientCheckpointing == .block
            ? shape.layers * shape.hidden + block : shape.layers * block
        // Behind the last block: its output, the final norm's, and the trained rows with their gradient.
        // In BF16 a block keeps what it keeps in 16 bits, but for LoRA's narrow products; the residual stream that a
        // checkpointed block starts from stays float32, so that it is computed again to the bit.
        let narrow = recipe.gradientCheckpointing == .block ? block : shape.layers * block
        let saved = recipe.precision == .bf16 ? 2 * narrow : 0
        activations = tokens * (4 * (kept + 2 * shape.hidden) - saved) + 8 * trained * shape.hidden
        if !isFull, recipe.lora.useDoRA {
            // Each output before its length is set; with dropout also the dropped input and the sums on the way.
            let settings = recipe.loraSettings
            let perToken = shape.adaptedProjections(settings).reduce(0) { sum, projection in
                sum + projection.outputs + (settings.dropout > 0 ? 4 * projection.outputs + projection.inputs : 0)
            }
            let layers = recipe.gradientCheckpointing == .block ? max(1, shape.layers) : 1
            activations += 4 * tokens * perToken / layers
        }

        let logits = LogitsBlock.byteCount(
            capacity: logitRows(of: trained, vocabulary: shape.vocabulary), vocabulary: shape.vocabulary)
        let gradientsInFlight = tokens * (2 * shape.feedForward + 2 * shape.hidden)
        workspace = max(logits, 4 * gradientsInFlight)
    }

    /// Floats that one block keeps for a token until its backward pass: residual before each half; what each norm
    /// reads or writes besides; queries, keys, values, and queries and keys before a norm of theirs; attention's
    /// output; what goes into the activation, and what comes out; and LoRA's narrow products.
    private static func keptPerToken(_ shape: ModelShape, rank: Int) -> Int {
        let residuals = (shape.isParallel ? 1 : 2) * shape.hidden
        let norms = shape.norms * (shape.hidden + 1)
        let ownNorms = shape.normalisesQueriesAndKeys ? shape.queries + shape.keys : 0
        let attention = 2 * shape.queries + 2 * shape.keys + ownNorms + shape.heads
        let feedForward = (shape.hasGate ? 3 : 2) * shape.feedForward
        return residuals + norms + attention + feedForward + shape.projections.count * rank
    }
}

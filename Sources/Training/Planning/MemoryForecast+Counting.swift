import Adapters
public import Models
public import Recipes

extension MemoryForecast {
    /// Counts the bytes of a run from sizes alone.
    ///
    /// - Parameters:
    ///   - shape: The model's sizes.
    ///   - recipe: Method, rank, precision, checkpointing, and whether micro-batches add up.
    ///   - weightBytes: Bytes of the weights as they lie on disk.
    ///   - tokens: Tokens of the largest micro-batch; there is no padding.
    ///   - trained: Trained tokens of it.
    ///   - program: What the process takes besides tensors.
    init(
        shape: ModelShape, recipe: Recipe, weightBytes: Int, tokens: Int, trained: Int,
        program: Int = MemoryForecast.bareProgram
    ) {
        self.init()
        let count = ActivationCount(shape: shape, recipe: recipe, tokens: tokens, trained: trained)
        let adapterCount = count.isFull ? 0 : shape.adapterParameters(recipe.loraSettings)
        let trainable = count.isFull ? shape.parameters : adapterCount
        weights = count.isFull ? shape.parameters * 4 : weightBytes
        adapter = adapterCount * 4
        optimizer = trainable * 8

        // Gradients that earlier micro-batches left are there throughout; others arrive as activations go.
        let all = trainable * 4
        let adds = recipe.batch.gradientAccumulationSteps > 1
        let isHeadTrained =
            count.isFull
            || shape.weights.contains { recipe.loraSettings.savesWhole($0.key) && $0.count == count.tableCount }
        let head = isHeadTrained ? 4 * count.tableCount : 0
        let block = (count.isFull ? 4 * shape.projectionParameters : all) / max(1, shape.layers)
        let otherTables = count.isFull ? max(0, all - shape.layers * block - head) : 0
        let last = count.isFull ? 4 * shape.hidden * shape.feedForward : block / 4
        let moments: [(gradients: Int, activations: Int, workspace: Int)] = [
            // The loss, with the gradient of the head that it makes at once.
            ((adds ? all : 0) + head, count.kept + count.behindBlocks, count.logits),
            // The way back through the last block, and through the first.
            (adds ? all : head + last, count.kept + count.replayed + count.residual, count.inFlight),
            (
                adds ? all : max(head, all - block - otherTables) + last,
                count.firstBlock + count.residual, count.inFlight
            ),
            // Its end: everything has its gradient.
            (all, count.residual, 0),
        ]
        for moment in moments
        where moment.gradients + moment.activations + moment.workspace > gradients + activations + workspace {
            (gradients, activations, workspace) = moment
        }
        // A fiftieth of what comes and goes is lost between tensors.
        other = program + (activations + workspace) / 50
    }

    /// The same for a model's configuration.
    public init(
        _ configuration: ModelConfiguration, recipe: Recipe, weightBytes: Int, tokens: Int, trained: Int
    ) {
        self.init(
            shape: ModelShape(configuration), recipe: recipe, weightBytes: weightBytes, tokens: tokens,
            trained: trained)
    }

    /// Program, libraries and the threads' own memory, without a tokenizer, rows and a workspace.
    static let bareProgram = 40 << 20
}

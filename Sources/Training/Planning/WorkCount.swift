public import Models
public import Recipes
import Tensors

/// Floating-point operations of training, and the speed of matrix products on this machine.
public enum WorkCount {
    /// Operations of one pass forward and back over `tokens`, of which `trained` reach the head.
    ///
    /// A product with P weights costs 2 P forward, 2 P for the gradient of its input, 2 P for that of the weights
    /// when they are trained; attention over sequences of `length` costs as much again as its two products.
    static func operations(_ shape: ModelShape, recipe: Recipe, tokens: Int, trained: Int, length: Int) -> Double {
        let isFull = recipe.method == .full
        let passes = (isFull ? 3.0 : 2.0) + (recipe.gradientCheckpointing == .block ? 1 : 0)
        let products = 2 * Double(shape.projectionParameters) * Double(tokens) * passes
        // Two products over what each query sees, and 2.5 times that on the way back.
        let seen = shape.tokensSeen(length: max(1, length))
        let scores = Double(shape.layers) * Double(shape.queries) * seen * Double(tokens)
        let attention = 2 * 2 * scores * 3.5
        let head = 2 * Double(shape.hidden) * Double(shape.vocabulary) * Double(trained) * (isFull ? 3 : 2)
        guard !isFull else { return products + attention + head }
        let adapter = shape.adapterParameters(recipe.loraSettings)
        return products + attention + head + 6 * Double(adapter) * Double(tokens)
    }

    /// The same for a model by its configuration.
    public static func operations(
        _ configuration: ModelConfiguration, recipe: Recipe, tokens: Int, trained: Int, length: Int
    ) -> Double {
        operations(ModelShape(configuration), recipe: recipe, tokens: tokens, trained: trained, length: length)
    }

    /// Operations a second of products of the size training makes, best of three.
    static func measuredSpeed(in precision: ProductPrecision) -> Double {
        let (rows, inner, columns) = (256, 512, 512)
        let x = Tensor.random([rows, inner], seed: 1)
        let weight = Tensor.random([columns, inner], seed: 2)
        _ = x.timesTransposed(weight, in: precision)
        var best = Double.infinity
        for _ in 0..<3 {
            let started = ContinuousClock.now
            for _ in 0..<4 { _ = x.timesTransposed(weight, in: precision) }
            best = min(best, seconds(since: started) / 4)
        }
        return 2 * Double(rows * inner * columns) / max(best, 1e-9)
    }
}

import Recipes
import Runs
import Tensors
import Testing

@Suite struct PrecisionTests {
    /// Rounding the factors of products may cost a little of the loss, not more.
    @Test("a run in bf16 ends within one percent of float32", arguments: [Recipe.Method.lora, .full])
    func aRunInBF16EndsWithinOnePercentOfFloat32(method: Recipe.Method) throws {
        var tiny = try TinyRun(method: method)
        tiny.recipe.lora.dropout = 0
        tiny.recipe.optimizer.learningRate = method == .lora ? 1e-2 : 3e-3
        tiny.recipe.maxSteps = 80
        tiny.recipe.evaluation.everySteps = 80
        tiny.recipe.checkpoints.everySteps = 80
        let wide = tiny.run("wide")
        tiny.recipe.precision = .bf16
        let narrow = tiny.run("narrow")
        let (exact, rounded) = (try #require(wide.evaluations.last), try #require(narrow.evaluations.last))
        let start = try #require(wide.losses.first)
        #expect(exact.loss < start * 0.9, "the run must have learnt something for the comparison to mean anything")
        #expect(abs(rounded.loss - exact.loss) < 0.01 * exact.loss)
        if ProductPrecision.bfloat16.isNative { #expect(narrow.losses != wide.losses) }
    }
}

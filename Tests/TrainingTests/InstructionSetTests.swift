import Recipes
import Runs
import Tensors
import Testing

@Suite struct InstructionSetTests {
    /// Sums have another order in each set, which is all that may differ: after some steps the loss is the same to
    /// 1e-4 of itself, and with factors rounded to BF16 in some sets only, to one hundredth.
    @Test(
        "a run gives the losses of the portable kernels in every instruction set",
        arguments: [Recipe.Method.lora, .full])
    func aRunGivesThePortableLosses(method: Recipe.Method) throws {
        var tiny = try TinyRun(method: method)
        tiny.recipe.lora.dropout = 0
        tiny.recipe.maxSteps = 6
        for (precision, tolerance) in [(Recipe.Precision.fp32, 1e-4), (.bf16, 1e-2)] {
            tiny.recipe.precision = precision
            let expected = try #require(
                Processor.with(instructionSet: "portable") { tiny.run("portable-\(precision)").losses })
            #expect(expected.count == 6)
            for set in Processor.supportedInstructionSets where set != "portable" {
                let losses = try #require(
                    Processor.with(instructionSet: set) { tiny.run("\(set)-\(precision)").losses })
                #expect(losses.count == expected.count)
                for (ours, portable) in zip(losses, expected) {
                    #expect(abs(ours - portable) <= tolerance * abs(portable), "\(set), \(precision)")
                }
            }
        }
    }
}

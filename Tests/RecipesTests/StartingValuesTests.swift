import Testing

@testable import Recipes

@Suite struct StartingValuesTests {
    private static func values(
        _ parameters: Int, rows: Int, tokens: Int, context: Int = 4096
    ) -> StartingValues {
        StartingValues(.init(parameters: parameters, contextLength: context, rows: rows, tokens: tokens))
    }

    private static let blank = Recipe(model: "m", data: .init(train: "d"))

    @Test func theDefaultsFitALargeModelAndSomeThousandRows() {
        let values = Self.values(7_000_000_000, rows: 800, tokens: 500_000)
        #expect(values.values.isEmpty, "\(values.values)")
        #expect(values.preset.applied(to: Self.blank) == Self.blank)
    }

    @Test func aSmallModelAndASmallSetGetAHigherRateAndMoreUpdates() throws {
        let values = Self.values(3_221_952, rows: 806, tokens: 50_000)
        let recipe = values.applied(to: Self.blank, where: Self.blank)
        #expect(recipe.optimizer.learningRate == 2e-3)
        let perUpdate =
            recipe.batch.sequenceLength * recipe.batch.microBatchSize * recipe.batch.gradientAccumulationSteps
        let updates = Double(50_000 / perUpdate) * recipe.epochs
        #expect((200...400).contains(updates), "\(updates)")
        let rate = try #require(values.value(of: "optimizer.learning_rate"))
        #expect(rate.text == "0.002" && rate.reason == "a model of 3.2 million weights bears, and needs, a higher rate")
        #expect(values.values.allSatisfy { !$0.reason.isEmpty && RecipeField.named($0.key) != nil })
    }

    @Test func theRateFallsAsModelsGrow() {
        let sizes = [3_000_000, 135_000_000, 494_000_000, 1_500_000_000, 13_000_000_000, 70_000_000_000]
        let rates = sizes.map {
            Self.values($0, rows: 5000, tokens: 2_000_000).applied(to: Self.blank, where: Self.blank).optimizer
                .learningRate
        }
        #expect(rates == rates.sorted(by: >))
        #expect(rates.first == 2e-3 && rates.last == 1e-4)
    }

    @Test func muchDataNeedsFewerPassesAndFewerEvaluations() {
        let recipe = Self.values(1_500_000_000, rows: 100_000, tokens: 40_000_000)
            .applied(to: Self.blank, where: Self.blank)
        #expect(recipe.epochs == 1)
        #expect(recipe.evaluation.everySteps > 20)
        #expect(recipe.batch == Self.blank.batch)
    }

    @Test func aFewRowsAreNotRepeatedWithoutEnd() {
        for tokens in [0, 1, 100, 5000] {
            let recipe = Self.values(1_000_000, rows: 3, tokens: tokens).applied(to: Self.blank, where: Self.blank)
            #expect(recipe.epochs == 10)
            #expect(recipe.batch.microBatchSize == 1 && recipe.batch.gradientAccumulationSteps == 1)
            #expect(recipe.problems().filter { $0.severity == .error }.isEmpty)
        }
    }

    @Test func aShortContextLimitsTheSequence() {
        let values = Self.values(1_000_000, rows: 800, tokens: 50_000, context: 256)
        #expect(values.value(of: "batch.sequence_length")?.text == "256")
        #expect(Self.values(1_000_000, rows: 800, tokens: 50_000).value(of: "batch.sequence_length") == nil)
    }

    @Test func whatAPersonChangedStays() {
        var changed = Self.blank
        changed.optimizer.learningRate = 3e-4
        changed.lora.r = 4
        let small = Self.values(3_000_000, rows: 800, tokens: 50_000)
        let recipe = small.applied(to: changed, where: Self.blank)
        #expect(recipe.optimizer.learningRate == 3e-4 && recipe.lora.r == 4)
        #expect(recipe.epochs == small.preset.applied(to: Self.blank).epochs)
        // From one model to another, what fitted the first makes place for what fits the second.
        let first = small.applied(to: Self.blank, where: Self.blank)
        let second = Self.values(7_000_000_000, rows: 800, tokens: 500_000).applied(to: first, where: first)
        #expect(second == Self.blank)
    }

    @Test func everyValueCanBeSetAndIsNoDefault() {
        for parameters in [1, 5_000_000, 50_000_000, 500_000_000, 5_000_000_000, 50_000_000_000] {
            for tokens in [10, 10_000, 100_000, 10_000_000, 1_000_000_000] {
                for value in Self.values(parameters, rows: tokens / 60, tokens: tokens).values {
                    let field = RecipeField.named(value.key)
                    #expect(field?.problem(with: value.text, in: Self.blank) == nil)
                    #expect(field?.defaultText != value.text)
                }
            }
        }
    }
}

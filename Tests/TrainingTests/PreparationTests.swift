import Datasets
import Foundation
import OrderedJSON
import Recipes
import Runs
import Testing

@testable import Training

@Suite struct PreparationTests {
    @Test func heldOutRowsDoNotDependOnTheOrder() {
        let rows = TinyRun.rows(40)
        let split = ValidationSplit.split(rows, share: 0.2, seed: 7)
        #expect(split.validation.count == 8)
        #expect(Set(split.train).union(split.validation).count == 40)
        let reversed = Array(rows.reversed())
        let again = ValidationSplit.split(reversed, share: 0.2, seed: 7)
        #expect(Set(again.validation.map { reversed[$0].line }) == Set(split.validation.map { rows[$0].line }))
        let other = ValidationSplit.split(rows, share: 0.2, seed: 8)
        #expect(other.validation != split.validation)
    }

    @Test func equalRowsStandOnOneSide() {
        var rows = TinyRun.rows(20)
        rows += TinyRun.rows(20).map { Example(content: $0.content, line: $0.line + 100, extra: ["id": 5]) }
        let split = ValidationSplit.split(rows, share: 0.25, seed: 1)
        let train = Set(split.train.map { rows[$0].content })
        let held = Set(split.validation.map { rows[$0].content })
        #expect(!held.isEmpty)
        #expect(train.isDisjoint(with: held))
    }

    @Test func noShareHoldsNothingOut() {
        #expect(ValidationSplit.split(TinyRun.rows(5), share: 0, seed: 1).validation.isEmpty)
        #expect(ValidationSplit.split(TinyRun.rows(1), share: 0.5, seed: 1).validation.isEmpty)
        #expect(ValidationSplit.split(TinyRun.rows(2), share: 0.01, seed: 1).validation.count == 1)
    }

    @Test func rowsThatCannotBeUsedAreNamedWithTheirLines() throws {
        var tiny = try TinyRun()
        tiny.rows.append(
            Example(
                content: .chat(
                    [
                        ChatMessage(role: "user", content: "long"),
                        ChatMessage(role: "assistant", content: String(repeating: "the cat ", count: 200)),
                    ], tools: nil), line: 100))
        tiny.rows.append(Example(content: .chat([ChatMessage(role: "user", content: "alone")], tools: nil), line: 101))
        tiny.recipe.data.validation = .share(0)
        let prepared = try tiny.prepared()
        #expect(prepared.dropped.map(\.line) == [100, 101])
        #expect(prepared.dropped.map(\.reason) == [.tooLong, .nothingTrained])
        let texts = prepared.problems.map(\.description)
        #expect(texts.contains { $0.contains("1 rows left out: longer than the sequence (lines 100)") })
        #expect(texts.contains { $0.contains("1 rows left out: no trained token (lines 101)") })
        #expect(prepared.train.count == 24)
        #expect(prepared.trainedTokensPerEpoch > 0)
        #expect(prepared.trainedTokensPerEpoch < prepared.tokensPerEpoch)

        tiny.recipe.data.tooLong = .stop
        #expect(throws: TrainingError.rowsTooLong(source: "tiny.jsonl", lines: [100], limit: 64)) {
            try tiny.prepared()
        }
    }

    @Test func anEmptySetSaysWhatToDo() throws {
        var tiny = try TinyRun()
        tiny.rows = []
        #expect {
            try tiny.prepared()
        } throws: { "\($0)".contains("no usable row") && "\($0)".contains("data check") }
        tiny.rows = [Example(content: .chat([ChatMessage(role: "user", content: "x")], tools: nil), line: 4)]
        #expect {
            try tiny.prepared()
        } throws: { "\($0)".contains("1 rows no trained token") }
    }

    @Test func stepsFollowFromEpochsOrMaxSteps() throws {
        var tiny = try TinyRun()
        tiny.recipe.data.validation = .share(0)
        tiny.recipe.batch.packing = false
        tiny.recipe.maxSteps = nil
        tiny.recipe.epochs = 2
        #expect(try tiny.prepared().totalSteps == 12)
        tiny.recipe.maxSteps = 5
        #expect(try tiny.prepared().totalSteps == 5)
    }

    @Test func aTokenBeyondTheVocabularyIsRefused() throws {
        let tiny = try TinyRun()
        #expect(throws: TrainingError.self) {
            try tiny.prepared().check(vocabulary: 20, contextLength: 256)
        }
        #expect(throws: TrainingError.self) {
            try tiny.prepared().check(vocabulary: 1000, contextLength: 8)
        }
        try tiny.prepared().check(vocabulary: 1000, contextLength: 256)
    }
}

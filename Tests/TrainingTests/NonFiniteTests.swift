import Autograd
import Datasets
import Foundation
import Recipes
import Runs
import Tensors
import Testing
import Tokenizers

@testable import Training

@Suite struct NonFiniteTests {
    /// A model whose embedding of one rare token is spoilt, and a row that holds it.
    func spoilt(_ value: Float, method: Recipe.Method = .lora) throws -> TinyRun {
        var tiny = try TinyRun(method: method) { embedding, tokenizer in
            for id in tokenizer.encode("Ω", addSpecialTokens: false) {
                for column in 0..<TinyModel.sizes.hidden {
                    embedding[Int(id) * TinyModel.sizes.hidden + column] = value
                }
            }
        }
        tiny.recipe.data.validation = .share(0)
        tiny.recipe.batch.packing = false
        tiny.recipe.batch.microBatchSize = 1
        tiny.rows.append(
            Example(
                content: .chat(
                    [
                        ChatMessage(role: "user", content: "Ω"),
                        ChatMessage(role: "assistant", content: "the sun is warm"),
                    ], tools: nil), line: 777))
        return tiny
    }

    @Test func theFirstNaNStopsTheRunBeforeTheUpdateAndNamesStepRowsAndLayer() throws {
        let tiny = try spoilt(.nan)
        let told = tiny.run()
        #expect(told.outcome.phase == .failed)
        let message = try #require(told.outcome.message)
        #expect(message.contains("the loss is not finite at step \(told.steps.count + 1)"))
        #expect(message.contains("lines 777"))
        #expect(message.contains("embed_tokens"), "\(message)")
        #expect(message.contains("Lower optimizer.learning_rate"))
        // The last good state is on disk and reads back.
        let kept = try #require(CheckpointFolder.newestUsable(in: tiny.path("run")))
        #expect(kept.step == told.steps.count)
        #expect(told.losses.allSatisfy { $0.isFinite })
    }

    @Test func aSpoiltWeightOfAFullRunIsNamed() throws {
        let tiny = try spoilt(.infinity, method: .full)
        let told = tiny.run()
        #expect(told.outcome.phase == .failed)
        #expect(told.outcome.message?.contains("model.embed_tokens.weight") == true)
    }

    @Test func aGradientThatIsNotFiniteNamesTheParameter() throws {
        let tiny = try TinyRun()
        let run = try TrainingRun(try tiny.prepared(), folder: tiny.path("run"))
        _ = try run.step()
        // Finite weights whose product overflows on the way back only: B is huge where A's output is tiny.
        let before = run.parameters.map { $0.variable.value.toArray() }
        let error = run.nonFiniteGradient([])
        guard case .nonFinite(let value) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(value.kind == .gradient)
        #expect(value.step == 2)
        #expect(run.parameters.map { $0.variable.value.toArray() } == before)
    }

    @Test func aHeldOutLossThatIsNoNumberStopsTheRunAndNamesTheRow() throws {
        let tiny = try spoilt(.nan)
        let held = tiny.rows.suffix(1)
        let rows = Array(tiny.rows.dropLast())
        let request = RunRequest(id: RunID("run"), recipe: tiny.recipe, folder: tiny.path("run")) {
            DataSource(name: "tiny.jsonl", train: rows, validation: Array(held))
        }
        let outcome = EngineHost.runHere(request) { _, _ in }
        #expect(outcome.phase == .failed)
        let message = try #require(outcome.message)
        #expect(message.contains("the held-out loss is not finite at step 1 on rows of lines 777"), "\(message)")
    }
}

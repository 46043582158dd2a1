import Datasets
import Foundation
import Models
import Recipes
import Runs
import Testing
import Training

@Suite struct CommandTests {
    @Test func pauseAndResumeChangeNothing() throws {
        let tiny = try TinyRun()
        let straight = tiny.run("straight")
        let paused = tiny.run("paused") { event, send in
            if case .step(let point) = event, point.step == 5 {
                send(.pause)
                send(.evaluate)
                send(.sample)
                send(.checkpoint)
                send(.resume)
            }
        }
        #expect(paused.losses == straight.losses)
        #expect(paused.phases.contains(.paused))
        #expect(paused.evaluations.contains { $0.step == 5 })
        #expect(paused.checkpoints.contains { $0.step == 5 })
        #expect(
            bytes(tiny.path("paused/output/adapter_model.safetensors"))
                == bytes(tiny.path("straight/output/adapter_model.safetensors")))
    }

    @Test func stopSavesACheckpointAndTheOutput() throws {
        let tiny = try TinyRun()
        let told = tiny.run { event, send in
            if case .step(let point) = event, point.step == 7 { send(.stop) }
        }
        #expect(told.outcome.phase == .stopped)
        #expect(told.losses.count == 7)
        #expect(told.outcome.lastCheckpoint == tiny.path("run/checkpoint-7"))
        #expect(told.outcome.output == tiny.path("run/output"))
        #expect(FileManager.default.fileExists(atPath: tiny.path("run/output/adapter_config.json")))
    }

    @Test func abortSavesNothingMore() throws {
        let tiny = try TinyRun()
        let told = tiny.run { event, send in
            if case .step(let point) = event, point.step == 2 { send(.abort) }
        }
        #expect(told.outcome.phase == .stopped)
        #expect(told.outcome.output == nil)
        #expect(CheckpointFolder.all(in: tiny.path("run")).isEmpty)
    }

    @Test func stopDuringPreparationEndsBeforeAStep() throws {
        let tiny = try TinyRun()
        let told = tiny.run { event, send in
            if case .phase(.preparing, _) = event { send(.stop) }
        }
        #expect(told.outcome.phase == .stopped)
        #expect(told.steps.isEmpty)
    }

    @Test func theRateChangesFromTheNextStepOn() throws {
        var tiny = try TinyRun()
        tiny.recipe.schedule.name = .constant
        let told = tiny.run { event, send in
            if case .step(let point) = event, point.step == 4 {
                send(.setLearningRate(1e-4))
                send(.setLearningRate(.nan))
            }
        }
        #expect(told.steps[3].learningRate == 5e-3)
        #expect(told.steps[4...].allSatisfy { $0.learningRate == 1e-4 })
        #expect(told.notices.contains { $0.contains("is no learning rate") })
    }

    @Test func evaluationComesAsOftenAsAsked() throws {
        let tiny = try TinyRun()
        let told = tiny.run { event, send in
            if case .step(let point) = event, point.step == 8 { send(.setEvaluationInterval(1)) }
        }
        #expect(told.evaluations.map(\.step) == [0, 4, 8, 9, 10, 11, 12])
    }

    @Test func samplesAreWrittenAtEachEvaluation() throws {
        var tiny = try TinyRun()
        tiny.recipe.evaluation.prompts = ["the cat", "a bird"]
        tiny.recipe.evaluation.maxTokens = 4
        let told = tiny.run()
        #expect(told.samples.map(\.step) == [0, 0, 4, 4, 8, 8, 12, 12])
        #expect(told.samples.prefix(2).map(\.prompt) == ["the cat", "a bird"])
    }

    @Test func theHostPausesDoesOtherWorkAndGoesOn() async throws {
        var tiny = try TinyRun()
        tiny.recipe.maxSteps = 400
        tiny.recipe.evaluation.everySteps = 0
        tiny.recipe.checkpoints.everySteps = 0
        let host = EngineHost()
        let folder = tiny.model.folder
        try host.start(tiny.request(), events: { _ in })
        #expect(throws: TrainingError.busy(run: "run")) { try host.start(tiny.request("other"), events: { _ in }) }
        host.send(.pause)
        let (tuned, base) = try await host.perform { session in
            let tuned = try session.withWeights(.live(withAdapter: true)) { decoder, text in
                (session.live?.state.step, text.endTokenIDs, decoder.configuration.vocabularySize)
            }
            let base = try session.withWeights(.base(folder: folder)) { decoder, _ in
                session.live?.decoder.embedding === decoder.embedding
            }
            return (tuned.0, base)
        }
        #expect(tuned != nil)
        #expect(base)
        host.send(.stop)
        let outcome = host.waitForEnd()
        #expect(outcome?.phase == .stopped)
        #expect(host.snapshot?.phase == .stopped)
        #expect(host.snapshot?.outcome == outcome)
        let after = try await host.perform { session in
            try session.withWeights(.base(folder: folder)) { _, text in text.endTokenIDs }
        }
        #expect(after == [1])
    }
}

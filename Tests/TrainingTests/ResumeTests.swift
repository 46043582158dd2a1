import Foundation
import Recipes
import Runs
import Testing
import Training

@Suite struct ResumeTests {
    /// Straight through, against killed some steps after a checkpoint and resumed from it.
    func expectSameBits(_ tiny: TinyRun, output file: String) throws {
        let straight = tiny.run("straight")
        #expect(straight.outcome.phase == .finished, "\(straight.outcome)")
        #expect(straight.losses.count == 12)

        let killed = tiny.run("killed") { event, send in
            if case .step(let point) = event, point.step == 7 { send(.abort) }
        }
        #expect(killed.losses == Array(straight.losses.prefix(7)))
        #expect(killed.outcome.output == nil)
        let checkpoint = try #require(CheckpointFolder.newestUsable(in: tiny.path("killed")))
        #expect(checkpoint.step == 6)

        let resumed = tiny.run("killed", resumeFrom: checkpoint.path)
        #expect(resumed.outcome.phase == .finished, "\(resumed.outcome)")
        #expect(resumed.losses == Array(straight.losses.dropFirst(6)))
        #expect(resumed.steps.map(\.gradientNorm) == straight.steps.dropFirst(6).map(\.gradientNorm))
        #expect(resumed.steps.map(\.learningRate) == straight.steps.dropFirst(6).map(\.learningRate))
        #expect(resumed.steps.map(\.trainedTokens) == straight.steps.dropFirst(6).map(\.trainedTokens))
        #expect(resumed.steps.map(\.epoch) == straight.steps.dropFirst(6).map(\.epoch))
        #expect(resumed.evaluations == straight.evaluations.filter { $0.step > 6 })
        let made = bytes(tiny.path("killed/output/" + file))
        #expect(!made.isEmpty)
        #expect(made == bytes(tiny.path("straight/output/" + file)))
    }

    @Test func adapterWithDropoutPackingAndAccumulationGoesOnBitForBit() throws {
        try expectSameBits(try TinyRun(), output: "adapter_model.safetensors")
    }

    @Test func unpackedAdapterGoesOnBitForBit() throws {
        var tiny = try TinyRun()
        tiny.recipe.batch.packing = false
        tiny.recipe.gradientCheckpointing = .block
        try expectSameBits(tiny, output: "adapter_model.safetensors")
    }

    @Test func fullFineTuningGoesOnBitForBit() throws {
        var tiny = try TinyRun(method: .full)
        tiny.recipe.optimizer.learningRate = 1e-3
        try expectSameBits(tiny, output: "model.safetensors")
    }

    @Test func aFullRunThatSavesInBF16StillGoesOnBitForBit() throws {
        var tiny = try TinyRun(method: .full)
        tiny.recipe.precision = .bf16
        try expectSameBits(tiny, output: "model.safetensors")
    }

    @Test func aRateSetByHandIsKeptOverTheResumption() throws {
        let tiny = try TinyRun()
        let straight = tiny.run("straight") { event, send in
            if case .step(let point) = event, point.step == 3 { send(.setLearningRate(1e-3)) }
        }
        let killed = tiny.run("killed") { event, send in
            if case .step(let point) = event, point.step == 3 { send(.setLearningRate(1e-3)) }
            if case .step(let point) = event, point.step == 7 { send(.abort) }
        }
        #expect(killed.outcome.phase == .stopped)
        let resumed = tiny.run("killed", resumeFrom: tiny.path("killed/checkpoint-6"))
        #expect(resumed.losses == Array(straight.losses.dropFirst(6)))
        #expect(straight.steps[3].learningRate < straight.steps[2].learningRate / 3)
    }

    @Test func anotherRecipeIsRefusedByName() throws {
        var tiny = try TinyRun()
        _ = tiny.run { event, send in
            if case .step(let point) = event, point.step == 6 { send(.abort) }
        }
        tiny.recipe.lora.dropout = 0
        tiny.recipe.optimizer.learningRate = 1e-4
        tiny.recipe.evaluation.everySteps = 1
        let refused = tiny.run("run", resumeFrom: tiny.path("run/checkpoint-6"))
        #expect(refused.outcome.phase == .failed)
        let message = try #require(refused.outcome.message)
        #expect(message.contains("lora.dropout was 0.1 and is 0"))
        #expect(message.contains("optimizer.learning_rate was 0.005 and is 1e-4"))
        #expect(!message.contains("evaluation"))
    }

    @Test func otherRowsAreRefused() throws {
        var tiny = try TinyRun()
        _ = tiny.run { event, send in
            if case .step(let point) = event, point.step == 6 { send(.abort) }
        }
        tiny.rows = TinyRun.rows(30)
        let refused = tiny.run("run", resumeFrom: tiny.path("run/checkpoint-6"))
        #expect(refused.outcome.message?.contains("the training rows or their masks are not the same") == true)
    }

    @Test func aDamagedCheckpointIsNamedAndPassedOver() throws {
        let tiny = try TinyRun()
        _ = tiny.run { event, send in
            if case .step(let point) = event, point.step == 11 { send(.stop) }
        }
        let folder = tiny.path("run")
        let all = CheckpointFolder.all(in: folder)
        let newest = try #require(all.last)
        let file = newest.path + "/optimizer.safetensors"
        try bytes(file).dropLast(100).write(to: URL(fileURLWithPath: file))
        #expect(throws: TrainingError.self) { try newest.state() }
        #expect(CheckpointFolder.newestUsable(in: folder)?.step == all.dropLast().last?.step)
        let refused = tiny.run("run", resumeFrom: newest.path)
        #expect(refused.outcome.message?.contains("optimizer.safetensors has") == true)
    }

    @Test func leftoversOfAnInterruptedSaveAreNoCheckpointsAndGo() throws {
        let tiny = try TinyRun()
        let partial = tiny.path("run/checkpoint-3.partial")
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: partial + "/state.json"))
        #expect(CheckpointFolder.all(in: tiny.path("run")).isEmpty)
        _ = tiny.run()
        #expect(!FileManager.default.fileExists(atPath: partial))
    }

    /// The child kills itself the hard way between two steps, after the checkpoint of step 6; with nothing flushed,
    /// closed or told.
    @Test func aRunKilledBySIGKILLGoesOnBitForBit() async throws {
        let tiny = try TinyRun()
        let straight = tiny.run("straight")
        let path = tiny.scratch.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            var child = try TinyRun(in: Scratch(at: path))
            child.recipe.evaluation.everySteps = 0
            _ = child.run("killed") { event, _ in
                if case .step(let point) = event, point.step == 9 { kill(getpid(), SIGKILL) }
            }
        }
        let checkpoint = try #require(CheckpointFolder.newestUsable(in: tiny.path("killed")))
        #expect(checkpoint.step == 6)
        let resumed = tiny.run("killed", resumeFrom: checkpoint.path)
        #expect(resumed.losses == Array(straight.losses.dropFirst(6)))
        #expect(
            bytes(tiny.path("killed/output/adapter_model.safetensors"))
                == bytes(tiny.path("straight/output/adapter_model.safetensors")))
    }
}

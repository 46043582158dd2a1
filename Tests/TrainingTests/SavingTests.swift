import Foundation
import Recipes
import Runs
import Testing
import WeightFiles

@testable import Training

@Suite struct SavingTests {
    @Test func newestAndBestAreKept() throws {
        var tiny = try TinyRun()
        tiny.recipe.checkpoints.everySteps = 2
        tiny.recipe.checkpoints.keep = 2
        tiny.recipe.evaluation.everySteps = 2
        // A rate that spoils the model after a good start, so that the best is an early one.
        let told = tiny.run { event, send in
            if case .step(let point) = event, point.step == 4 { send(.setLearningRate(1)) }
        }
        #expect(told.outcome.phase == .finished, "\(told.outcome)")
        let best = try #require(told.evaluations.filter { $0.step > 0 }.min { $0.loss < $1.loss })
        let kept = CheckpointFolder.all(in: tiny.path("run")).map(\.step)
        #expect(kept == Array(Set([best.step, 10, 12])).sorted())
        #expect(told.outcome.bestCheckpoint == tiny.path("run/checkpoint-\(best.step)"))
        #expect(told.outcome.lastCheckpoint == tiny.path("run/checkpoint-12"))
        let removed = told.events.count { if case .checkpointRemoved = $0 { true } else { false } }
        #expect(removed == told.checkpoints.count - kept.count)
    }

    @Test func aFullDiskStopsTheRunAndLeavesTheCheckpointBefore() throws {
        let tiny = try TinyRun()
        let run = try TrainingRun(try tiny.prepared(), folder: tiny.path("run"))
        for _ in 0..<3 { _ = try run.step() }
        let saved = try run.saveCheckpoint()
        _ = try run.step()
        run.freeBytes = { _ in 1000 }
        #expect {
            try run.saveCheckpoint()
        } throws: { error in
            "\(error)".contains("Free some space") && "\(error)".contains("checkpoint-4")
        }
        #expect(try CheckpointFolder(path: saved.record.path)?.state().step == 3)
        #expect(CheckpointFolder.all(in: tiny.path("run")).map(\.step) == [3])
        run.freeBytes = DiskSpace.free
        #expect(try run.saveCheckpoint().record.step == 4)
    }

    @Test func aFolderThatCannotBeWrittenIsNamedAndAPausedRunTriesAgain() throws {
        let tiny = try TinyRun()
        let folder = tiny.path("run")
        let away = tiny.path("away")
        let files = FileManager.default
        let told = Told()
        var request = tiny.request()
        request.checkpointFailure = .pause
        var failures = 0
        told.outcome = EngineHost.runHere(request) { event, send in
            told.events.append(event)
            if case .step(let point) = event, point.step == 6 {
                try? files.moveItem(atPath: folder, toPath: away)
                _ = files.createFile(atPath: folder, contents: Data())
            }
            if case .phase(.paused, let detail) = event {
                failures += 1
                #expect(detail?.contains("cannot be written") == true)
                try? files.removeItem(atPath: folder)
                try? files.moveItem(atPath: away, toPath: folder)
                send(.resume)
            }
        }
        #expect(failures == 1)
        #expect(told.outcome.phase == .finished)
        #expect(told.checkpoints.contains { $0.step == 6 })
    }

    @Test func withoutAPersonAFailedSaveEndsTheRun() throws {
        let tiny = try TinyRun()
        let folder = tiny.path("run")
        let told = tiny.run { event, _ in
            if case .step(let point) = event, point.step == 6 {
                try? FileManager.default.moveItem(atPath: folder, toPath: tiny.path("away"))
                _ = FileManager.default.createFile(atPath: folder, contents: Data())
            }
        }
        #expect(told.outcome.phase == .failed)
        #expect(told.outcome.message?.contains("cannot be written") == true)
    }

    @Test func theOutputOfAFullRunIsAModelFolderInTheRecipesType() throws {
        var tiny = try TinyRun(method: .full)
        tiny.recipe.precision = .bf16
        tiny.recipe.maxSteps = 1
        let told = tiny.run()
        #expect(told.outcome.phase == .finished, "\(told.outcome)")
        let output = tiny.path("run/output")
        for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
            #expect(FileManager.default.fileExists(atPath: output + "/" + name), "\(name)")
        }
        #expect(String(decoding: bytes(output + "/model.safetensors").prefix(3000), as: UTF8.self).contains("BF16"))
        tiny.recipe.model = output
        #expect(tiny.run("again").outcome.phase == .finished)
    }

    @Test func savingTwiceAtAStepKeepsTheFilesAndAddsWhatWasLearnt() throws {
        let tiny = try TinyRun()
        let run = try TrainingRun(try tiny.prepared(), folder: tiny.path("run"))
        _ = try run.step()
        let first = try run.saveCheckpoint()
        #expect(!first.record.isBest)
        let weights = first.record.path + "/adapter_model.safetensors"
        let before = try FileManager.default.attributesOfItem(atPath: weights)[.systemFileNumber] as? Int
        _ = try run.evaluate()
        let second = try run.saveCheckpoint()
        #expect(second.record.isBest)
        #expect(second.record.path == first.record.path)
        #expect(try FileManager.default.attributesOfItem(atPath: weights)[.systemFileNumber] as? Int == before)
        #expect(try CheckpointFolder(path: first.record.path)?.state().bestEvaluation?.step == 1)
    }
}

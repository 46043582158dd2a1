import Foundation
import Models
import OrderedJSON
import Recipes
import Runs
import Tensors
import Testing
import WeightFiles

@testable import Training

@Suite struct ExportRehearsalTests {
    /// A model whose positions are stretched in a way that llama.cpp does not have.
    @Test func anImpossibleExportIsToldBeforeTheFirstStep() throws {
        var tiny = try TinyRun()
        var configuration = tiny.model.configuration
        configuration["rope_scaling"] = ["rope_type": "dynamic", "factor": 2.0]
        try Data(JSONValue.object(configuration).serialized().utf8)
            .write(to: URL(fileURLWithPath: tiny.model.folder + "/config.json"))
        tiny.recipe.export.format = .gguf
        tiny.recipe.export.type = .q8_0
        let problems = try tiny.prepared().problems.filter { $0.key.hasPrefix("export") }
        #expect(problems.contains { $0.severity == .error && $0.description.contains("dynamic") })
        let told = tiny.run()
        #expect(told.outcome.phase == .failed)
        #expect(told.outcome.message?.contains("export") == true)
        #expect(told.evaluations.isEmpty && told.checkpoints.isEmpty)
    }

    @Test func aFinishedRunLeavesOneFileForLlamaCpp() throws {
        var tiny = try TinyRun()
        tiny.recipe.maxSteps = 2
        tiny.recipe.name = "mine"
        tiny.recipe.export.format = .gguf
        tiny.recipe.export.type = .q8_0
        #expect(try tiny.prepared().problems.allSatisfy { $0.severity < .error })
        let told = tiny.run()
        #expect(told.outcome.phase == .finished)
        #expect(told.notices.contains { $0.contains("merging moves no logit") })
        let model = try GGUFModel(path: tiny.path("run/export/mine-Q8_0.gguf"))
        #expect(model.file["general.name"] == .string("mine"))
    }

    @Test func aWholeModelHasNoAdapterToWrite() throws {
        var tiny = try TinyRun(method: .full)
        tiny.recipe.export.format = .peft
        let problems = try tiny.prepared().problems.filter { $0.severity == .error }
        #expect(problems.map(\.key) == ["export.format"])
        tiny.recipe.export.format = .gguf
        tiny.recipe.export.merge = false
        #expect(try tiny.prepared().problems.contains { $0.key == "export.merge" && $0.severity == .error })
    }

    @Test func aFinishedRunLeavesItsExport() throws {
        var tiny = try TinyRun()
        tiny.recipe.maxSteps = 2
        tiny.recipe.export.format = .safetensors
        tiny.recipe.export.type = .bf16
        let told = tiny.run()
        #expect(told.outcome.phase == .finished)
        let export = tiny.path("run/export")
        #expect(try Decoder.load(folder: export).elementType == .bfloat16)
        #expect(FileManager.default.fileExists(atPath: export + "/tokenizer.json"))
        tiny.recipe.export.format = .peft
        tiny.recipe.export.type = .auto
        let again = tiny.run("other")
        #expect(again.outcome.phase == .finished)
        #expect(FileManager.default.fileExists(atPath: tiny.path("other/export/adapter_model.safetensors")))
    }

    @Test func aRecipeSaysWhatToExport() throws {
        let reading = Recipe.read(
            yaml: "model: m\ndata: {train: d.jsonl}\nexport: {format: gguf, type: q4_k_m, merge: false}\n")
        let recipe = try reading.validated()
        #expect(recipe.export.format == .gguf && recipe.export.type == .q4_k_m && !recipe.export.merge)
        #expect(Recipe.read(yaml: recipe.yaml(comments: false)).recipe == recipe)
        let wrong = Recipe.read(yaml: "model: m\ndata: {train: d.jsonl}\nexport: {format: ggml}\n")
        #expect(wrong.problems.first?.remedy.contains("gguf") == true)
    }
}

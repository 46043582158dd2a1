import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

@testable import Exports

@Suite("Exports of merged adapters")
struct MergedExportTests {
    let folder = TemporaryFolder()

    func adapter(for model: SmallModel, _ settings: LoRASettings) throws -> String {
        let adapter = try LoRAAdapter(settings, for: model.decoder, seed: 3)
        for (index, parameter) in adapter.parameters.enumerated() where !parameter.key.contains("magnitude") {
            let tensor = parameter.variable.value
            tensor.assign(.random(tensor.shape, seed: UInt64(50 + index), deviation: 0.1))
        }
        let path = folder.path + "/adapter"
        try adapter.save(to: path, baseModelName: "owner/base")
        return path
    }

    @Test(
        "a merged folder computes what model and adapter do together",
        arguments: [
            ("gpt2", LoRASettings(rank: 4, alpha: 6, targets: .modules(["c_attn", "c_fc", "c_proj"]))),
            ("qwen2", LoRASettings(rank: 4, alpha: 6, targets: .modules(["q_proj", "up_proj"]), usesDoRA: true)),
            ("qwen3", LoRASettings(rank: 4, alpha: 6, targets: .modules(["q_proj"]), modulesToSave: ["lm_head"])),
        ])
    func merged(kind: String, settings: LoRASettings) throws {
        let model = try SmallModel(kind, in: folder)
        let adapter = try adapter(for: model, settings)
        let request = ExportRequest(
            model: model.folder, adapter: adapter, format: .safetensors, output: folder.path + "/merged")
        let exporter = try Exporter(request)
        #expect(try #require(exporter.plan.mergeDifference) < 1e-4)
        try exporter.run()
        let merged = try Decoder.load(folder: request.output)
        let adapted = try Decoder.load(folder: model.folder)
        try LoRAAdapter.load(folder: adapter).attach(to: adapted)
        let (a, b) = (SmallModel.logits(merged), SmallModel.logits(adapted))
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(SmallModel.logits(model.decoder) != a)
        // A head of its own must be said in config.json.
        if !settings.modulesToSave.isEmpty, model.decoder.configuration.tiesEmbeddings {
            let json = try JSONValue(readingFile: request.output + "/config.json")
            #expect(json["tie_word_embeddings"] == false)
        }
        let gguf = try Exporter(
            ExportRequest(
                model: model.folder, adapter: adapter, format: .gguf, type: .f32, preTokenizer: "gpt-2",
                output: folder.path + "/merged.gguf"))
        try gguf.run()
        let read = SmallModel.logits(try Decoder.load(folder: gguf.plan.output))
        #expect(zip(read, b).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("what an adapter file of llama.cpp has no place for is refused, also before there is an adapter")
    func aloneRefused() throws {
        let model = try SmallModel("qwen2", in: folder)
        let settings = [
            LoRASettings(rank: 4, alpha: 6, targets: .modules(["q_proj"]), usesDoRA: true),
            LoRASettings(rank: 4, alpha: 6, targets: .modules(["q_proj"]), modulesToSave: ["lm_head"]),
        ]
        for (setting, word) in zip(settings, ["DoRA", "whole"]) {
            var request = ExportRequest(
                model: model.folder, format: .gguf, adapterOnly: true, output: folder.path + "/alone.gguf")
            let rehearsal = try Exporter(request, rehearsing: true, settings: setting)
            #expect(rehearsal.plan.errors.contains { $0.what.contains(word) && $0.remedy.contains("Merge") })
            request.adapter = try adapter(for: model, setting)
            #expect(try Exporter(request).plan.errors.contains { $0.what.contains(word) })
        }
    }

    @Test("what mlx-lm has no word for is refused before anything is written")
    func mlxRefused() throws {
        let model = try SmallModel("gpt2", in: folder)
        let settings = LoRASettings(rank: 4, alpha: 6, targets: .modules(["c_attn"]))
        let request = ExportRequest(
            model: model.folder, adapter: try adapter(for: model, settings), format: .mlx,
            output: folder.path + "/mlx")
        let exporter = try Exporter(request)
        #expect(exporter.plan.errors.contains { $0.what.contains("fan_in_fan_out") })
        #expect(throws: ExportError.self) { try exporter.run() }
        #expect(!FileManager.default.fileExists(atPath: request.output))
    }
}

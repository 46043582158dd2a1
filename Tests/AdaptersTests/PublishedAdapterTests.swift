import Adapters
import Foundation
import Models
import OrderedJSON
import Testing
import WeightFiles

private let folder = URL(filePath: fixtures).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared/data/adapters/gpt2-kto-lora").path

@Suite(
    "A published PEFT adapter",
    .enabled(
        if: FileManager.default.fileExists(atPath: folder + "/adapter_config.json"),
        "shared/data/adapters/gpt2-kto-lora is not beside the repository"))
struct PublishedAdapterTests {
    @Test("it is read with its settings, and a model without its modules refuses it by name")
    func gpt2() throws {
        let adapter = try LoRAAdapter.load(folder: folder)
        #expect(adapter.settings.rank == 16 && adapter.settings.alpha == 16 && adapter.settings.dropout == 0.05)
        #expect(adapter.modules.count == 12)
        #expect(adapter.modules.first?.scale == 1)
        #expect(adapter.warnings.isEmpty)
        #expect(adapter.settings.targets == .modules(["c_attn"]))
        let model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny")
        let error = #expect(throws: AdapterError.self) { try adapter.attach(to: model) }
        #expect(error?.description.contains("transformer.h.0.attn.c_attn") == true)
    }

    @Test("its tensors are written back byte for byte, and every key it came with is kept")
    func roundTrip() throws {
        let copy = TemporaryFolder()
        try LoRAAdapter.load(folder: folder).save(to: copy.path, baseModelName: nil)
        let before = try SafetensorsFile(path: folder + "/adapter_model.safetensors")
        let after = try SafetensorsFile(path: copy.path + "/adapter_model.safetensors")
        #expect(Set(before.entries.map(\.name)) == Set(after.entries.map(\.name)))
        for entry in before.entries {
            #expect(after.entry(entry.name)?.type == entry.type && after.entry(entry.name)?.shape == entry.shape)
            #expect(try after.bytes(entry.name) == before.bytes(entry.name), "\(entry.name)")
        }
        let old = try JSONValue(readingFile: folder + "/adapter_config.json").object ?? [:]
        let new = try JSONValue(readingFile: copy.path + "/adapter_config.json").object ?? [:]
        // As PEFT, what is written says that it is for inference.
        for (key, value) in old where key != "inference_mode" { #expect(new[key] == value, "\(key)") }
    }
}

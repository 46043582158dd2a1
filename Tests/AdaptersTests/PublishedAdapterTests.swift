import Adapters
import Foundation
import Models
import Testing

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
        #expect(adapter.warnings.count == 1 && adapter.warnings[0].contains("fan_in_fan_out"))
        let model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny")
        let error = #expect(throws: AdapterError.self) { try adapter.attach(to: model) }
        #expect(error?.description.contains("transformer.h.0.attn.c_attn") == true)
    }
}

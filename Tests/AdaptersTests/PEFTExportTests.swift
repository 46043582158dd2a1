import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

private let target = ProcessInfo.processInfo.environment["FTBENCH_PEFT_OUT"]

/// Writes what `Tests/Fixtures/check_peft_loads.py` then loads with PEFT; `make check-peft` runs both.
@Suite("Adapters for PEFT", .enabled(if: target != nil, "FTBENCH_PEFT_OUT names no folder; see make check-peft"))
struct PEFTExportTests {
    static let cases: [(name: String, model: String, settings: LoRASettings)] = [
        ("plain", "llama-tiny", LoRASettings(rank: 4, alpha: 8, targets: .modules(["q_proj", "v_proj"]))),
        ("all-linear", "qwen2-tiny", LoRASettings(rank: 3, alpha: 7.5, dropout: 0.1, isRankStabilized: true)),
        (
            "patterns", "mistral-tiny",
            LoRASettings(
                rank: 4, alpha: 4, targets: .modules(["q_proj", "o_proj", "mlp.down_proj"]),
                rankPattern: ["layers.1.self_attn.q_proj": 2], alphaPattern: ["o_proj": 16])
        ),
    ]

    @Test("an adapter and the logits it gives are written", arguments: cases.map(\.name))
    func write(name: String) throws {
        let (_, modelName, settings) = try #require(Self.cases.first { $0.name == name })
        let folder = try #require(target) + "/" + name
        let base = "\(fixtures)/models/\(modelName)"
        let reference = try AdapterReference(folder: base)
        let model = try Decoder.load(folder: base)
        let adapter = try LoRAAdapter(settings, for: model, seed: 11)
        for (number, module) in adapter.modules.enumerated() {
            module.b.value.assign(Tensor.random(module.b.shape, seed: UInt64(number), deviation: 0.2))
        }
        try adapter.attach(to: model)
        try adapter.save(to: folder, baseModelName: nil)
        let rows = reference.layout.segments.map { segment in
            JSONValue.array(reference.ids[segment].map { .integer(Int($0)) })
        }
        let json: JSONValue = [
            "model": .string(base), "sequences": .array(rows),
            "logits": .array(reference.logits(model).map { .number(Double($0)) }),
        ]
        try DurableFile.write(json.serialized(), to: folder + "/expected.json")
    }
}

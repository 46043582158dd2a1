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
        ("regex", "llama-tiny", LoRASettings(rank: 2, targets: .pattern(#".*\.(q|k)_proj|.*\.1\.mlp\.up_proj"#))),
        (
            "excluded-layers", "llama-tiny",
            LoRASettings(
                rank: 2, targets: .modules(["q_proj", "up_proj"]), excluded: .modules(["up_proj"]), layers: [1],
                layersPattern: ["layers"])
        ),
        (
            "dora", "llama-tiny",
            LoRASettings(rank: 4, alpha: 8, targets: .modules(["q_proj", "down_proj"]), usesDoRA: true)
        ),
        (
            "dora-rslora-all", "qwen2-tiny",
            LoRASettings(rank: 2, alpha: 3, dropout: 0.2, isRankStabilized: true, usesDoRA: true)
        ),
        (
            "modules-to-save", "llama-tiny",
            LoRASettings(
                rank: 2, targets: .modules(["q_proj"]), modulesToSave: ["lm_head", "embed_tokens", "norm", "o_proj"])
        ),
        (
            "modules-to-save-tied", "qwen2-tiny",
            LoRASettings(rank: 2, targets: .modules(["v_proj"]), modulesToSave: ["embed_tokens", "k_proj"])
        ),
        ("embedding", "llama-tiny", LoRASettings(rank: 3, targets: .modules(["embed_tokens", "q_proj"]))),
        ("embedding-dora", "llama-tiny", LoRASettings(rank: 3, targets: .modules(["embed_tokens"]), usesDoRA: true)),
        ("embedding-tied", "qwen2-tiny", LoRASettings(rank: 3, targets: .modules(["embed_tokens", "o_proj"]))),
        ("head", "llama-tiny", LoRASettings(rank: 3, targets: .modules(["lm_head", "q_proj"]))),
        ("head-dora", "llama-tiny", LoRASettings(rank: 3, targets: .modules(["lm_head", "q_proj"]), usesDoRA: true)),
        (
            "tokens", "llama-tiny",
            LoRASettings(rank: 2, targets: .modules(["q_proj"]), trainedTokens: ["": [3, 9, 41]])
        ),
        (
            "tokens-tied", "qwen2-tiny",
            LoRASettings(rank: 2, targets: .modules(["q_proj"]), trainedTokens: ["embed_tokens": [7, 5]])
        ),
        (
            "bias-all", "qwen2-tiny",
            LoRASettings(rank: 2, targets: .modules(["q_proj", "o_proj"]), trainedBiases: .all)
        ),
        ("bias-lora", "qwen2-tiny", LoRASettings(rank: 2, targets: .modules(["q_proj"]), trainedBiases: .adapted)),
        ("lora-bias", "qwen2-tiny", LoRASettings(rank: 2, targets: .modules(["q_proj", "v_proj"]), hasBias: true)),
        ("conv1d", "gpt2-tiny", LoRASettings(rank: 2, targets: .modules(["c_attn", "mlp.c_proj"]))),
        ("conv1d-dora", "gpt2-tiny", LoRASettings(rank: 2, targets: .modules(["c_attn"]), usesDoRA: true)),
        (
            "conv1d-saved", "gpt2-tiny",
            LoRASettings(rank: 2, targets: .modules(["attn.c_proj"]), modulesToSave: ["wte", "ln_f", "c_fc"])
        ),
        ("fused-dora", "phi3-tiny", LoRASettings(rank: 2, targets: .allLinear, usesDoRA: true)),
        ("scaled-embedding", "gemma3-tiny", LoRASettings(rank: 2, targets: .modules(["embed_tokens", "q_proj"]))),
        ("interleaved", "gpt-neox-tiny", LoRASettings(rank: 2, targets: .allLinear, trainedBiases: .all)),
    ]

    @Test("an adapter, the merged model and the logits they give are written", arguments: cases.map(\.name))
    func write(name: String) throws {
        let (_, modelName, settings) = try #require(Self.cases.first { $0.name == name })
        let folder = try #require(target) + "/" + name
        let base = "\(fixtures)/models/\(modelName)"
        let reference = try AdapterReference(folder: base)
        let model = try Decoder.load(folder: base)
        let adapter = try LoRAAdapter(settings, for: model, seed: 11)
        for (number, parameter) in adapter.parameters.enumerated() {
            let noise = Tensor.random(parameter.variable.shape, seed: UInt64(number), deviation: 0.15)
            parameter.variable.value.add(noise)
        }
        let merged = try MergedWeights(base: model, adapter: adapter)
        try DurableFile.makeFolder(folder + "/merged")
        try SafetensorsFile.write(
            merged.keys.map { ($0, try merged.tensor($0)) }, to: folder + "/merged/model.safetensors", as: .float32)
        var configuration = merged.configuration
        configuration[configuration["torch_dtype"] == nil ? "dtype" : "torch_dtype"] = "float32"
        try DurableFile.write(
            JSONValue.object(configuration).serialized(.pretty()), to: folder + "/merged/config.json")
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

import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

@Suite("LoRA adapters: making, saving, refusing")
struct LoRAAdapterTests {
    let model: Decoder
    let folder = TemporaryFolder()

    init() throws { model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny") }

    /// A copy of a fixture adapter whose configuration is changed by `change`.
    func adapterFolder(_ name: String = "llama-lora", _ change: (inout JSONObject) -> Void) throws -> String {
        let source = "\(fixtures)/adapters/\(name)"
        var json = try JSONValue(readingFile: source + "/adapter_config.json").object ?? [:]
        change(&json)
        let target = folder.path + "/" + UUID().uuidString
        try DurableFile.makeFolder(target)
        try DurableFile.write(JSONValue.object(json).serialized(), to: target + "/adapter_config.json")
        try FileManager.default.copyItem(
            atPath: source + "/adapter_model.safetensors", toPath: target + "/adapter_model.safetensors")
        return target
    }

    @Test("a fresh adapter leaves the model unchanged, is seeded, and has uniform A within ±1/√in")
    func fresh() throws {
        let reference = try AdapterReference(folder: "\(fixtures)/adapters/llama-lora")
        let before = reference.logits(model)
        let settings = LoRASettings(rank: 4, alpha: 8, targets: .modules(["q_proj", "down_proj"]))
        let adapter = try LoRAAdapter(settings, for: model, seed: 7)
        try adapter.attach(to: model)
        #expect(reference.logits(model) == before)
        #expect(
            adapter.modules.map(\.key) == [
                "model.layers.0.self_attn.q_proj", "model.layers.0.mlp.down_proj", "model.layers.1.self_attn.q_proj",
                "model.layers.1.mlp.down_proj",
            ])
        let a = adapter.modules[1].a.value.toArray()
        let bound = 1 / Float(48).squareRoot()
        #expect(a.allSatisfy { abs($0) <= bound })
        #expect((a.max() ?? 0) > bound * 0.9 && (a.min() ?? 0) < -bound * 0.9)
        let again = try LoRAAdapter(settings, for: model, seed: 7)
        let other = try LoRAAdapter(settings, for: model, seed: 8)
        #expect(again.modules[1].a.value.toArray() == a)
        #expect(other.modules[1].a.value.toArray() != a)
        #expect(adapter.modules[0].a.value.toArray() != adapter.modules[2].a.value.toArray())
    }

    @Test("the scale is alpha over rank, or over its root when rank-stabilised; patterns override")
    func scale() {
        var settings = LoRASettings(rank: 16, alpha: 32)
        #expect(settings.scale(of: "model.layers.0.self_attn.q_proj") == 2)
        settings.isRankStabilized = true
        #expect(settings.scale(of: "model.layers.0.self_attn.q_proj") == 8)
        settings.rankPattern = ["layers.1.self_attn.q_proj": 4, ".*down_proj": 64]
        settings.alphaPattern = ["q_proj": 6]
        #expect(settings.scale(of: "model.layers.1.self_attn.q_proj") == 3)
        #expect(settings.scale(of: "model.layers.0.mlp.down_proj") == 4)
        #expect(settings.scale(of: "model.layers.0.mlp.up_proj") == 8)
    }

    @Test("all-linear takes seven projections a layer and leaves the head alone")
    func allLinear() throws {
        let adapter = try LoRAAdapter(LoRASettings(rank: 2), for: model, seed: 1)
        #expect(adapter.modules.count == 14)
        #expect(adapter.parameterCount == adapter.modules.reduce(0) { $0 + 2 * ($1.a.shape[1] + $1.b.shape[0]) })
    }

    @Test("dropout masks differ between projections and steps, and are replayed under checkpointing")
    func dropout() throws {
        let reference = try AdapterReference(folder: "\(fixtures)/adapters/llama-lora")
        let adapter = try LoRAAdapter(LoRASettings(rank: 4, alpha: 8, dropout: 0.5), for: model, seed: 1)
        for module in adapter.modules { module.b.value.fill(0.05) }
        try adapter.attach(to: model)
        let plain = reference.lossSum(model, seed: 3)
        let gradients = adapter.parameters.map { $0.variable.gradient?.toArray() }
        for parameter in adapter.parameters { parameter.variable.gradient = nil }
        #expect(reference.lossSum(model, checkpointing: true, seed: 3) == plain)
        #expect(adapter.parameters.map { $0.variable.gradient?.toArray() } == gradients)
        #expect(reference.lossSum(model, seed: 4) != plain)
        let evaluated = reference.lossSum(model, isTraining: false, seed: 3)
        #expect(evaluated != plain)
        #expect(evaluated == reference.lossSum(model, isTraining: false, seed: 4))
    }

    @Test("what PEFT wrote is written back with the same configuration and the same weights")
    func roundTrip() throws {
        for name in ["llama-lora", "qwen2-lora-patterns"] {
            let source = "\(fixtures)/adapters/\(name)"
            let adapter = try LoRAAdapter.load(folder: source)
            try adapter.save(to: folder.path + "/" + name, baseModelName: nil)
            let written = try String(contentsOfFile: folder.path + "/\(name)/adapter_config.json", encoding: .utf8)
            #expect(try written == String(contentsOfFile: source + "/adapter_config.json", encoding: .utf8))
            let ours = try Data(contentsOf: URL(filePath: folder.path + "/\(name)/adapter_model.safetensors"))
            #expect(try ours == Data(contentsOf: URL(filePath: source + "/adapter_model.safetensors")))
        }
    }

    @Test("a fresh adapter is written with PEFT's 41 keys, a model card, and loads again")
    func savedKeys() throws {
        let settings = LoRASettings(rank: 3, alpha: 4.5, dropout: 0.1, targets: .allLinear, isRankStabilized: true)
        let adapter = try LoRAAdapter(settings, for: model, seed: 2)
        try adapter.save(to: folder.path, baseModelName: "someone/a-model", as: .bfloat16)
        let json = try JSONValue(readingFile: folder.path + "/adapter_config.json").object ?? [:]
        let peft = try JSONValue(readingFile: "\(fixtures)/adapters/llama-lora/adapter_config.json").object ?? [:]
        #expect(Array(json.keys) == Array(peft.keys))
        #expect(json.count == 41)
        #expect(json["lora_alpha"] == 4.5 && json["r"] == 3 && json["use_rslora"] == true)
        #expect(json["base_model_name_or_path"] == "someone/a-model")
        #expect(json["target_modules"]?.array?.count == 7)
        let card = try String(contentsOfFile: folder.path + "/README.md", encoding: .utf8)
        #expect(card.hasPrefix("---\nbase_model: \"someone/a-model\"\nlibrary_name: peft\n"))
        let again = try LoRAAdapter.load(folder: folder.path)
        #expect(again.modules.count == adapter.modules.count)
        #expect(again.modules.first?.scale == adapter.modules.first?.scale)
    }

    @Test("unknown keys survive a round trip and are told")
    func unknownKeys() throws {
        let path = try adapterFolder { $0["from_tomorrow"] = [1, 2] }
        let adapter = try LoRAAdapter.load(folder: path)
        #expect(adapter.warnings.count == 1 && adapter.warnings[0].contains("from_tomorrow"))
        try adapter.save(to: folder.path + "/out", baseModelName: nil)
        #expect(try JSONValue(readingFile: folder.path + "/out/adapter_config.json")["from_tomorrow"] == [1, 2])
    }

    @Test(
        "features that would change the result are refused by name",
        arguments: [
            ("peft_type", "IA3", "IA3"), ("peft_type", "PREFIX_TUNING", "PREFIX_TUNING"), ("peft_type", "VERA", "VERA"),
            ("peft_type", "FROM_TOMORROW", "FROM_TOMORROW"), ("layer_replication", [[0, 2]], "replicated layers"),
            ("use_qalora", true, "QALoRA"), ("alora_invocation_tokens", [1, 2], "activated LoRA"),
            ("target_parameters", ["x.weight"], "target_parameters"), ("use_bdlora", [:], ""),
            ("kasa_config", ["a": 1], "KaSA"),
        ] as [(String, JSONValue, String)])
    func refused(key: String, value: JSONValue, words: String) throws {
        let path = try adapterFolder { $0[key] = value }
        guard !words.isEmpty else {
            // Empty settings are switched off.
            _ = try LoRAAdapter.load(folder: path)
            return
        }
        let error = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: path) }
        let text = try #require(error).description
        #expect(text.contains(words) && text.contains("adapter_config.json") && text.contains("erge"))
    }

    @Test("a rank that its weights do not have is refused with both shapes")
    func wrongRank() throws {
        let path = try adapterFolder { $0["r"] = 8 }
        let error = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: path) }
        #expect(error?.description.contains("gives rank 8") == true)
    }

    @Test("bad numbers are refused by key", arguments: ["r", "lora_alpha", "lora_dropout"])
    func badNumbers(key: String) throws {
        let path = try adapterFolder { $0[key] = -1 }
        let error = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: path) }
        #expect(error?.description.contains(" \(key) is -1") == true)
    }

    @Test("an adapter of another model names the module and both shapes, and leaves the model as it was")
    func shapeMismatch() throws {
        let adapter = try LoRAAdapter.load(folder: "\(fixtures)/adapters/llama-lora")
        let mistral = try Decoder.load(folder: "\(fixtures)/models/mistral-tiny")
        let error = #expect(throws: AdapterError.self) { try adapter.attach(to: mistral) }
        let text = try #require(error).description
        #expect(text.contains("q_proj' fits a weight of shape [32, 32], the model's is [48, 32]"))
        #expect(try mistral.projectionKeys.allSatisfy { !(try mistral.projection($0) is LoRALinear) })
    }

    @Test("attaching twice is refused, and an unknown target lists the known ones")
    func misuse() throws {
        let adapter = try LoRAAdapter(LoRASettings(rank: 2), for: model, seed: 1)
        try adapter.attach(to: model)
        #expect(throws: AdapterError.alreadyAdapted(module: "model.layers.0.self_attn.q_proj")) {
            try adapter.attach(to: model)
        }
        let error = #expect(throws: AdapterError.self) {
            try LoRAAdapter(LoRASettings(targets: .modules(["q_proj", "c_attn"])), for: model, seed: 1)
        }
        #expect(error?.description.contains("c_attn") == true && error?.description.contains("q_proj") == true)
    }

    @Test("a folder without an adapter, and one with foreign tensors, are named")
    func badFolders() throws {
        let missing = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: folder.path + "/nothing") }
        #expect(missing?.description.contains("adapter_config.json") == true)
        let path = try adapterFolder { _ in }
        try SafetensorsFile.write(
            [("base_model.model.lm_head.weight", Tensor.zeros([2, 2]))], to: path + "/adapter_model.safetensors")
        let foreign = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: path).attach(to: model) }
        #expect(foreign?.description.contains("lm_head") == true)
        for name in ["text_model.q_proj.lora_A.weight", "base_model.model.q_proj.lora_C.weight", "base_model.model"] {
            try SafetensorsFile.write([(name, Tensor.zeros([2, 2]))], to: path + "/adapter_model.safetensors")
            #expect(throws: AdapterError.unexpectedTensor(file: path + "/adapter_model.safetensors", key: name)) {
                try LoRAAdapter.load(folder: path)
            }
        }
        try SafetensorsFile.write(
            [("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", Tensor.zeros([4, 32]))],
            to: path + "/adapter_model.safetensors")
        let half = #expect(throws: SafetensorsError.self) { try LoRAAdapter.load(folder: path) }
        #expect(half?.description.contains("lora_B") == true)
    }
}

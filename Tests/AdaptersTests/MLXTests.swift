import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

@Suite("Adapters of mlx-lm")
struct MLXTests {
    let folder = TemporaryFolder()

    /// An adapter as mlx-lm writes it.
    func write(
        _ tensors: [(String, Tensor)], type: String = "lora", parameters: JSONValue, to name: String = "mlx"
    ) throws -> String {
        let path = folder.path + "/" + name
        try DurableFile.makeFolder(path)
        let json: JSONValue = [
            "adapter_path": "adapters", "batch_size": 4, "fine_tune_type": .string(type), "iters": 100,
            "lora_parameters": parameters, "model": "someone/a-model", "num_layers": 2, "train": true,
        ]
        try DurableFile.write(json.serialized(.pretty(indent: 4)), to: path + "/adapter_config.json")
        try SafetensorsFile.write(tensors, to: path + "/adapters.safetensors", metadata: [:])
        return path
    }

    @Test("lora_a and lora_b are the transposes, and the scale is said as it is")
    func reading() throws {
        let reference = try FeatureReference("llama-dora")
        let model = try reference.model()
        let source = try SafetensorsFile(path: "\(fixtures)/adapters/llama-lora/adapter_model.safetensors")
        var tensors: [(String, Tensor)] = []
        for entry in source.entries {
            // Element by element, apart from the code under test.
            let name = entry.name.dropFirst("base_model.model.".count)
            let (rows, columns) = (entry.shape[0], entry.shape[1])
            let values = try source.tensor(entry.name).toArray()
            let across = (0..<rows * columns).map { values[($0 % rows) * columns + $0 / rows] }
            let part = name.hasSuffix(".lora_A.weight") ? ".lora_a" : ".lora_b"
            tensors.append((name.dropLast(".lora_A.weight".count) + part, Tensor(across, shape: [columns, rows])))
        }
        let path = try write(
            tensors, parameters: ["rank": 4, "scale": 2.0, "dropout": 0.0, "keys": ["self_attn.q_proj"]])
        let adapter = try LoRAAdapter.load(folder: path)
        #expect(adapter.settings.rank == 4 && adapter.settings.alpha == 8 && adapter.warnings.isEmpty)
        let lora = try AdapterReference(folder: "\(fixtures)/adapters/llama-lora")
        try adapter.attach(to: model)
        #expect(largestDifference(lora.logits(model), lora.logits) < 1e-4)

        // What is not said is mlx-lm's default of 20.
        let plain = try LoRAAdapter.load(folder: write(tensors, parameters: ["rank": 4, "dropout": 0.0], to: "20"))
        #expect(plain.modules.first?.scale == 20 && plain.settings.alpha == 80)
        let early = try LoRAAdapter.load(
            folder: write(tensors, parameters: ["rank": 4, "alpha": 8, "scale": 10.0], to: "early"))
        #expect(early.modules.first?.scale == 20 && early.warnings.count == 1)
    }

    @Test(
        "PEFT to MLX and back is exact on weights, settings and logits",
        arguments: [
            "llama-lora", "llama-dora", "llama-embedding", "llama-saved", "llama-saved-projection",
        ])
    func there(name: String) throws {
        let reference = try FeatureReference(name == "llama-lora" ? "llama-dora" : name)
        let model = try reference.model()
        let first = try LoRAAdapter.load(folder: "\(fixtures)/adapters/\(name)")
        try first.saveMLX(to: folder.path + "/mlx", for: model, baseModelName: "someone/a-model")
        let second = try LoRAAdapter.load(folder: folder.path + "/mlx")
        let again = Dictionary(uniqueKeysWithValues: second.parameters.map { ($0.key, $0.variable.value) })
        #expect(Set(again.keys) == Set(first.parameters.map(\.key)))
        for (key, variable) in first.parameters { #expect(again[key]?.toArray() == variable.value.toArray(), "\(key)") }
        #expect(second.settings.alpha == first.settings.alpha && second.settings.rank == first.settings.rank)
        #expect(second.settings.usesDoRA == first.settings.usesDoRA)
        let (one, two) = (model.sharingWeights(), model.sharingWeights())
        try first.attach(to: one)
        try second.attach(to: two)
        #expect(reference.base.logits(one) == reference.base.logits(two))
        let json = try JSONValue(readingFile: folder.path + "/mlx/adapter_config.json")
        #expect(json["fine_tune_type"]?.string == (first.settings.usesDoRA ? "dora" : "lora"))
        #expect(json["num_layers"] == 2 && json["lora_parameters"]?["scale"]?.double == 2)
    }

    @Test("MLX to MLX keeps every argument and the bytes; layers are counted from the last")
    func back() throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny")
        let path = try write(
            [
                ("model.layers.1.self_attn.q_proj.lora_a", .random([32, 3], seed: 1)),
                ("model.layers.1.self_attn.q_proj.lora_b", .random([3, 32], seed: 2)),
            ], parameters: ["rank": 3, "scale": 16.5, "dropout": 0.25, "keys": ["self_attn.q_proj"]])
        try LoRAAdapter.load(folder: path).saveMLX(to: folder.path + "/again", for: model)
        var json = try JSONValue(readingFile: path + "/adapter_config.json").object ?? [:]
        json["num_layers"] = 1
        let again = try JSONValue(readingFile: folder.path + "/again/adapter_config.json").object ?? [:]
        #expect(Set(again.keys) == Set(json.keys))
        let style = JSONStyle.compact.sorted()
        for (key, value) in json { #expect(again[key]?.serialized(style) == value.serialized(style), "\(key)") }
        let (a, b) = (
            try SafetensorsFile(path: path + "/adapters.safetensors"),
            try SafetensorsFile(path: folder.path + "/again/adapters.safetensors")
        )
        for entry in a.entries { #expect(try a.bytes(entry.name) == b.bytes(entry.name)) }
        #expect(a.entries.count == b.entries.count)
    }

    @Test("ranks are filled up, scales that are powers of two apart folded in; others are refused with the module")
    func patterns() throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny")
        let ids: [Int32] = [5, 9, 33, 12, 7]
        func logits(_ adapter: LoRAAdapter) throws -> [Float] {
            let tuned = model.sharingWeights()
            try adapter.attach(to: tuned)
            let hidden = tuned(ids, layout: SequenceLayout(lengths: [ids.count]), in: .inference)
            return tuned.logits(hidden, in: .inference).value.toArray()
        }
        var settings = LoRASettings(rank: 4, alpha: 8, targets: .modules(["q_proj", "down_proj"]))
        settings.rankPattern = ["down_proj": 2]
        let adapter = try LoRAAdapter(settings, for: model, seed: 3)
        for (number, module) in adapter.modules.enumerated() {
            module.b.value.assign(Tensor.random(module.b.shape, seed: UInt64(number), deviation: 0.2))
        }
        try adapter.saveMLX(to: folder.path + "/mlx", for: model)
        let read = try LoRAAdapter.load(folder: folder.path + "/mlx")
        #expect(read.modules.allSatisfy { $0.a.shape[0] == 4 })
        #expect(largestDifference(try logits(read), try logits(adapter)) < 1e-5)
        settings.alphaPattern = ["down_proj": 7]
        let other = try LoRAAdapter(settings, for: model, seed: 3)
        let error = #expect(throws: AdapterError.self) { try other.saveMLX(to: folder.path + "/no", for: model) }
        #expect(error?.description.contains("different scales") == true)
    }

    @Test(
        "what mlx-lm has no word for, or means something else by, is refused",
        arguments: [
            "llama-tokens", "llama-embedding-dora", "qwen2-embedding-tied", "qwen2-lora-bias", "qwen2-bias-lora",
        ])
    func refused(name: String) throws {
        let reference = try FeatureReference(name)
        let adapter = try LoRAAdapter.load(folder: reference.folder)
        let error = #expect(throws: AdapterError.self) {
            try adapter.saveMLX(to: folder.path + "/no", for: reference.model())
        }
        #expect(error?.description.contains("cannot be written as MLX") == true)
    }

    @Test("broken MLX folders are named")
    func broken() throws {
        let a = ("model.layers.0.self_attn.q_proj.lora_a", Tensor.zeros([32, 4]))
        let b = ("model.layers.0.self_attn.q_proj.lora_b", Tensor.zeros([4, 32]))
        for (tensors, type, parameters) in [
            ([a, b], "lora", ["rank": 8]), ([a], "lora", ["rank": 4]), ([a, b], "dora", ["rank": 4]),
            ([a, b], "soft", ["rank": 4]), ([a, b], "lora", ["rank": 0]), ([a, b], "lora", ["rank": 4, "scale": -1]),
            ([], "lora", ["rank": 4]), ([("x.lora_c", Tensor.zeros([1]))], "lora", ["rank": 4]),
        ] as [([(String, Tensor)], String, JSONValue)] {
            let path = try write(tensors, type: type, parameters: parameters)
            #expect(throws: (any Error).self) { try LoRAAdapter.load(folder: path) }
        }
    }
}

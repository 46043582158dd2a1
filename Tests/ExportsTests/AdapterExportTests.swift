import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

@testable import Exports

@Suite("Adapter exports")
struct AdapterExportTests {
    let folder = TemporaryFolder()

    /// An adapter with factors that are not zero, saved in PEFT's layout.
    func adapter(for model: SmallModel, _ settings: LoRASettings) throws -> String {
        let adapter = try LoRAAdapter(settings, for: model.decoder, seed: 3)
        for (index, parameter) in adapter.parameters.enumerated() {
            let tensor = parameter.variable.value
            tensor.assign(.random(tensor.shape, seed: UInt64(50 + index), deviation: 0.1))
        }
        let path = folder.path + "/adapter"
        try adapter.save(to: path, baseModelName: "owner/base")
        return path
    }

    static let settings = LoRASettings(
        rank: 4, alpha: 6, targets: .modules(["q_proj", "k_proj", "down_proj"]), isRankStabilized: true,
        rankPattern: ["down_proj": 2])

    @Test("an adapter file on a base file gives what the merged file holds, in llama.cpp's arithmetic")
    func loraFile() throws {
        let model = try SmallModel("llama", in: folder)
        let adapter = try adapter(for: model, Self.settings)
        func export(_ name: String, adapter: String?, alone: Bool) throws -> GGUFFile {
            let path = folder.path + "/\(name).gguf"
            let exporter = try Exporter(
                ExportRequest(
                    model: model.folder, adapter: adapter, format: .gguf, type: .f32, adapterOnly: alone, output: path))
            try exporter.run()
            return try GGUFFile(path: path)
        }
        let base = try export("base", adapter: nil, alone: false)
        let merged = try export("merged", adapter: adapter, alone: false)
        let file = try export("lora", adapter: adapter, alone: true)
        #expect(file["general.type"] == .string("adapter") && file["adapter.type"] == .string("lora"))
        #expect(file["general.architecture"] == .string("llama"))
        let alpha = try #require(file["adapter.lora.alpha"]?.double)
        let names = file.tensors.map(\.name).filter { $0.hasSuffix(".lora_a") }.map { String($0.dropLast(7)) }
        #expect(names.count == 6)
        for name in names {
            let a = try file.tensor(name + ".lora_a")
            let b = try file.tensor(name + ".lora_b")
            let sum = try base.tensor(name).copy()
            sum.assign(b.asFloat32(), times: a.asFloat32(), alpha: Float(alpha) / Float(a.shape[0]), accumulate: true)
            for (x, y) in zip(sum.toArray(), try merged.tensor(name).toArray()) { #expect(abs(x - y) < 1e-6) }
        }
        for tensor in base.tensors where !names.contains(tensor.name) {
            #expect(try base.storedBytes(tensor.name) == merged.storedBytes(tensor.name))
        }
    }

    @Test("merging is measured on the logits, and refused above the bound")
    func mergeBound() throws {
        let model = try SmallModel("qwen2", in: folder)
        let adapter = try adapter(for: model, Self.settings)
        var request = ExportRequest(
            model: model.folder, adapter: adapter, format: .safetensors, output: folder.path + "/merged")
        let exporter = try Exporter(request)
        let difference = try #require(exporter.plan.mergeDifference)
        #expect(difference < 1e-4)
        try exporter.run()
        let merged = SmallModel.logits(try Decoder.load(folder: request.output))
        let adapted = try Decoder.load(folder: model.folder)
        try LoRAAdapter.load(folder: adapter).attach(to: adapted)
        for (a, b) in zip(merged, SmallModel.logits(adapted)) { #expect(abs(a - b) < 1e-4) }
        #expect(SmallModel.logits(model.decoder) != merged)

        request.mergeBound = -1
        request.output = folder.path + "/refused"
        let refused = try Exporter(request)
        #expect(refused.plan.errors.contains { $0.description.contains("a logit moves") })
    }

    @Test("the peft format is the adapter as it is; mlx has its factors transposed and one scale")
    func folders() throws {
        let model = try SmallModel("qwen2", in: folder)
        let adapter = try adapter(for: model, LoRASettings(rank: 4, alpha: 6, targets: .modules(["q_proj", "v_proj"])))
        let peft = try Exporter(
            ExportRequest(
                model: model.folder, adapter: adapter, format: .peft, output: folder.path + "/peft"))
        try peft.run()
        #expect(folder.names("peft") == ["README.md", "adapter_config.json", "adapter_model.safetensors"])
        #expect(
            FileManager.default.contentsEqual(
                atPath: adapter + "/adapter_model.safetensors",
                andPath: folder.path + "/peft/adapter_model.safetensors"))
        let mlx = try Exporter(
            ExportRequest(model: model.folder, adapter: adapter, format: .mlx, output: folder.path + "/mlx"))
        try mlx.run()
        let loaded = try LoRAAdapter.load(folder: adapter)
        let file = try SafetensorsFile(path: folder.path + "/mlx/adapters.safetensors")
        for module in loaded.modules {
            #expect(try file.tensor(module.key + ".lora_a").toArray() == module.a.value.transposed().toArray())
            #expect(try file.tensor(module.key + ".lora_b").toArray() == module.b.value.transposed().toArray())
        }
        let json = try JSONValue(readingFile: folder.path + "/mlx/adapter_config.json")
        #expect(json["fine_tune_type"] == "lora" && json["num_layers"] == 2)
        #expect(json["lora_parameters"]?["scale"]?.double == 1.5 && json["lora_parameters"]?["rank"] == 4)
        #expect(json["lora_parameters"]?["keys"] == ["self_attn.q_proj", "self_attn.v_proj"])
    }

    @Test("formats that need an adapter say so; before training its absence is no fault")
    func withoutAdapter() throws {
        let model = try SmallModel("qwen2", in: folder)
        for (format, alone) in [(ExportFormat.peft, false), (.mlx, false), (.gguf, true)] {
            let request = ExportRequest(
                model: model.folder, format: format, adapterOnly: alone, output: folder.path + "/none")
            #expect(try Exporter(request).plan.errors.count == 1)
            #expect(try Exporter(request, rehearsing: true).plan.errors.isEmpty)
        }
    }
}

@Suite("Safetensors exports")
struct SafetensorsExportTests {
    let folder = TemporaryFolder()

    @Test("shards are cut and indexed as transformers does")
    func shards() throws {
        let plan = ShardPlan(
            [("a", 40, 10), ("b", 60, 15), ("c", 200, 50), ("d", 10, 5)], limit: 100)
        #expect(plan.shards.map(\.keys) == [["a", "b"], ["c"], ["d"]])
        #expect(plan.names.first == "model-00001-of-00003.safetensors")
        #expect(
            plan.index == """
                {
                  "metadata": {
                    "total_parameters": 80,
                    "total_size": 310
                  },
                  "weight_map": {
                    "a": "model-00001-of-00003.safetensors",
                    "b": "model-00001-of-00003.safetensors",
                    "c": "model-00002-of-00003.safetensors",
                    "d": "model-00003-of-00003.safetensors"
                  }
                }

                """)
        #expect(ShardPlan([("a", 4, 1)], limit: 1).index == nil)
        #expect(ShardPlan([("a", 4, 1)], limit: 1).names == ["model.safetensors"])
    }

    @Test("a sharded folder loads as the model it was, in the type asked for")
    func loading() throws {
        let model = try SmallModel("gemma2", in: folder)
        for type in [ExportType.bf16, nil] {
            let output = folder.path + "/\(type?.rawValue ?? "own")"
            let exporter = try Exporter(
                ExportRequest(
                    model: model.folder, format: .safetensors, type: type, maxShardBytes: 20_000, output: output))
            try exporter.run()
            let files = Dictionary(uniqueKeysWithValues: exporter.plan.files.map { ($0.name, $0.bytes) })
            #expect(Set(files.keys) == Set(folder.names(type?.rawValue ?? "own")))
            #expect(files["model.safetensors.index.json"] != nil && files["tokenizer.json"] != nil)
            let checkpoint = try Checkpoint(folder: output)
            for (key, variable) in model.decoder.parameters {
                let expected = type == nil ? variable.value : variable.value.converted(to: .bfloat16)
                #expect(try checkpoint.tensor(key).toArray() == expected.toArray())
            }
            let json = try JSONValue(readingFile: output + "/config.json")
            #expect((json["dtype"] ?? json["torch_dtype"]) == (type == nil ? "float32" : "bfloat16"))
        }
        let replaced = try Exporter(
            ExportRequest(model: model.folder, format: .safetensors, output: folder.path + "/own", replaces: true))
        try replaced.run()
        #expect(folder.names("own").contains("model.safetensors"))
        #expect(!folder.names("own").contains("model.safetensors.index.json"))
        #expect(folder.names().filter { $0.contains("partial") }.isEmpty)
        let wrong = try Exporter(
            ExportRequest(model: model.folder, format: .safetensors, type: .q8_0, output: folder.path + "/q"))
        #expect(wrong.plan.errors.count == 1)
    }
}

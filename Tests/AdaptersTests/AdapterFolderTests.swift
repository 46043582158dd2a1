import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

@Suite("Adapter folders: found, refused, damaged")
struct AdapterFolderTests {
    let folder = TemporaryFolder()
    let lora = "\(fixtures)/adapters/llama-lora"

    func copy(of source: String, to name: String, _ change: (inout JSONObject) -> Void = { _ in }) throws -> String {
        let target = folder.path + "/" + name
        try DurableFile.makeFolder(target)
        var json = try JSONValue(readingFile: source + "/adapter_config.json").object ?? [:]
        change(&json)
        try DurableFile.write(JSONValue.object(json).serialized(), to: target + "/adapter_config.json")
        try FileManager.default.copyReplacing(
            source + "/adapter_model.safetensors", target + "/adapter_model.safetensors")
        return target
    }

    @Test("an adapter in a folder of its name is found, with a word; of several one must be named")
    func subfolders() throws {
        _ = try copy(of: lora, to: "out/first")
        let adapter = try LoRAAdapter.load(folder: folder.path + "/out")
        #expect(adapter.modules.count == 6)
        #expect(adapter.warnings.count == 1 && adapter.warnings[0].contains("'first'"))
        _ = try copy(of: lora, to: "out/second")
        #expect(throws: AdapterError.severalAdapters(folder: folder.path + "/out", names: ["first", "second"])) {
            try LoRAAdapter.load(folder: folder.path + "/out")
        }
    }

    @Test("a pickle is not read: what to do is said")
    func pickle() throws {
        let path = try copy(of: lora, to: "old")
        try FileManager.default.moveItem(
            atPath: path + "/adapter_model.safetensors", toPath: path + "/adapter_model.bin")
        let error = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: path) }
        #expect(error == .pickledWeights(file: path + "/adapter_model.bin"))
        #expect(error?.description.contains("save_pretrained") == true)
    }

    @Test(
        "ways of making the first weights that change the base are refused, the others are not",
        arguments: [
            ("pissa", false), ("pissa_niter_16", false), ("OLoRA", false), ("corda", false), ("loftq", false),
            ("gaussian", true), ("eva", true), ("orthogonal", true), ("lora_ga", true), ("mica", true), (true, true),
            (false, true),
        ] as [(JSONValue, Bool)])
    func initialization(value: JSONValue, loads: Bool) throws {
        let path = try copy(of: lora, to: "made") { $0["init_lora_weights"] = value }
        if loads {
            _ = try LoRAAdapter.load(folder: path)
            return
        }
        let error = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: path) }
        #expect(error?.description.contains("path_initial_model_for_weight_conversion") == true)
    }

    @Test(
        "values of the wrong kind are refused by key",
        arguments: [
            ("use_dora", "yes"), ("bias", "some"), ("modules_to_save", 3), ("modules_to_save", [3]),
            ("target_modules", 1), ("target_modules", "("), ("exclude_modules", "[a"), ("layers_to_transform", "x"),
            ("rank_pattern", [1]), ("rank_pattern", ["q_proj": 0]), ("rank_pattern", ["(": 2]),
            ("alpha_pattern", ["q_proj": "a"]), ("trainable_token_indices", [-1]),
            ("trainable_token_indices", [1, 1]), ("trainable_token_indices", ["embed_tokens": 3]), ("r", 1e300),
            ("layers_pattern", ["("]),
        ] as [(String, JSONValue)])
    func badValues(key: String, value: JSONValue) throws {
        let path = try copy(of: lora, to: "bad") { $0[key] = value }
        let error = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: path) }
        #expect(error?.description.contains(key) == true, "\(error?.description ?? "")")
    }

    @Test(
        "weights in half precision compute, and are written back in their own type",
        arguments: [
            ElementType.float16, .bfloat16,
        ])
    func halfPrecision(type: ElementType) throws {
        let source = "\(fixtures)/adapters/llama-dora"
        let path = folder.path + "/half"
        try LoRAAdapter.load(folder: source).save(to: path, baseModelName: nil, as: type)
        let adapter = try LoRAAdapter.load(folder: path)
        let copy = folder.path + "/copy"
        try adapter.save(to: copy, baseModelName: nil)
        for file in ["adapter_config.json", "adapter_model.safetensors"] {
            let a = try Data(contentsOf: URL(filePath: path + "/" + file))
            #expect(try a == Data(contentsOf: URL(filePath: copy + "/" + file)))
        }
        let reference = try FeatureReference("llama-dora")
        let model = try reference.model()
        try adapter.attach(to: model)
        let difference = largestDifference(reference.base.logits(model), try reference.logits)
        #expect(difference > 0 && difference < 0.1)
        // Going on with the training needs float32.
        let trained = try LoRAAdapter.load(folder: path, trainable: true)
        #expect(trained.parameters.allSatisfy { $0.variable.value.elementType == .float32 })
    }

    @Test("a tensor that the configuration has no word for is refused, and so is one that is missing")
    func tensors() throws {
        let dora = try copy(of: "\(fixtures)/adapters/llama-dora", to: "plain") { $0["use_dora"] = false }
        let extra = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: dora) }
        #expect(extra?.description.contains("lora_magnitude_vector") == true)
        let plain = try copy(of: lora, to: "dora") { $0["use_dora"] = true }
        let missing = #expect(throws: SafetensorsError.self) { try LoRAAdapter.load(folder: plain) }
        #expect(missing?.description.contains("lora_magnitude_vector") == true)
        let tokens = try copy(of: "\(fixtures)/adapters/llama-tokens", to: "tokens") {
            $0["trainable_token_indices"] = [1, 2]
        }
        let wrong = #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: tokens) }
        #expect(wrong?.description.contains("names 2 tokens") == true)
    }

    @Test("an adapter made for a larger vocabulary is refused by module")
    func vocabulary() throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/qwen2-tiny")
        for name in ["llama-saved", "llama-head"] {
            let adapter = try LoRAAdapter.load(folder: "\(fixtures)/adapters/\(name)")
            let path = folder.path + "/wide"
            try adapter.save(to: path, baseModelName: nil)
            let file = try SafetensorsFile(path: path + "/adapter_model.safetensors")
            var tensors = try file.entries.map { (name: $0.name, tensor: try file.tensor($0.name)) }
            for index in tensors.indices where tensors[index].tensor.shape == [64, 32] {
                tensors[index].tensor = .zeros([66, 32])
            }
            try SafetensorsFile.write(tensors, to: path + "/adapter_model.safetensors")
            let error = #expect(throws: AdapterError.self) {
                try LoRAAdapter.load(folder: path).attach(to: model)
            }
            #expect(error?.description.contains("[66, 32]") == true)
        }
    }

    @Test("damaged configurations and weights are refused, never a crash")
    func damaged() throws {
        var state: UInt64 = 7
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, bound)
        }
        let model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny")
        let path = folder.path + "/damaged"
        try DurableFile.makeFolder(path)
        var loaded = 0
        for round in 0..<400 {
            let source = "\(fixtures)/adapters/" + ["llama-lora", "llama-tokens", "llama-embedding-dora"][round % 3]
            for (index, file) in ["adapter_config.json", "adapter_model.safetensors"].enumerated() {
                var bytes = [UInt8](try Data(contentsOf: URL(filePath: source + "/" + file)))
                if round % 2 == index {
                    for _ in 0...next(4) { bytes[next(min(bytes.count, 2_500))] = UInt8(next(256)) }
                    if next(8) == 0 { bytes = Array(bytes.prefix(next(bytes.count))) }
                }
                try Data(bytes).write(to: URL(filePath: path + "/" + file))
            }
            if let adapter = try? LoRAAdapter.load(folder: path), (try? adapter.attach(to: model)) != nil {
                adapter.detach(from: model)
                loaded += 1
            }
        }
        #expect(loaded > 20)
    }

    @Test("a configuration with pieces moved, doubled and dropped is read or refused")
    func mutatedConfigurations() throws {
        var state: UInt64 = 3
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, bound)
        }
        let seeds = try ["qwen2-lora-patterns", "llama-tokens", "qwen2-bias-all"].map { name in
            [UInt8](try Data(contentsOf: URL(filePath: "\(fixtures)/adapters/\(name)/adapter_config.json")))
        }
        let words = [
            "null", "true", "[1]", "{\"a\": 2}", "\"(a|b)*\"", "1e400", "-1", "[]", "\"\"", "9999999999999999999",
        ]
        var read = 0
        for _ in 0..<1_500 {
            var bytes = seeds[next(seeds.count)]
            for _ in 0...next(3) {
                // A value of one line in the place of another, or bytes cut out.
                let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
                var changed = lines
                let at = 1 + next(lines.count - 2)
                if let colon = changed[at].firstIndex(of: 58) {
                    let word = words[next(words.count)]
                    changed[at] = Array(changed[at][...colon]) + Array((word + ",").utf8)
                }
                if next(6) == 0 { changed.remove(at: next(changed.count)) }
                bytes = Array(changed.joined(separator: [10]))
            }
            guard let settings = try? LoRASettings.read(configuration: bytes) else { continue }
            read += 1
            _ = settings.targets("model.layers.0.self_attn.q_proj")
            _ = settings.scale(of: "model.layers.1.mlp.down_proj")
        }
        #expect(read > 50)
    }
}

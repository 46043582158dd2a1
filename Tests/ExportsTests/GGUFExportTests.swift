import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import Tokenizers
import WeightFiles

@testable import Exports

@Suite("GGUF exports")
struct GGUFExportTests {
    let folder = TemporaryFolder()

    static let kinds = ["llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3", "gpt2"]

    func export(_ model: String, _ type: ExportType, pre: String? = nil) throws -> (path: String, plan: ExportPlan) {
        let path = folder.path + "/out-\(type.rawValue).gguf"
        let exporter = try Exporter(
            ExportRequest(
                model: model, format: .gguf, type: type, preTokenizer: pre, name: "small", output: path,
                replaces: true))
        try exporter.run()
        return (path, exporter.plan)
    }

    @Test("every kind of model reads back as it was: weights, configuration and logits, bit for bit", arguments: kinds)
    func roundTrip(kind: String) throws {
        let model = try SmallModel(kind, in: folder)
        let (path, plan) = try export(model.folder, .f32)
        #expect(plan.errors.isEmpty)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == plan.bytes)
        let read = try GGUFModel(path: path)
        let checkpoint = try Checkpoint(folder: model.folder)
        #expect(read.names == checkpoint.names)
        for name in checkpoint.names {
            let (a, b) = (try read.tensor(name).toArray(), try checkpoint.tensor(name).toArray())
            // 1 + w − 1 loses the last bits of a small w.
            let isShifted = kind.hasPrefix("gemma") && name.hasSuffix("norm.weight")
            #expect(zip(a, b).allSatisfy { isShifted ? abs($0 - $1) < 2e-7 : $0 == $1 }, "\(name)")
        }
        let configuration = try ModelConfiguration(json: read.configuration)
        let original = model.decoder.configuration
        #expect(configuration.family == original.family || kind == "mistral")
        #expect(configuration.windows == original.windows)
        #expect(configuration.headWidth == original.headWidth)
        let expected = SmallModel.logits(try Decoder.load(folder: model.folder))
        let actual = SmallModel.logits(try Decoder.load(folder: path))
        let tolerance: Float = kind.hasPrefix("gemma") || kind == "llama" ? 1e-4 : 0
        #expect(zip(expected, actual).allSatisfy { abs($0 - $1) <= tolerance })
    }

    @Test("every type reads back within its error", arguments: ExportType.allCases)
    func types(type: ExportType) throws {
        let model = try SmallModel(
            "qwen2", in: folder, extra: ["hidden_size": 256, "intermediate_size": 256, "num_attention_heads": 8])
        let (path, _) = try export(model.folder, type)
        let read = try GGUFModel(path: path)
        #expect(read.file["general.file_type"] == .uint32(type.fileType))
        // Relative to the largest weight of a tensor, from the number of levels.
        let bounds: [ExportType: Float] = [
            .f32: 0, .f16: 6e-4, .bf16: 5e-3, .q8_0: 6e-3, .q4_0: 0.13, .q4_k_m: 0.13, .q6_k: 0.04,
        ]
        for (key, variable) in model.decoder.parameters {
            let values = variable.value.toArray()
            let largest = values.reduce(0) { max($0, abs($1)) }
            let bound = (bounds[type] ?? 0) * largest
            let actual = try read.tensor(key, shape: variable.shape).toArray()
            let worst = zip(actual, values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(worst <= (variable.shape.count == 1 ? 0 : bound), "\(key)")
        }
    }

    @Test("metadata says what the model is, its vocabulary and its template")
    func metadata() throws {
        let model = try SmallModel("llama", in: folder)
        try DurableFile.write(
            "---\nlicense: apache-2.0\nbase_model: owner/base\ntags: [a, \"b\"]\n---\n# Card\n",
            to: model.folder + "/README.md")
        let file = try GGUFFile(path: try export(model.folder, .q8_0).path)
        #expect(file["general.architecture"] == .string("llama") && file["general.name"] == .string("small"))
        #expect(file["general.type"] == .string("model") && file["general.license"] == .string("apache-2.0"))
        #expect(file["general.base_model.count"] == .uint32(1) && file["general.tags"] == .strings(["a", "b"]))
        #expect(file["general.base_model.0.repo_url"] == .string("https://huggingface.co/owner/base"))
        #expect(file["general.quantization_version"] == .uint32(2) && file["general.alignment"] == .uint32(32))
        #expect(file["llama.block_count"] == .uint32(2) && file["llama.embedding_length"] == .uint32(32))
        #expect(file["llama.attention.head_count_kv"] == .uint32(2) && file["llama.vocab_size"] == .uint32(40))
        #expect(file["llama.rope.dimension_count"] == .uint32(32) && file["llama.rope.freq_base"] == .float32(10_000))
        #expect(file["llama.attention.layer_norm_rms_epsilon"] == .float32(1e-5))
        #expect(file["tokenizer.ggml.model"] == .string("gpt2") && file["tokenizer.ggml.pre"] == .string("gpt-2"))
        let tokens = try #require(file["tokenizer.ggml.tokens"]?.strings)
        #expect(tokens.count == 40)
        #expect(Array(tokens[0..<4]) == ["<unk>", "<s>", "</s>", "a"])
        #expect(Array(tokens[20..<26]) == ["ab", "Ġab", "a tool", "<|end|>", "[PAD24]", "[PAD25]"])
        let types = try #require(file["tokenizer.ggml.token_type"]?.int32s)
        #expect(Array(types[0..<4]) == [3, 3, 3, 1])
        #expect(Array(types[20..<25]) == [1, 1, 4, 3, 5])
        #expect(file["tokenizer.ggml.merges"] == .strings(["a b", "Ġ ab"]))
        #expect(file["tokenizer.ggml.bos_token_id"] == .uint32(1) && file["tokenizer.ggml.eos_token_id"] == .uint32(2))
        #expect(file["tokenizer.ggml.add_bos_token"] == .bool(true))
        #expect(file["tokenizer.ggml.add_eos_token"] == .bool(false))
        #expect(file["tokenizer.chat_template"] == .string("{{ messages }}"))
        #expect(file.info("rope_freqs.weight")?.shape == [16])
        #expect(file.info("blk.1.attn_norm.weight")?.type == .f32 && file.info("blk.1.ffn_up.weight")?.type == .q8_0)
    }

    @Test("rows of queries and keys become pairs, and back")
    func pairs() throws {
        #expect(GGUFArchitecture.pairedOrder(heads: 2, width: 6) == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
        let order = GGUFArchitecture.pairedOrder(heads: 3, width: 8)
        let back = GGUFArchitecture.halvedOrder(heads: 3, width: 8)
        #expect(back.map { order[Int($0)] } == (0..<24).map { Int32($0) })
        let model = try SmallModel("llama", in: folder)
        let file = try GGUFFile(path: try export(model.folder, .f32).path)
        let key = "model.layers.1.self_attn.k_proj.weight"
        let weight = try Checkpoint(folder: model.folder).tensor(key)
        let written = try file.tensor("blk.1.attn_k.weight", shape: weight.shape)
        for (row, source) in GGUFArchitecture.pairedOrder(heads: 2, width: 32).enumerated() {
            #expect(written.rows(row..<row + 1).toArray() == weight.rows(Int(source)..<Int(source) + 1).toArray())
        }
    }

    @Test("llama.cpp's mixtures: the head, values and projections of some layers get more bits")
    func mixtures() {
        let facts = MixtureFacts(layers: 16, tiesHead: false, sharesValuesWidely: false)
        func type(_ type: ExportType, _ name: String, _ width: Int = 512, tied: Bool = false) -> GGUFTensorType {
            var facts = facts
            facts.tiesHead = tied
            return type.tensorType(name: name, shape: [8, width], of: facts)
        }
        #expect(type(.q4_k_m, "output.weight") == .q6_K && type(.q4_0, "output.weight") == .q6_K)
        #expect(type(.q4_k_m, "token_embd.weight") == .q4_K)
        #expect(type(.q4_k_m, "token_embd.weight", tied: true) == .q6_K)
        #expect((0..<16).map { type(.q4_k_m, "blk.\($0).attn_v.weight") == .q6_K }.filter { $0 }.count == 8)
        #expect(type(.q4_k_m, "blk.0.ffn_down.weight") == .q6_K && type(.q4_k_m, "blk.2.ffn_down.weight") == .q4_K)
        #expect(type(.q4_k_m, "blk.4.ffn_down.weight") == .q6_K && type(.q4_k_m, "blk.0.attn_q.weight") == .q4_K)
        // Rows that are no whole number of blocks.
        #expect(type(.q4_k_m, "blk.2.ffn_up.weight", 96) == .q5_0 && type(.q6_k, "blk.2.ffn_up.weight", 96) == .q8_0)
        #expect(type(.q4_k_m, "output.weight", 96) == .q8_0 && type(.q4_0, "output.weight", 96) == .q8_0)
        #expect(type(.q8_0, "blk.2.ffn_up.weight", 40) == .f16 && type(.q4_0, "blk.2.ffn_up.weight", 40) == .f16)
        #expect(type(.q4_k_m, "blk.2.attn_norm.weight") == .f32 && type(.f16, "position_embd.weight") == .f32)
        #expect(ExportType.f16.tensorType(name: "blk.0.attn_q.bias", shape: [8], of: facts) == .f32)
    }

    @Test("every reason against an export is told at once, and nothing is written")
    func reasons() throws {
        let model = try SmallModel(
            "gemma2", in: folder, extra: ["query_pre_attn_scalar": 20, "final_logit_softcapping": .null])
        try SmallModel.writeTokenizer(
            to: model.folder,
            preTokenizer: [
                "type": "Sequence",
                "pretokenizers": [
                    ["type": "Split", "pattern": ["Regex": "x+"], "behavior": "Isolated", "invert": false],
                    ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false],
                ],
            ])
        let path = folder.path + "/refused.gguf"
        let exporter = try Exporter(ExportRequest(model: model.folder, format: .gguf, output: path))
        let texts = exporter.plan.errors.map(\.description)
        #expect(texts.count == 3)
        #expect(texts.contains { $0.contains("query_pre_attn_scalar") })
        #expect(texts.contains { $0.contains("final_logit_softcapping") })
        #expect(texts.contains { $0.contains("--pre") && $0.contains("x+") })
        #expect(throws: ExportError.self) { try exporter.run() }
        #expect(!FileManager.default.fileExists(atPath: path))
        let forced = try Exporter(
            ExportRequest(model: model.folder, format: .gguf, preTokenizer: "qwen", output: path))
        #expect(forced.plan.errors.contains { $0.description.contains("--pre qwen2") })
    }

    @Test("a model of an unknown kind, one without its weights and damaged weights are refused in words")
    func refusals() throws {
        let model = try SmallModel("qwen2", in: folder)
        let config = model.folder + "/config.json"
        var json = try #require(try JSONValue(readingFile: config).object)
        json["model_type"] = "olmo2"
        try DurableFile.write(JSONValue.object(json).serialized(), to: config)
        let unknown = try Exporter(ExportRequest(model: model.folder, format: .gguf, output: folder.path + "/a.gguf"))
        #expect(unknown.plan.errors.first?.description.contains("'olmo2'") == true)

        json["model_type"] = "qwen2"
        json["num_hidden_layers"] = 3
        try DurableFile.write(JSONValue.object(json).serialized(), to: config)
        let short = try Exporter(ExportRequest(model: model.folder, format: .gguf, output: folder.path + "/a.gguf"))
        #expect(short.plan.errors.contains { $0.description.contains("blk.2.attn_q.weight") })

        let damaged = try SmallModel("qwen2", in: folder, seed: 2)
        damaged.decoder.parameters[3].variable.value.fill(.nan)
        try damaged.decoder.save(to: damaged.folder, as: .float32)
        let exporter = try Exporter(
            ExportRequest(model: damaged.folder, format: .gguf, type: .q8_0, output: folder.path + "/b.gguf"))
        #expect(throws: ExportError.notFinite(key: damaged.decoder.parameters[3].key)) { try exporter.run() }
        #expect(folder.names().filter { $0.contains("b.gguf") }.isEmpty)
    }

    @Test("a mutated model is read or refused, never a crash", arguments: ["llama", "gemma3_text", "phi3", "gpt2"])
    func mutations(kind: String) throws {
        let model = try SmallModel(kind, in: folder)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: try export(model.folder, .q8_0).path)))
        let path = folder.path + "/mutated.gguf"
        let rounds = Int(ProcessInfo.processInfo.environment["FTBENCH_GGUF_MUTATIONS"] ?? "") ?? 60
        var state: UInt64 = 11
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, limit)
        }
        var read = 0
        for _ in 0..<rounds {
            var mutated = bytes
            for _ in 0...next(3) {
                // Most of the metadata lies in front.
                let place = next(min(mutated.count, 6000))
                switch next(4) {
                case 0: mutated[place] ^= 1 << UInt8(next(8))
                case 1: mutated[place] = UInt8(next(256))
                case 2: for offset in place..<min(place + 4, mutated.count) { mutated[offset] = UInt8(next(2) * 255) }
                default: for offset in place..<min(place + 8, mutated.count) { mutated[offset] = 0 }
                }
            }
            try Data(mutated).write(to: URL(filePath: path))
            if let file = try? GGUFFile(path: path) {
                if let vocabulary = GGUFVocabulary(file: file) { _ = try? Tokenizer(gguf: vocabulary, named: path) }
            }
            if (try? ModelFacts.read(folder: path)) != nil { read += 1 }
            _ = try? Decoder.load(folder: path)
        }
        #expect(read > 0)
    }

    @Test("what is at the output stays unless it may be replaced; a folder gets a file with a telling name")
    func output() throws {
        let model = try SmallModel("qwen2", in: folder)
        let path = folder.path + "/there.gguf"
        try DurableFile.write("mine", to: path)
        let exporter = try Exporter(ExportRequest(model: model.folder, format: .gguf, output: path))
        #expect(exporter.plan.errors.first?.description.contains("--force") == true)
        let named = try Exporter(
            ExportRequest(model: model.folder, format: .gguf, type: .q8_0, name: "mine", output: folder.path + "/new/"))
        #expect(named.plan.output == folder.path + "/new/mine-Q8_0.gguf")
        try named.run()
        #expect(folder.names("new") == ["mine-Q8_0.gguf"])
    }
}

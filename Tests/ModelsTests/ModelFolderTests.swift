import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

@Suite("Model folders: loading, refusing, saving")
struct ModelFolderTests {
    let folder = TemporaryFolder()
    let llama = "\(fixtures)/models/llama-tiny"

    func refusal(_ change: (inout JSONObject) -> Void = { _ in }) throws -> String {
        var json = try JSONValue(readingFile: llama + "/config.json").object ?? [:]
        change(&json)
        try folder.write(JSONValue.object(json).serialized(), to: "config.json")
        let weights = folder.path + "/model.safetensors"
        if !FileManager.default.fileExists(atPath: weights) {
            try folder.copy(llama + "/model.safetensors", as: "model.safetensors")
        }
        do {
            _ = try Decoder.load(folder: folder.path)
            return "loaded"
        } catch {
            return "\(error)"
        }
    }

    @Test("a configuration that does not fit the weights names the tensor and both shapes")
    func wrongShape() throws {
        let text = try refusal { $0["intermediate_size"] = 64 }
        #expect(text.contains("'model.layers.0.mlp.gate_proj.weight'") && text.contains("[48, 32]"))
        #expect(text.contains("[64, 32]"))
    }

    @Test("a missing tensor is named")
    func missingTensor() throws {
        #expect(
            try refusal { $0["num_hidden_layers"] = 3 }.contains("no tensor 'model.layers.2.self_attn.q_proj.weight'"))
        #expect(try refusal { $0["model_type"] = "qwen2" }.contains("no tensor 'model.layers.0.self_attn.q_proj.bias'"))
    }

    @Test("weights that the configuration has no place for are refused, since the result would be another model")
    func unusedTensor() throws {
        let text = try refusal { $0["num_hidden_layers"] = 1 }
        #expect(text.contains("'model.layers.1.") && text.contains("has no place"))
    }

    @Test("a pointer or a cut file instead of weights, and a folder without config.json, are said so")
    func badFiles() throws {
        try folder.write("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", to: "model.safetensors")
        #expect(try refusal().contains("Git LFS pointer"))
        let whole = try Data(contentsOf: URL(filePath: llama + "/model.safetensors"))
        try whole.prefix(whole.count - 100).write(to: URL(filePath: folder.path + "/model.safetensors"))
        #expect(try refusal().contains("cut short"))
        let error = #expect(throws: ModelError.self) { try ModelConfiguration.load(folder: folder.path + "/none") }
        #expect(error?.description.contains("config.json") == true)
        try folder.write("{\"model_type\": \"llama\",\n oops}", to: "config.json")
        let invalid = #expect(throws: ModelError.self) { try ModelConfiguration.load(folder: folder.path) }
        #expect(invalid?.description.contains("line 2") == true)
    }

    @Test("the head of a tied model may be the only copy of the table")
    func onlyHeadStored() throws {
        let qwen = "\(fixtures)/models/qwen2-tiny"
        let model = try Decoder.load(folder: qwen)
        let renamed = model.parameters.map {
            (name: $0.key == "model.embed_tokens.weight" ? "lm_head.weight" : $0.key, tensor: $0.variable.value)
        }
        try SafetensorsFile.write(renamed, to: folder.path + "/model.safetensors")
        try folder.copy(qwen + "/config.json", as: "config.json")
        let read = try Decoder.load(folder: folder.path)
        #expect(read.embedding.value.toArray() == model.embedding.value.toArray())
        #expect(read.head === read.embedding)
    }

    @Test(
        "a saved model loads again with the same logits and keeps its config.json",
        arguments: fixtureModels)
    func saving(name: String) throws {
        let source = "\(fixtures)/models/\(name)"
        let reference = try ModelReference(folder: source)
        let model = try Decoder.load(folder: source, trainable: true)
        try folder.write("{}", to: "tokenizer.json")
        try model.save(to: folder.path + "/out/model", as: .float32, copyingTextFrom: folder.path)
        let again = try Decoder.load(folder: folder.path + "/out/model")
        for (a, b) in zip(model.parameters, again.parameters) {
            #expect(a.key == b.key && a.variable.value.toArray() == b.variable.value.toArray())
        }
        let scores = again.logits(again(reference.ids, layout: reference.layout, in: .inference), in: .inference)
        #expect(largestDifference(scores.value.toArray(), reference.logits) < 1e-4)
        var kept = try JSONValue(readingFile: folder.path + "/out/model/config.json").object ?? [:]
        var original = try JSONValue(readingFile: source + "/config.json").object ?? [:]
        #expect(kept["dtype"] == "float32" || kept["torch_dtype"] == "float32")
        for key in ["dtype", "torch_dtype"] { (kept[key], original[key]) = (nil, nil) }
        #expect(kept == original)
        #expect(FileManager.default.fileExists(atPath: folder.path + "/out/model/tokenizer.json"))
        try model.save(to: folder.path + "/half", as: .bfloat16)
        #expect(try ModelFacts.read(folder: folder.path + "/half").elementType == .bfloat16)
    }

    @Test("fresh weights are seeded: normal matrices, norms of one, biases of zero", arguments: fixtureModels)
    func random(name: String) throws {
        let json = try JSONValue(readingFile: "\(fixtures)/models/\(name)/config.json").object ?? [:]
        let configuration = try ModelConfiguration(json: json)
        let (a, b, c) = (
            Decoder.random(configuration, seed: 1), Decoder.random(configuration, seed: 1),
            Decoder.random(configuration, seed: 2)
        )
        for ((x, y), z) in zip(zip(a.parameters, b.parameters), c.parameters) {
            let values = x.variable.value.toArray()
            #expect(values == y.variable.value.toArray())
            if x.variable.shape.count == 1 {
                // Gemma's norms add the one themselves.
                let isZero = x.key.hasSuffix("bias") || name.hasPrefix("gemma")
                #expect(values.allSatisfy { $0 == (isZero ? 0 : 1) }, "\(x.key)")
            } else {
                #expect(values != z.variable.value.toArray())
                let deviation = (x.variable.value.sumOfSquares() / Double(values.count)).squareRoot()
                var expected = Double(configuration.initializerRange)
                if name.hasPrefix("gpt2"), x.key.hasSuffix("c_proj.weight") {
                    expected /= Double(2 * configuration.layers).squareRoot()
                }
                #expect(abs(deviation - expected) < 0.15 * expected, "\(x.key)")
            }
        }
    }

    @Test(
        "weights at odd offsets, as some writers leave them, give the same logits",
        arguments: ["llama-tiny", "mistral-tiny"])
    func oddOffsets(name: String) throws {
        let source = "\(fixtures)/models/\(name)"
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: source + "/model.safetensors")))
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        bytes.replaceSubrange(0..<8, with: (0..<8).map { UInt8(truncatingIfNeeded: (length + 1) >> (8 * $0)) })
        bytes.insert(UInt8(ascii: " "), at: 8 + length)
        try Data(bytes).write(to: URL(filePath: folder.path + "/model.safetensors"))
        try folder.copy(source + "/config.json", as: "config.json")
        let reference = try ModelReference(folder: source)
        let scores = try [source, folder.path].map { path in
            let model = try Decoder.load(folder: path)
            let hidden = model(reference.ids, layout: reference.layout, in: .inference)
            return model.logits(hidden, in: .inference).value.toArray()
        }
        #expect(scores[0] == scores[1])
    }

    @Test("ids outside the vocabulary are refused, and a projection that does not exist lists those that do")
    func misuse() throws {
        let model = try Decoder.load(folder: llama)
        #expect(throws: ModelError.tokenOutOfRange(id: 64, vocabulary: 64)) { try model.check([1, 64]) }
        #expect(throws: ModelError.tokenOutOfRange(id: -1, vocabulary: 64)) { try model.check([-1]) }
        for key in ["model.layers.9.self_attn.q_proj", "model.layers.x.y", "lm_head", "model.layers.0.mlp.q_proj"] {
            let error = #expect(throws: ModelError.self) { try model.projection(key) }
            #expect(error?.description.contains("self_attn.q_proj") == true)
        }
    }

    /// A folder with the fixture's config.json, its weights under other names, and more tensors beside them.
    func renamed(_ name: String, adding extra: [(String, Tensor)], _ rename: (String) -> String) throws -> Decoder {
        let source = "\(fixtures)/models/\(name)"
        let model = try Decoder.load(folder: source)
        try SafetensorsFile.write(
            model.parameters.map { (name: rename($0.key), tensor: $0.variable.value) }
                + extra.map { (name: $0.0, tensor: $0.1) }, to: folder.path + "/model.safetensors")
        if !FileManager.default.fileExists(atPath: folder.path + "/config.json") {
            try folder.copy(source + "/config.json", as: "config.json")
        }
        return try Decoder.load(folder: folder.path)
    }

    @Test("GPT-2 as it was first published: no base in the names, masks beside the weights")
    func oldGPT2() throws {
        let mask = Tensor.zeros([1, 1, 40, 40])
        let old = try renamed(
            "gpt2-tiny",
            adding: [
                ("h.0.attn.bias", mask), ("h.1.attn.bias", mask), ("h.1.attn.masked_bias", Tensor([-1e4])),
                ("lm_head.weight", .zeros([48, 20])),
            ]
        ) { String($0.dropFirst("transformer.".count)) }
        let model = try Decoder.load(folder: "\(fixtures)/models/gpt2-tiny")
        #expect(old.parameters.map(\.key) == model.parameters.map(\.key))
        #expect(old.parameters.allSatisfy { $0.key.hasPrefix("transformer.") })
        #expect(old.embedding.value.toArray() == model.embedding.value.toArray() && old.head === old.embedding)
        // Weights stay as they lie in the file.
        let linear = try old.linear("transformer.h.0.attn.c_attn")
        #expect(linear.storesInputsFirst && linear.weight.value.isMapped && linear.weight.shape == [20, 60])
        #expect(linear.inputs == 20 && linear.outputs == 60)
        #expect(try ModelFacts.read(folder: folder.path).elementType == .float16)
        #expect(throws: ModelError.self) {
            try renamed("gpt2-tiny", adding: [("h.2.attn.bias", mask)]) { String($0.dropFirst("transformer.".count)) }
        }
        #expect(throws: ModelError.self) {
            try renamed("gpt2-tiny", adding: [("transformer.h.0.attn.other", mask)]) { $0 }
        }
    }

    @Test("Pythia's buffers, and its head under either name")
    func oldGPTNeoX() throws {
        let buffers: [(String, Tensor)] = (0..<2).flatMap { layer in
            [
                ("bias", Tensor.zeros([1, 1, 4, 4])), ("masked_bias", Tensor([-1e9])),
                ("rotary_emb.inv_freq", Tensor([1])),
            ]
            .map { ("gpt_neox.layers.\(layer).attention.\($0.0)", $0.1) }
        }
        let model = try Decoder.load(folder: "\(fixtures)/models/gpt-neox-tiny")
        for head in ["embed_out.weight", "lm_head.weight"] {
            let old = try renamed("gpt-neox-tiny", adding: buffers) { $0 == "embed_out.weight" ? head : $0 }
            #expect(old.head.value.toArray() == model.head.value.toArray() && old.head !== old.embedding)
        }
    }

    @Test("frequencies beside the weights, in the layers and outside them")
    func storedFrequencies() throws {
        let frequencies = Tensor([1, 0.5])
        let extra = ["model.rotary_emb.inv_freq", "model.layers.1.self_attn.rotary_emb.inv_freq"].map {
            ($0, frequencies)
        }
        _ = try renamed("llama-linear", adding: extra + [("lm_head.weight", .zeros([48, 20]))]) { $0 }
    }

    @Test(
        "the text part of Gemma 3 out of a model that also sees, under both namings",
        arguments: [
            ["model.": "language_model.model.", "vision": "vision_tower.a.weight"],
            ["model.": "model.language_model.", "vision": "model.vision_tower.a.weight"],
        ])
    func gemma3TextPart(names: [String: String]) throws {
        let source = "\(fixtures)/models/gemma3-tiny"
        let text = try JSONValue(readingFile: source + "/config.json")
        let whole: JSONObject = ["model_type": "gemma3", "text_config": text, "vision_config": ["hidden_size": 4]]
        try folder.write(JSONValue.object(whole).serialized(), to: "config.json")
        let part = try renamed("gemma3-tiny", adding: [(names["vision"] ?? "", Tensor([1, 2]))]) {
            (names["model."] ?? "") + $0.dropFirst("model.".count)
        }
        let reference = try ModelReference(folder: source)
        func scores(_ model: Decoder) -> [Float] {
            model.logits(model(reference.ids, layout: reference.layout, in: .inference), in: .inference).value.toArray()
        }
        #expect(largestDifference(scores(part), reference.logits) < 1e-4)
        try part.save(to: folder.path + "/out", as: .float32)
        let saved = try Decoder.load(folder: folder.path + "/out")
        #expect(scores(saved) == scores(part))
        #expect(saved.configuration.source["model_type"] == "gemma3_text")
    }

    @Test("a sequence longer than the learned positions is refused in words")
    func learnedPositions() throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/gpt2-tiny")
        try model.checkLength(40)
        #expect(throws: ModelError.tooLong(tokens: 41, context: 40)) { try model.checkLength(41) }
        try Decoder.load(folder: llama).checkLength(100_000)
    }
}

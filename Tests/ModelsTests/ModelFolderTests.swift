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
        arguments: ["llama-tiny", "qwen2-tiny"])
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
        let scores = logits(
            again(reference.ids, layout: reference.layout, in: .inference), head: again.head, in: .inference)
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

    @Test("fresh weights are seeded: normal matrices, norms of one, biases of zero")
    func random() throws {
        let json = try JSONValue(readingFile: "\(fixtures)/models/qwen2-tiny/config.json").object ?? [:]
        let configuration = try ModelConfiguration(json: json)
        let (a, b, c) = (
            Decoder.random(configuration, seed: 1), Decoder.random(configuration, seed: 1),
            Decoder.random(configuration, seed: 2)
        )
        for ((x, y), z) in zip(zip(a.parameters, b.parameters), c.parameters) {
            let values = x.variable.value.toArray()
            #expect(values == y.variable.value.toArray())
            if x.variable.shape.count == 1 {
                #expect(values.allSatisfy { $0 == (x.key.hasSuffix("bias") ? 0 : 1) })
            } else {
                #expect(values != z.variable.value.toArray())
                let deviation = (x.variable.value.sumOfSquares() / Double(values.count)).squareRoot()
                #expect(abs(deviation - 0.02) < 0.003, "\(x.key)")
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
            return logits(hidden, head: model.head, in: .inference).value.toArray()
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
}

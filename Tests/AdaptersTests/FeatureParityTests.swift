import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

/// What PEFT computed with one of the adapters of `make_adapter_fixtures.py`.
struct FeatureReference {
    let base: AdapterReference
    let expected: SafetensorsFile
    let modelFolder: String
    let folder: String

    static let names = [
        "llama-dora", "qwen2-dora-rslora", "llama-saved", "llama-saved-projection", "qwen2-saved-tied",
        "llama-embedding", "llama-embedding-dora", "qwen2-embedding-tied", "llama-head", "llama-tokens",
        "qwen2-tokens-tied", "qwen2-bias-all", "qwen2-bias-lora", "qwen2-lora-bias", "gpt2-lora", "gpt2-dora",
        "gpt2-saved", "gemma3-embedding", "gemma2-tokens", "phi3-dora",
    ]

    init(_ name: String) throws {
        folder = "\(fixtures)/adapters/\(name)"
        modelFolder = "\(fixtures)/models/\(name.split(separator: "-")[0])-tiny"
        base = try AdapterReference(folder: modelFolder)
        expected = try SafetensorsFile(path: folder + "/expected.safetensors")
    }

    var logits: [Float] { get throws { try expected.tensor("logits").toArray() } }
    func model() throws -> Decoder { try Decoder.load(folder: modelFolder) }

    func expected(_ prefix: String) -> [String] {
        expected.entries.map(\.name).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
}

@Suite("Every feature of a LoRA adapter computes what PEFT computes")
struct FeatureParityTests {
    @Test("logits, and the base bit for bit after detaching", arguments: FeatureReference.names)
    func logits(name: String) throws {
        let reference = try FeatureReference(name)
        let model = try reference.model()
        let before = reference.base.logits(model)
        let adapter = try LoRAAdapter.load(folder: reference.folder)
        #expect(adapter.warnings.isEmpty)
        try adapter.attach(to: model)
        #expect(largestDifference(reference.base.logits(model), try reference.logits) < 1e-4)
        // Again, from what was kept of the first time.
        #expect(largestDifference(reference.base.logits(model), try reference.logits) < 1e-4)
        #expect(reference.base.logits(model.sharingWeights()) == before)
        adapter.detach(from: model)
        #expect(reference.base.logits(model) == before)
    }

    @Test("every gradient, with and without checkpointing", arguments: FeatureReference.names, [false, true])
    func gradients(name: String, checkpointing: Bool) throws {
        let reference = try FeatureReference(name)
        let model = try reference.model()
        let adapter = try LoRAAdapter.load(folder: reference.folder, trainable: true)
        try adapter.attach(to: model)
        let sum = reference.base.lossSum(model, checkpointing: checkpointing)
        let count = Float(reference.base.trainedTokens)
        #expect(abs(Float(sum) / count - (try reference.expected.tensor("loss").item)) < 1e-5)
        #expect(Set(adapter.parameters.map(\.key)) == Set(reference.expected("gradient.")))
        for (key, variable) in adapter.parameters {
            let expected = try reference.expected.tensor("gradient." + key, shape: variable.shape).toArray()
            let gradient = try #require(variable.gradient, "\(key)").scaled(by: 1 / count).toArray()
            let largest = expected.reduce(Float(0)) { max($0, abs($1)) }
            #expect(largestDifference(gradient, expected) < 1e-3 * largest, "gradient of \(key)")
        }
        #expect(adapter.parameters.count == reference.expected("gradient.").count)
    }

    @Test("merged weights, one by one", arguments: FeatureReference.names)
    func merging(name: String) throws {
        let reference = try FeatureReference(name)
        let model = try reference.model()
        let before = reference.base.logits(model)
        let adapter = try LoRAAdapter.load(folder: reference.folder)
        let merged = try MergedWeights(base: model, adapter: adapter)
        for key in reference.expected("merged.") where key != "lm_head.weight" || merged.keys.contains(key) {
            let expected = try reference.expected.tensor("merged." + key)
            let tensor = try merged.tensor(key)
            #expect(merged.isChanged(key), "\(key)")
            #expect(tensor.shape == expected.shape && tensor.elementType == .float32)
            #expect(largestDifference(tensor.toArray(), expected.toArray()) < 1e-6, "\(key)")
        }
        let changed = Set(merged.keys.filter(merged.isChanged))
        #expect(changed == Set(reference.expected("merged.").filter(merged.keys.contains)))
        for key in merged.keys where !merged.isChanged(key) {
            let kept = try merged.tensor(key)
            #expect(kept === model.baseVariable(key)?.value, "\(key)")
        }
        let decoder = try merged.decoder(as: .float32)
        #expect(largestDifference(reference.base.logits(decoder), try reference.logits) < 1e-4)
        #expect(reference.base.logits(model) == before)
        let untying = ["qwen2-saved-tied", "qwen2-embedding-tied", "gpt2-saved", "gemma3-embedding"]
        #expect(merged.unties == untying.contains(name))
        if merged.unties { #expect(merged.configuration["tie_word_embeddings"] == false) }
    }

    @Test("what PEFT wrote is written back: configuration and tensors byte for byte", arguments: FeatureReference.names)
    func roundTrip(name: String) throws {
        let reference = try FeatureReference(name)
        let copy = TemporaryFolder()
        try LoRAAdapter.load(folder: reference.folder).save(to: copy.path, baseModelName: nil)
        for file in ["adapter_config.json", "adapter_model.safetensors"] {
            let ours = try Data(contentsOf: URL(filePath: copy.path + "/" + file))
            #expect(try ours == Data(contentsOf: URL(filePath: reference.folder + "/" + file)), "\(file)")
        }
    }

    @Test(
        "tied weights that PEFT keeps tied, or writes along, compute the same; they are not trained",
        arguments: ["qwen2-saved-kept-tied", "qwen2-embedding-kept-tied", "qwen2-tables-along"])
    func keptTied(name: String) throws {
        let reference = try FeatureReference(name)
        let model = try reference.model()
        let before = reference.base.logits(model)
        let adapter = try LoRAAdapter.load(folder: reference.folder)
        try adapter.attach(to: model)
        #expect(largestDifference(reference.base.logits(model), try reference.logits) < 1e-4)
        #expect(largestDifference(reference.base.logits(try adapter.merged(into: model)), try reference.logits) < 1e-4)
        adapter.detach(from: model)
        #expect(reference.base.logits(model) == before)
        try roundTrip(name: name)
        guard adapter.settings.keepsTying else { return }
        #expect(throws: AdapterError.self) { try LoRAAdapter.load(folder: reference.folder, trainable: true) }
        #expect(throws: AdapterError.self) { try LoRAAdapter(adapter.settings, for: model, seed: 1) }
    }

    @Test(
        "a fresh adapter of the same settings has the same keys, shapes and configuration",
        arguments: FeatureReference.names)
    func fresh(name: String) throws {
        let reference = try FeatureReference(name)
        let model = try reference.model()
        let loaded = try LoRAAdapter.load(folder: reference.folder)
        let made = try LoRAAdapter(loaded.settings, for: model, seed: 4)
        let stored = try SafetensorsFile(path: reference.folder + "/adapter_model.safetensors")
        #expect(Set(made.savedTensors.map(\.key)) == Set(stored.entries.map(\.name)))
        for (key, tensor) in made.savedTensors { #expect(tensor.shape == stored.entry(key)?.shape, "\(key)") }
        // It starts where the base is.
        let before = reference.base.logits(model)
        try made.attach(to: model)
        #expect(largestDifference(reference.base.logits(model), before) < 1e-4)
        #expect(made.parameters.allSatisfy { $0.variable.wantsGradient })
        // What it says of itself is what PEFT says of the same settings, byte for byte.
        let copy = TemporaryFolder()
        try made.save(to: copy.path, baseModelName: nil)
        let ours = try String(contentsOfFile: copy.path + "/adapter_config.json", encoding: .utf8)
        #expect(try ours == String(contentsOfFile: reference.folder + "/adapter_config.json", encoding: .utf8))
    }
}

@Suite("Which modules are adapted")
struct SelectionTests {
    @Test("modules, ranks and scales are those that PEFT chooses")
    func selections() throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny")
        let rows = try JSONValue(readingFile: "\(fixtures)/adapters/selections.json").array ?? []
        #expect(rows.count == 22)
        let folder = TemporaryFolder()
        for row in rows {
            var json = try JSONValue(readingFile: "\(fixtures)/adapters/llama-lora/adapter_config.json").object ?? [:]
            for (key, value) in row["config"]?.object ?? [:] { json[key] = value }
            try DurableFile.write(JSONValue.object(json).serialized(), to: folder.path + "/adapter_config.json")
            try FileManager.default.copyReplacing(
                "\(fixtures)/adapters/llama-lora/adapter_model.safetensors", folder.path + "/adapter_model.safetensors")
            // Ranks need not fit the weights, so the settings are read from a file that has no weights to fit.
            let settings = try LoRASettings.read(folder: folder.path)
            let adapter = try LoRAAdapter(settings, for: model, seed: 1)
            var found: [String: [Double]] = [:]
            for module in adapter.modules { found[module.key] = [Double(module.a.shape[0]), Double(module.scale)] }
            for table in adapter.tables { found[table.key] = [Double(table.a.shape[0]), Double(table.scale)] }
            let expected = row["modules"]?.object ?? [:]
            #expect(Set(found.keys) == Set(expected.keys), "\(row["config"]?.serialized() ?? "")")
            for (key, value) in expected {
                let pair = found[key] ?? []
                #expect(pair.first == value[0]?.double, "rank of \(key): \(row["config"]?.serialized() ?? "")")
                #expect(abs((pair.last ?? 0) - (value[1]?.double ?? 1)) < 1e-6, "scale of \(key)")
            }
        }
    }
}

extension FileManager {
    func copyReplacing(_ source: String, _ target: String) throws {
        try? removeItem(atPath: target)
        try copyItem(atPath: source, toPath: target)
    }
}

import Autograd
import Models
import OrderedJSON
public import Tensors
public import WeightFiles

extension LoRAAdapter {
    /// Loads an adapter folder in PEFT's layout. `trainable` weights want gradients, to go on training.
    ///
    /// - Throws: `AdapterError` for the configuration and unknown tensors, `SafetensorsError` for the file.
    public static func load(folder: String, trainable: Bool = false) throws -> LoRAAdapter {
        let configFile = folder + "/adapter_config.json"
        let json: JSONValue
        do {
            json = try JSONValue(readingFile: configFile)
        } catch {
            throw AdapterError.noConfiguration(file: configFile, reason: error.reason)
        }
        guard let members = json.object else {
            throw AdapterError.noConfiguration(file: configFile, reason: "it holds \(json.kind), not an object")
        }
        let (settings, warnings) = try LoRAConfiguration.read(members, file: configFile)
        let weights = folder + "/adapter_model.safetensors"
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(path: weights)
        } catch {
            if case .cannotRead(_, let reason) = error {
                throw AdapterError.noConfiguration(file: weights, reason: reason)
            }
            throw error
        }
        var keys: [String] = []
        for entry in file.entries {
            guard let (module, part) = parse(entry.name) else {
                throw AdapterError.unexpectedTensor(file: weights, key: entry.name)
            }
            if part == "A" { keys.append(module) }
            // The other half must be there too; asking names it when it is not.
            _ = try file.tensor(key(of: module, part == "A" ? "B" : "A"))
        }
        guard !keys.isEmpty else { throw AdapterError.noTensors(file: weights) }
        keys.sort { ($0.count, $0) < ($1.count, $1) }
        let modules = try keys.map { module in
            let a = try file.tensor(key(of: module, "A"))
            let b = try file.tensor(key(of: module, "B"))
            let rank = settings.rank(of: module)
            guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == rank, b.shape[1] == rank else {
                throw AdapterError.rankMismatch(file: weights, module: module, a: a.shape, b: b.shape, rank: rank)
            }
            return Module(
                key: module, a: Variable(a.asFloat32(), wantsGradient: trainable),
                b: Variable(b.asFloat32(), wantsGradient: trainable), scale: settings.scale(of: module))
        }
        return LoRAAdapter(settings: settings, modules: modules, source: members, warnings: warnings)
    }

    /// `base_model.model.<module>.lora_A.weight` → (module, "A")
    private static func parse(_ key: String) -> (module: String, part: String)? {
        let prefix = "base_model.model."
        guard key.hasPrefix(prefix) else { return nil }
        for part in ["A", "B"] {
            let suffix = ".lora_\(part).weight"
            if key.hasSuffix(suffix), key.utf8.count > prefix.utf8.count + suffix.utf8.count {
                return (String(key.dropFirst(prefix.count).dropLast(suffix.count)), part)
            }
        }
        return nil
    }

    /// Writes an adapter folder that PEFT loads: adapter_model.safetensors, adapter_config.json and a model card.
    /// Each file is whole or absent.
    ///
    /// - Parameters:
    ///   - folder: made when it does not exist.
    ///   - baseModelName: what `base_model_name_or_path` says; nil keeps what was loaded.
    ///   - elementType: how the weights are stored.
    /// - Throws: `FileWriteError`, with what was there before unchanged.
    public func save(
        to folder: String, baseModelName: String?, as elementType: ElementType = .float32
    ) throws(FileWriteError) {
        try DurableFile.makeFolder(folder)
        try SafetensorsFile.write(
            parameters.map { ($0.key, $0.variable.value) }, to: folder + "/adapter_model.safetensors", as: elementType)
        let json = LoRAConfiguration.write(
            settings, targetModules: targetModules, baseModelName: baseModelName, source: source)
        try DurableFile.write(
            JSONValue.object(json).serialized(.pretty(indent: 2).sorted()), to: folder + "/adapter_config.json")
        try DurableFile.write(modelCard(baseModelName: baseModelName), to: folder + "/README.md")
    }

    /// Names for `target_modules`: short ones where every layer has them, else whole keys.
    private var targetModules: [String] {
        if case .modules(let names) = settings.targets, !names.isEmpty { return names }
        return Set(modules.map { String($0.key.split(separator: ".").last ?? "") }).sorted()
    }

    private func modelCard(baseModelName: String?) -> String {
        let base = baseModelName ?? source["base_model_name_or_path"]?.string
        // A path is of no use to whoever reads the card, and the hub refuses it as a model's name.
        let isName =
            base.map { !$0.hasPrefix("/") && !$0.hasPrefix(".") && $0.split(separator: "/").count <= 2 } ?? false
        var card = "---\n"
        if let base, isName { card += "base_model: \(JSONValue.string(base).serialized())\n" }
        card += "library_name: peft\npipeline_tag: text-generation\ntags:\n- lora\n- ftbench\n---\n\n"
        card += "# LoRA adapter\n\n"
        card += "Trained with ftbench" + (base.map { " on `\($0)`" } ?? "") + ".\n\n"
        card += "| | |\n| --- | --- |\n| rank | \(settings.rank) |\n| alpha | \(settings.alpha) |\n"
        card += "| dropout | \(settings.dropout) |\n"
        card += "| scale | \(settings.isRankStabilized ? "alpha / √rank" : "alpha / rank") |\n"
        card += "| modules | \(targetModules.joined(separator: ", ")) |\n| parameters | \(parameterCount) |\n\n"
        card += "Load it with PEFT:\n\n```python\nfrom peft import PeftModel\nfrom transformers import "
        card += "AutoModelForCausalLM\n\nbase = AutoModelForCausalLM.from_pretrained(\"<base model>\")\n"
        card += "model = PeftModel.from_pretrained(base, \"<this folder>\")\n```\n"
        return card
    }
}

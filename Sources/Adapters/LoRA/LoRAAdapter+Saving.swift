import Autograd
import OrderedJSON
public import Tensors
public import WeightFiles

extension LoRAAdapter {
    /// Writes an adapter folder that PEFT loads: adapter_model.safetensors, adapter_config.json and a model card.
    /// Each file is whole or absent.
    ///
    /// - Parameters:
    ///   - folder: made when it does not exist.
    ///   - baseModelName: what `base_model_name_or_path` says; nil keeps what was loaded.
    ///   - elementType: how the weights are stored; nil keeps the type that each was loaded in, and float32 for what
    ///     is trained.
    /// - Throws: `FileWriteError`, with what was there before unchanged.
    public func save(
        to folder: String, baseModelName: String?, as elementType: ElementType? = nil
    ) throws(FileWriteError) {
        try DurableFile.makeFolder(folder)
        let tensors = savedTensors.map { key, tensor -> (String, Tensor) in
            let type = elementType ?? storedTypes[key] ?? tensor.elementType
            return (key, type == tensor.elementType ? tensor : tensor.converted(to: type))
        }
        try SafetensorsFile.write(tensors, to: folder + "/adapter_model.safetensors")
        let json = LoRAConfiguration.write(self, targetModules: targetModules, baseModelName: baseModelName)
        // As Python's json.dumps writes it: two spaces, sorted, ASCII, no line end.
        try DurableFile.write(
            JSONValue.object(json).serialized(.pretty(indent: 2).sorted().ascii()),
            to: folder + "/adapter_config.json")
        try DurableFile.write(modelCard(baseModelName: baseModelName), to: folder + "/README.md")
    }

    /// Every tensor of adapter_model.safetensors by its name there.
    public var savedTensors: [(key: String, tensor: Tensor)] {
        parameters.map { ($0.key, $0.variable.value) }
            + baseTables.map { key, tensor in
                let (module, part) = LoRAAdapter.split(key)
                return (SavedKey.base(module, part), tensor)
            }
    }

    /// Names for `target_modules`: short ones where every layer has them, else whole keys.
    var targetModules: [String] {
        if case .modules(let names) = settings.targets, !names.isEmpty { return names }
        return Set((modules.map(\.key) + tables.map(\.key)).map { String($0.split(separator: ".").last ?? "") })
            .sorted()
    }

    private func modelCard(baseModelName: String?) -> String {
        let base = baseModelName ?? source["base_model_name_or_path"]?.string
        // A path is of no use to whoever reads the card, and the hub refuses it as a model's name.
        let isName =
            base.map { !$0.hasPrefix("/") && !$0.hasPrefix(".") && $0.split(separator: "/").count <= 2 } ?? false
        var card = "---\n"
        if let base, isName { card += "base_model: \(JSONValue.string(base).serialized())\n" }
        card += "library_name: peft\npipeline_tag: text-generation\ntags:\n- lora\n- ftbench\n---\n\n"
        card += settings.usesDoRA ? "# DoRA adapter\n\n" : "# LoRA adapter\n\n"
        card += "Trained with ftbench" + (base.map { " on `\($0)`" } ?? "") + ".\n\n"
        card += "| | |\n| --- | --- |\n| rank | \(settings.rank) |\n| alpha | \(settings.alpha) |\n"
        card += "| dropout | \(settings.dropout) |\n"
        card += "| scale | \(settings.isRankStabilized ? "alpha / √rank" : "alpha / rank") |\n"
        card += "| modules | \(targetModules.joined(separator: ", ")) |\n"
        if !settings.modulesToSave.isEmpty {
            card += "| trained whole | \(settings.modulesToSave.joined(separator: ", ")) |\n"
        }
        if let entry = tokens.first { card += "| trained tokens | \(entry.indices.count) |\n" }
        card += "| parameters | \(parameterCount) |\n\n"
        card += "Load it with PEFT:\n\n```python\nfrom peft import PeftModel\nfrom transformers import "
        card += "AutoModelForCausalLM\n\nbase = AutoModelForCausalLM.from_pretrained(\"<base model>\")\n"
        card += "model = PeftModel.from_pretrained(base, \"<this folder>\")\n```\n"
        return card
    }
}

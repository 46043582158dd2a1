import Adapters
import Autograd
import OrderedJSON
import Tensors
import WeightFiles

/// A LoRA adapter as MLX keeps it: factors transposed, one scale for all.
///
/// - Source: mlx-lm's `tuner/utils.py` and `tuner/lora.py`.
struct MLXAdapterExport {
    private(set) var problems: [ExportProblem] = []
    private let tensors: [(name: String, tensor: Tensor)]
    private let configuration: JSONObject

    init(adapter: LoRAAdapter, base: String) {
        let rank = adapter.settings.rank
        let scale = adapter.modules.first?.scale ?? 1
        var tensors: [(name: String, tensor: Tensor)] = []
        var names: [String] = []
        var layers: Set<Int> = []
        for module in adapter.modules {
            let parts = module.key.split(separator: ".")
            if let layer = parts.lazy.compactMap({ Int($0) }).first { layers.insert(layer) }
            let name = parts.drop { Int($0) == nil }.dropFirst().joined(separator: ".")
            if !names.contains(name) { names.append(name) }
            // Other scales go into the second factor: MLX has one for all.
            var b = module.b.value
            if module.scale != scale { b = b.scaled(by: module.scale / scale) }
            tensors.append((module.key + ".lora_a", module.a.value.transposed()))
            tensors.append((module.key + ".lora_b", b.transposed()))
        }
        self.tensors = tensors
        // MLX counts layers from the last one down.
        let highest = (layers.max() ?? -1) + 1
        configuration = [
            "fine_tune_type": "lora", "num_layers": .integer(highest - (layers.min() ?? 0)),
            "lora_parameters": [
                "rank": .integer(rank), "scale": .number(Double(scale)), "dropout": .number(adapter.settings.dropout),
                "keys": .array(names.map { .string($0) }),
            ],
            "model": .string(base),
        ]
        if Set(adapter.modules.map { $0.a.shape[0] }).count > 1 {
            problems.append(
                .error(
                    "The adapter has modules of several ranks, and MLX knows one for all", "Export it as peft instead.")
            )
        }
    }

    private var configurationText: String {
        JSONValue.object(configuration).serialized(.pretty(indent: 4).sorted()) + "\n"
    }

    func files(as type: ExportType?) -> [ExportedFile] {
        let size = (type?.elementType ?? .float32).byteSize
        return [
            ExportedFile(name: "adapters.safetensors", bytes: tensors.reduce(0) { $0 + $1.tensor.count * size }),
            ExportedFile(name: "adapter_config.json", bytes: configurationText.utf8.count),
        ]
    }

    func write(into folder: String, as type: ExportType?) throws {
        try SafetensorsFile.write(
            tensors, to: folder + "/adapters.safetensors", as: type?.elementType ?? .float32,
            metadata: ["format": "mlx"])
        try DurableFile.write(configurationText, to: folder + "/adapter_config.json")
    }
}

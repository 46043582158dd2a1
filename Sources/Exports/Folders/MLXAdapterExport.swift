import Adapters
import Models
import Tensors
import WeightFiles

/// A LoRA adapter as mlx-lm loads it. What it has no word for is found when this is made.
struct MLXAdapterExport {
    private(set) var problems: [ExportProblem] = []
    private var tensors: [(name: String, tensor: Tensor)] = []
    private var configuration = ""

    /// - Throws: what is not about the format: an adapter that does not fit the model.
    init(adapter: LoRAAdapter, for model: Decoder, base: String, as type: ExportType?) throws {
        if let type, type.elementType == nil {
            problems.append(.error("MLX adapters have no type \(type.rawValue)", "Choose f32, f16 or bf16."))
        }
        do {
            (tensors, configuration) = try adapter.mlxContents(
                for: model, baseModelName: base, as: type?.elementType)
        } catch let error as AdapterError {
            guard case .cannotExpress(let format, let feature, let remedy) = error else { throw error }
            problems.append(.error("\(format) has no way to say \(feature)", remedy))
        }
    }

    var files: [ExportedFile] {
        [
            ExportedFile(name: "adapters.safetensors", bytes: tensors.reduce(0) { $0 + $1.tensor.byteCount }),
            ExportedFile(name: "adapter_config.json", bytes: configuration.utf8.count),
        ]
    }

    func write(into folder: String) throws {
        try SafetensorsFile.write(tensors, to: folder + "/adapters.safetensors", metadata: ["format": "mlx"])
        try DurableFile.write(configuration, to: folder + "/adapter_config.json")
    }
}

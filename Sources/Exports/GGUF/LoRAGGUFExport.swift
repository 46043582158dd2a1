import Adapters
import Autograd
import Models
import OrderedJSON
import Tensors
import WeightFiles

/// A LoRA adapter as a GGUF file of its own, for a base model that llama.cpp already has.
///
/// - Source: llama.cpp's `convert_lora_to_gguf.py`.
struct LoRAGGUFExport {
    private(set) var metadata: [(key: String, value: GGUFValue)] = []
    private(set) var entries: [GGUFWriter.Entry] = []
    private(set) var problems: [ExportProblem] = []

    var byteCount: Int { GGUFWriter.byteCount(metadata: metadata, entries: entries) }

    init(adapter: LoRAAdapter, model folder: String, type: ExportType, name: String) {
        problems += Self.problems(model: folder, type: type)
        problems += Self.problems(adapter)
        guard problems.isEmpty, let (json, architecture) = Self.base(folder) else { return }
        let parameters = GGUFParameters(json: json, architecture: architecture)
        let alpha = adapter.settings.alpha
        for module in adapter.modules {
            let shape = [module.b.shape[0], module.a.shape[1]]
            guard let (place, change) = architecture.place(ofKey: module.key + ".weight"),
                place != "token_embd.weight", place != "output.weight"
            else {
                problems.append(
                    .error(
                        "The adapter changes '\(module.key)', which an adapter file of llama.cpp does not take",
                        "Merge it: export without --lora-only."))
                continue
            }
            // The reader scales by alpha / rank of the file: other scales go into B.
            let rank = module.a.shape[0]
            let factor = module.scale / Float(alpha / Double(rank))
            do {
                var b = module.b.value
                if factor != 1 { b = b.scaled(by: factor) }
                // A transposed weight has the update (out, in) already; only heads must be put in order.
                if change != .transpose { b = try GGUFExport.changed(b, change, parameters: parameters) }
                add(place + ".lora_a", module.a.value, as: type)
                add(place + ".lora_b", b, as: type)
            } catch {
                problems.append(.error("'\(module.key)' of shape \(shape) does not fit: \(error)", ""))
            }
        }
        let base = adapter.source["base_model_name_or_path"]?.string ?? folder
        metadata =
            GGUFGeneral.metadata(
                architecture: architecture.name, type: "adapter", name: name, fileType: type.fileType,
                parameters: nil, card: ModelCard(text: ""), baseModel: base)
            + [("adapter.type", .string("lora")), ("adapter.lora.alpha", .float32(Float(alpha)))]
    }

    /// What can be said of the base model and the type alone.
    static func problems(model folder: String, type: ExportType) -> [ExportProblem] {
        var problems: [ExportProblem] = []
        if base(folder) == nil {
            problems.append(
                .error(
                    "The base model in \(folder) is of a kind that ftbench writes no GGUF of",
                    "It writes " + GGUFArchitecture.all.flatMap(\.modelTypes).joined(separator: ", ") + "."))
        }
        if ![.f32, .f16, .bf16, .q8_0].contains(type) {
            problems.append(
                .error("An adapter cannot be stored as \(type.rawValue)", "Choose f32, f16, bf16 or q8_0."))
        }
        return problems
    }

    /// What an adapter has beside two factors a module: the format has no place for it, and the reader would not know.
    private static func problems(_ adapter: LoRAAdapter) -> [ExportProblem] {
        let modules = adapter.modules
        let others: [(has: Bool, what: String)] = [
            (modules.contains { $0.magnitude != nil }, "the lengths of DoRA"),
            (modules.contains { $0.bias != nil }, "biases of B (lora_bias)"),
            (!adapter.wholes.isEmpty, "weights that were trained whole (modules_to_save, bias)"),
            (!adapter.tokens.isEmpty, "trained rows of the token table"),
            (!adapter.tables.isEmpty, "an adapted token table"),
        ]
        return others.filter(\.has).map {
            .error(
                "The adapter holds \($0.what), which an adapter file of llama.cpp does not take",
                "Merge it: export without --lora-only.")
        }
    }

    private static func base(_ folder: String) -> (json: JSONObject, architecture: GGUFArchitecture)? {
        guard let json = (try? JSONValue(readingFile: folder + "/config.json"))?.object,
            let architecture = GGUFArchitecture.writing(modelType: json["model_type"]?.string ?? "")
        else { return nil }
        return (json, architecture)
    }

    private mutating func add(_ name: String, _ tensor: Tensor, as type: ExportType) {
        let width = tensor.shape.last ?? 1
        let stored: GGUFTensorType =
            switch type {
            case .f16: .f16
            case .bf16: .bf16
            case .q8_0: width % 32 == 0 ? .q8_0 : .f16
            default: .f32
            }
        entries.append(.init(name: name, tensor: tensor, type: stored))
    }
}

public import Tensors
import WeightFiles

/// How the numbers of an exported model are stored; raw values are what the command takes.
public enum ExportType: String, Sendable, CaseIterable {
    case f32, f16, bf16, q8_0, q4_0, q4_k_m, q6_k

    /// `general.file_type` of GGUF.
    public var fileType: UInt32 {
        switch self {
        case .f32: 0
        case .f16: 1
        case .q4_0: 2
        case .q8_0: 7
        case .q4_k_m: 15
        case .q6_k: 18
        case .bf16: 32
        }
    }

    /// Nil for the types that only GGUF has.
    public var elementType: ElementType? {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        default: nil
        }
    }

    /// What merged weights are rounded to before they are compared. Blocks are measured by the merge alone: what they
    /// cost is a choice of the type, not a fault of the merge.
    var comparedAs: ElementType { elementType ?? .float32 }

    /// What most of the weights become.
    private var base: GGUFTensorType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .q8_0: .q8_0
        case .q4_0: .q4_0
        case .q4_k_m: .q4_K
        case .q6_k: .q6_K
        }
    }

    /// How one tensor is stored, as llama.cpp's converter (the first four) and its quantiser (the others) choose.
    ///
    /// - Parameters:
    ///   - name: the file's name of the tensor.
    ///   - shape: outermost first.
    ///   - model: what the choice depends on besides.
    /// - Returns: a type whose blocks divide the rows.
    func tensorType(name: String, shape: [Int], of model: MixtureFacts) -> GGUFTensorType {
        guard shape.count > 1, name.hasSuffix(".weight"), !name.hasSuffix("_norm.weight"),
            name != "position_embd.weight"
        else { return .f32 }
        let width = shape.last ?? 1
        switch self {
        case .f32, .f16, .bf16: return base
        case .q8_0: return width % 32 == 0 ? .q8_0 : .f16
        default: break
        }
        var type = base
        if name == "output.weight" || (model.tiesHead && name == "token_embd.weight") {
            type = width % base.block.elements == 0 ? .q6_K : .q8_0
        } else if name.hasSuffix("attn_v.weight") || name.hasSuffix("attn_qkv.weight") {
            if self == .q4_k_m, model.deservesMoreBits(name) { type = .q6_K }
            if model.sharesValuesWidely, type == .q4_K { type = .q5_K }
        } else if name.hasSuffix("ffn_down.weight"), self == .q4_k_m, model.deservesMoreBits(name) {
            type = .q6_K
        }
        return Self.fallback(type, width: width)
    }

    /// The type for rows that are no whole number of large blocks.
    private static func fallback(_ type: GGUFTensorType, width: Int) -> GGUFTensorType {
        guard width % type.block.elements != 0 else { return type }
        let smaller: GGUFTensorType =
            switch type {
            case .q4_K: .q5_0
            case .q5_K: .q5_1
            case .q6_K: .q8_0
            default: type
            }
        return width % smaller.block.elements == 0 ? smaller : .f16
    }
}

/// What llama.cpp's mixtures of types depend on.
struct MixtureFacts {
    var layers: Int
    var tiesHead: Bool
    /// The 70B shape: 80 layers whose heads share keys and values.
    var sharesValuesWidely: Bool

    /// The first and last eighth of the layers and every third between.
    func deservesMoreBits(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        guard parts.count > 1, let layer = Int(parts[1]) else { return false }
        return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2
    }
}

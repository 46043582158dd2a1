/// How one element of a tensor is stored; raw values are the names of the safetensors format.
///
/// The engine computes in float32. Weights may also be float16 or bfloat16: they are widened piece by piece where
/// they are used. The other types can be held and read as bytes only.
public enum ElementType: String, Sendable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint8 = "U8"
    case bool = "BOOL"

    public var byteSize: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16, .int16: 2
        case .int8, .uint8, .bool: 1
        }
    }

    /// Whether the engine can compute with it.
    public var isComputable: Bool { self == .float32 || self == .float16 || self == .bfloat16 }
}

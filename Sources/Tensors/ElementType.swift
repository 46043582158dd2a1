/// How one element of a tensor is stored; raw values are the names of the safetensors format.
///
/// The engine computes in float32. Weights may also be float16 or bfloat16: they are widened piece by piece where
/// they are used; or blocks of a few bits each, which products multiply with as they are or widen as they pack them
/// (`BlockFormat`). The other types can be held and read as bytes only.
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
    // In memory and in GGUF files; safetensors has no such names.
    case q8_0 = "Q8_0"
    case q4_0 = "Q4_0"
    // In memory alone.
    case nf4 = "NF4"

    /// Bytes of one element. Blocks have no such size: ask `byteCount(of:)`.
    public var byteSize: Int {
        switch self {
        case .q8_0, .q4_0, .nf4: preconditionFailure("an element of \(rawValue) is part of a block")
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16, .int16: 2
        case .int8, .uint8, .bool: 1
        }
    }

    /// The blocks that elements are kept in; nil where each is on its own.
    public var blockFormat: BlockFormat? {
        switch self {
        case .q8_0: .q8_0
        case .q4_0: .q4_0
        case .nf4: .nf4
        default: nil
        }
    }

    /// Bytes of `count` elements, whole blocks where there are blocks.
    public func byteCount(of count: Int) -> Int { blockFormat?.byteCount(of: count) ?? count * byteSize }

    /// Whether the engine can compute with each element.
    public var isComputable: Bool { self == .float32 || self == .float16 || self == .bfloat16 }

    /// The type that safetensors files call by this name; nil for blocks, which they do not have.
    public init?(safetensorsName name: String) {
        guard let type = ElementType(rawValue: name), type.blockFormat == nil else { return nil }
        self = type
    }
}

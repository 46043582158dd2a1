/// A value of a GGUF file's metadata.
///
/// Arrays of the three kinds that are long in practice (a vocabulary's texts, scores and types) are kept without a box
/// for each element.
public enum GGUFValue: Sendable, Equatable {
    case uint8(UInt8), int8(Int8), uint16(UInt16), int16(Int16), uint32(UInt32), int32(Int32)
    case float32(Float), bool(Bool), string(String), uint64(UInt64), int64(Int64), float64(Double)
    case strings([String]), int32s([Int32]), float32s([Float])
    /// Any other array, nested ones included; all elements are of `type`.
    case array(type: Kind, elements: [GGUFValue])

    /// The format's numbers for the kinds of value.
    public enum Kind: UInt32, Sendable, CaseIterable {
        case uint8 = 0, int8 = 1, uint16 = 2, int16 = 3, uint32 = 4, int32 = 5, float32 = 6, bool = 7, string = 8
        case array = 9, uint64 = 10, int64 = 11, float64 = 12

        /// Bytes of one value; of a string or an array the least.
        var leastBytes: Int {
            switch self {
            case .uint8, .int8, .bool: 1
            case .uint16, .int16: 2
            case .uint32, .int32, .float32: 4
            case .uint64, .int64, .float64, .string: 8
            case .array: 12
            }
        }
    }

    public var kind: Kind {
        switch self {
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .float32: .float32
        case .bool: .bool
        case .string: .string
        case .uint64: .uint64
        case .int64: .int64
        case .float64: .float64
        case .strings, .int32s, .float32s, .array: .array
        }
    }

    /// A whole number of any width that fits.
    public var int: Int? {
        switch self {
        case .uint8(let value): Int(value)
        case .int8(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        case .int64(let value): Int(exactly: value)
        default: nil
        }
    }

    /// Any number.
    public var double: Double? {
        switch self {
        case .float32(let value): Double(value)
        case .float64(let value): value
        default: int.map(Double.init)
        }
    }

    public var bool: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    public var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }

    public var strings: [String]? {
        if case .strings(let values) = self { return values }
        return nil
    }

    /// An array of whole numbers of any width that fit 32 bits.
    public var int32s: [Int32]? {
        switch self {
        case .int32s(let values): return values
        case .array(_, let elements):
            let values = elements.compactMap { $0.int.flatMap { Int32(exactly: $0) } }
            return values.count == elements.count ? values : nil
        default: return nil
        }
    }

    /// An array of numbers.
    public var float32s: [Float]? {
        switch self {
        case .float32s(let values): return values
        case .int32s(let values): return values.map(Float.init)
        case .array(_, let elements):
            let values = elements.compactMap { $0.double.map { Float($0) } }
            return values.count == elements.count ? values : nil
        default: return nil
        }
    }

    /// An array of truth values.
    public var bools: [Bool]? {
        guard case .array(.bool, let elements) = self else { return nil }
        return elements.compactMap(\.bool)
    }
}

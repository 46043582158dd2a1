public import Tensors

/// How a tensor of a GGUF file is stored; raw values are the format's numbers. All known types are listed, so that the
/// sizes of a file can be checked also where its numbers cannot be read.
public enum GGUFTensorType: UInt32, Sendable, CaseIterable {
    case f32 = 0, f16 = 1
    case q4_0 = 2, q4_1 = 3, q5_0 = 6, q5_1 = 7, q8_0 = 8, q8_1 = 9
    case q2_K = 10, q3_K = 11, q4_K = 12, q5_K = 13, q6_K = 14, q8_K = 15
    case iq2_xxs = 16, iq2_xs = 17, iq3_xxs = 18, iq1_s = 19, iq4_nl = 20, iq3_s = 21, iq2_s = 22, iq4_xs = 23
    case i8 = 24, i16 = 25, i32 = 26, i64 = 27, f64 = 28
    case iq1_m = 29, bf16 = 30, tq1_0 = 34, tq2_0 = 35, mxfp4 = 39

    /// Elements of a block, and its bytes.
    public var block: (elements: Int, bytes: Int) {
        switch self {
        case .f32, .i32: (1, 4)
        case .f16, .bf16, .i16: (1, 2)
        case .i8: (1, 1)
        case .i64, .f64: (1, 8)
        case .q4_0: (32, 18)
        case .q4_1: (32, 20)
        case .q5_0: (32, 22)
        case .q5_1: (32, 24)
        case .q8_0: (32, 34)
        case .q8_1: (32, 36)
        case .q2_K: (256, 84)
        case .q3_K: (256, 110)
        case .q4_K: (256, 144)
        case .q5_K: (256, 176)
        case .q6_K: (256, 210)
        case .q8_K: (256, 292)
        case .iq2_xxs: (256, 66)
        case .iq2_xs: (256, 74)
        case .iq3_xxs: (256, 98)
        case .iq1_s: (256, 50)
        case .iq4_nl: (32, 18)
        case .iq3_s: (256, 110)
        case .iq2_s: (256, 82)
        case .iq4_xs: (256, 136)
        case .iq1_m: (256, 56)
        case .tq1_0: (256, 54)
        case .tq2_0: (256, 66)
        case .mxfp4: (32, 17)
        }
    }

    /// As the tools of the format spell it: `Q4_K`, `BF16`.
    public var name: String {
        switch self {
        case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .q8_K: "\(self)".prefix(1).uppercased() + "\(self)".dropFirst()
        default: "\(self)".uppercased()
        }
    }

    /// The type the engine holds as it is.
    public var elementType: ElementType? {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        default: nil
        }
    }

    /// The blocks the engine can undo.
    public var blockFormat: BlockFormat? { BlockFormat(rawValue: Int32(rawValue)) }

    /// Types whose numbers can be read.
    public static var readable: [GGUFTensorType] {
        allCases.filter { $0.elementType != nil || $0.blockFormat != nil }
    }

    /// Bytes of a tensor; nil when a row is no whole number of blocks or the product overflows.
    public func byteCount(shape: [Int]) -> Int? {
        let (elements, bytes) = block
        guard (shape.last ?? 1) % elements == 0 else { return nil }
        var total = bytes
        for (index, size) in shape.enumerated() {
            let factor = index == shape.count - 1 ? size / elements : size
            let (product, overflow) = total.multipliedReportingOverflow(by: factor)
            guard size >= 0, !overflow, product < 1 << 56 else { return nil }
            total = product
        }
        return total
    }
}

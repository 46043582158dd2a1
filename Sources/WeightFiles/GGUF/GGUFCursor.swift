import Tensors

/// Reads little-endian values from the start of a mapped file, each checked against the file's size first.
struct GGUFCursor {
    let file: MappedFile
    private(set) var position = 0
    /// Arrays within arrays; no known file has any.
    private static let deepest = 4
    /// Elements of nested arrays and other boxed values, all together: 16 million take about half a gigabyte.
    private var boxed = 0
    private static let mostBoxed = 1 << 24

    init(file: MappedFile) { self.file = file }

    var remaining: Int { file.count - position }

    mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ what: String) throws(GGUFError) -> T {
        let size = MemoryLayout<T>.size
        try need(UInt64(size), what)
        let value = file.withBytes(position..<position + size) { $0.loadUnaligned(as: T.self) }
        position += size
        return T(littleEndian: value)
    }

    /// A length and that many bytes of UTF-8; damaged characters become U+FFFD, so that one odd token does not cost a
    /// model.
    mutating func string(_ what: String) throws(GGUFError) -> String {
        let length: UInt64 = try integer(what)
        try need(length, what)
        let count = Int(length)
        let text = file.withBytes(position..<position + count) { String(decoding: $0, as: UTF8.self) }
        position += count
        return text
    }

    mutating func value(key: String) throws(GGUFError) -> GGUFValue {
        try value(of: try kind(key), key: key, depth: 0)
    }

    private mutating func kind(_ key: String) throws(GGUFError) -> GGUFValue.Kind {
        let number: UInt32 = try integer("the metadata '\(key)'")
        guard let kind = GGUFValue.Kind(rawValue: number) else {
            throw .badMetadata(file: file.path, key: key, problem: "\(number) is no known type")
        }
        return kind
    }

    private mutating func value(of kind: GGUFValue.Kind, key: String, depth: Int) throws(GGUFError) -> GGUFValue {
        let what = "the metadata '\(key)'"
        switch kind {
        case .uint8: return .uint8(try integer(what))
        case .int8: return .int8(Int8(bitPattern: try integer(what)))
        case .uint16: return .uint16(try integer(what))
        case .int16: return .int16(Int16(bitPattern: try integer(what)))
        case .uint32: return .uint32(try integer(what))
        case .int32: return .int32(Int32(bitPattern: try integer(what)))
        case .float32: return .float32(Float(bitPattern: try integer(what)))
        case .uint64: return .uint64(try integer(what))
        case .int64: return .int64(Int64(bitPattern: try integer(what)))
        case .float64: return .float64(Double(bitPattern: try integer(what)))
        case .string: return .string(try string(what))
        case .bool:
            let byte: UInt8 = try integer(what)
            guard byte <= 1 else {
                throw .badMetadata(file: file.path, key: key, problem: "\(byte) is neither false (0) nor true (1)")
            }
            return .bool(byte == 1)
        case .array: return try array(key: key, depth: depth + 1)
        }
    }

    private mutating func array(key: String, depth: Int) throws(GGUFError) -> GGUFValue {
        guard depth <= Self.deepest else {
            throw .badMetadata(
                file: file.path, key: key, problem: "arrays are nested deeper than \(Self.deepest) levels")
        }
        let kind = try kind(key)
        let length: UInt64 = try integer("the metadata '\(key)'")
        // Every element takes some bytes of the file, so a length beyond them is a lie, whatever it would allocate.
        let (least, overflow) = length.multipliedReportingOverflow(by: UInt64(kind.leastBytes))
        guard !overflow else {
            throw .badMetadata(file: file.path, key: key, problem: "it claims \(length) elements")
        }
        try need(least, "the metadata '\(key)' with \(length) elements")
        let count = Int(length)
        switch kind {
        case .string:
            var strings: [String] = []
            strings.reserveCapacity(count)
            for _ in 0..<count { strings.append(try string("the metadata '\(key)'")) }
            return .strings(strings)
        case .int32:
            return .int32s(words(count).map { Int32(bitPattern: $0) })
        case .float32:
            return .float32s(words(count).map { Float(bitPattern: $0) })
        default:
            let (total, overflow) = boxed.addingReportingOverflow(count)
            guard !overflow, total <= Self.mostBoxed else {
                throw .badMetadata(
                    file: file.path, key: key, problem: "the metadata has more than \(Self.mostBoxed) elements")
            }
            boxed = total
            var elements: [GGUFValue] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(try value(of: kind, key: key, depth: depth)) }
            return .array(type: kind, elements: elements)
        }
    }

    /// `count` words of 32 bits, which the caller has made sure of.
    private mutating func words(_ count: Int) -> [UInt32] {
        let words = file.withBytes(position..<position + 4 * count) { bytes in
            (0..<count).map { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
        }
        position += 4 * count
        return words
    }

    private func need(_ bytes: UInt64, _ what: String) throws(GGUFError) {
        guard bytes <= UInt64(remaining) else {
            let (needed, overflow) = bytes.addingReportingOverflow(UInt64(position))
            throw .truncated(
                file: file.path, what: what, needed: overflow ? .max : needed, fileBytes: file.count)
        }
    }
}

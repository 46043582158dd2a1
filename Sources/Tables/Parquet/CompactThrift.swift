/// Reads Thrift's compact protocol, in which Parquet writes its directory and page headers.
struct CompactThrift {
    /// Types as they stand in field headers.
    enum Kind: UInt8 {
        case yes = 1, no, byte, int16, int32, int64, double, binary, list, set, map, object, uuid
    }

    struct Field {
        var id: Int
        var kind: Kind
    }

    private static let deepest = 32

    let bytes: [UInt8]
    private(set) var position: Int
    private var depth = 0

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// Thrown when the bytes end too early, so that a caller may try again with more of them.
    static let cutOff = ParquetError.damaged(reason: "a header is cut off")

    // MARK: Objects

    /// Hands each field to `body`, which reads it or leaves it to be skipped by answering false.
    mutating func object(
        _ body: (inout CompactThrift, Field) throws(ParquetError) -> Bool
    ) throws(ParquetError) {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw .damaged(reason: "a header is nested too deep") }
        var last = 0
        while true {
            let head = try byte()
            if head == 0 { return }
            guard let kind = Kind(rawValue: head & 0x0F) else { throw .damaged(reason: "a header has an unknown type") }
            let step = Int(head >> 4)
            last = step > 0 ? last + step : try integer()
            guard last > -32_769, last < 32_768 else { throw .damaged(reason: "a header has an impossible field") }
            if !(try body(&self, Field(id: last, kind: kind))) { try skip(kind) }
        }
    }

    /// The number of elements of a list, checked against the bytes left, and their type.
    mutating func list() throws(ParquetError) -> (count: Int, kind: Kind) {
        let head = try byte()
        var count = Int(head >> 4)
        if count == 15 { count = try unsigned() }
        guard let kind = Kind(rawValue: head & 0x0F) else { throw .damaged(reason: "a list has an unknown type") }
        guard count <= bytes.count - position else { throw Self.cutOff }
        return (count, kind)
    }

    // MARK: Values

    mutating func byte() throws(ParquetError) -> UInt8 {
        guard position < bytes.count else { throw Self.cutOff }
        position += 1
        return bytes[position - 1]
    }

    /// A zigzag integer of up to 64 bits.
    mutating func integer() throws(ParquetError) -> Int {
        let value = try varint()
        return Int(bitPattern: UInt(value >> 1)) ^ -Int(value & 1)
    }

    mutating func flag(_ kind: Kind) throws(ParquetError) -> Bool {
        switch kind {
        case .yes: true
        case .no: false
        default: throw .damaged(reason: "a header has a value of another type than expected")
        }
    }

    mutating func text() throws(ParquetError) -> String {
        let count = try unsigned()
        guard count <= bytes.count - position else { throw Self.cutOff }
        position += count
        return String(decoding: bytes[(position - count)..<position], as: UTF8.self)
    }

    private mutating func unsigned() throws(ParquetError) -> Int {
        guard let value = Int(exactly: try varint()) else {
            throw .damaged(reason: "a header states an impossible size")
        }
        return value
    }

    private mutating func varint() throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 70 {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw .damaged(reason: "a header has a number that does not end")
    }

    private mutating func skip(_ kind: Kind) throws(ParquetError) {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw .damaged(reason: "a header is nested too deep") }
        switch kind {
        case .yes, .no: return
        case .byte: _ = try byte()
        case .int16, .int32, .int64: _ = try varint()
        case .double: try skip(8)
        case .uuid: try skip(16)
        case .binary: try skip(try unsigned())
        case .list, .set:
            let (count, element) = try list()
            // Flags take a byte each inside a list.
            for _ in 0..<count { try element == .yes || element == .no ? skip(1) : skip(element) }
        case .map:
            let count = try unsigned()
            guard count > 0 else { return }
            let kinds = try byte()
            guard let key = Kind(rawValue: kinds >> 4), let value = Kind(rawValue: kinds & 15),
                count <= bytes.count - position
            else { throw .damaged(reason: "a map in a header is damaged") }
            for _ in 0..<count {
                try key == .yes || key == .no ? skip(1) : skip(key)
                try value == .yes || value == .no ? skip(1) : skip(value)
            }
        case .object: try object { _, _ in false }
        }
    }

    private mutating func skip(_ count: Int) throws(ParquetError) {
        guard count <= bytes.count - position else { throw Self.cutOff }
        position += count
    }
}

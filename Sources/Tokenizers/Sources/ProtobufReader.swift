/// Reads the fields of a protocol buffer message (the wire format of proto2 and proto3) without ever leaving its bytes.
struct ProtobufReader {
    enum Value {
        case number(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(Range<Int>)
    }

    struct Damage: Error {
        var offset: Int
        var reason: String
    }

    let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field and its value; nil at the end.
    mutating func next() throws(Damage) -> (field: Int, value: Value)? {
        guard position < end else { return nil }
        let start = position
        let tag = try varint()
        guard tag >> 3 != 0, tag >> 3 <= 536_870_911 else {
            throw Damage(offset: start, reason: "no such field number")
        }
        let field = Int(tag >> 3)
        switch tag & 7 {
        case 0: return (field, .number(try varint()))
        case 1: return (field, .fixed64(try fixed(8)))
        case 2:
            let count = try varint()
            guard count <= UInt64(end - position) else {
                throw Damage(offset: start, reason: "a field of \(count) bytes reaches beyond its message")
            }
            let range = position..<(position + Int(count))
            position = range.upperBound
            return (field, .bytes(range))
        case 5: return (field, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw Damage(offset: start, reason: "the wire type \(tag & 7) is not in use")
        }
    }

    private mutating func varint() throws(Damage) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard position < end else { break }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw Damage(offset: start, reason: "a number does not end")
    }

    private mutating func fixed(_ count: Int) throws(Damage) -> UInt64 {
        guard end - position >= count else { throw Damage(offset: position, reason: "a number is cut off") }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[position + index]) << UInt64(index * 8) }
        position += count
        return value
    }
}

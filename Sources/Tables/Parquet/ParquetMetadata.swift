/// The directory at the end of a Parquet file (parquet.thrift, FileMetaData), as far as reading rows needs it.
struct ParquetMetadata {
    struct Element {
        var physical: Int?
        var length = 0
        /// 0 required, 1 optional, 2 repeated.
        var repetition = 0
        var name = ""
        var children = 0
        var converted: Int?
        var scale = 0
        var logical: ParquetLogicalType?
    }

    struct Chunk {
        var physical = 0
        var codec = 0
        var values = 0
        var packedSize = 0
        var dataOffset = 0
        var dictionaryOffset: Int?
        var path: [String] = []
        var isElsewhere = false
        var isEncrypted = false
        var hasMetadata = false
    }

    struct RowGroup {
        var chunks: [Chunk] = []
        var rows = 0
    }

    var elements: [Element] = []
    var rows = 0
    var groups: [RowGroup] = []
    var creator = ""

    init(_ bytes: [UInt8]) throws(ParquetError) {
        var thrift = CompactThrift(bytes)
        try thrift.object { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (2, .list): elements = try Self.all(&reader, Self.element)
            case (3, .int64): rows = try reader.integer()
            case (4, .list): groups = try Self.all(&reader, Self.group)
            case (6, .binary): creator = try reader.text()
            default: return false
            }
            return true
        }
    }

    private static func all<Element>(
        _ reader: inout CompactThrift, _ one: (inout CompactThrift) throws(ParquetError) -> Element
    ) throws(ParquetError) -> [Element] {
        let (count, kind) = try reader.list()
        guard kind == .object || count == 0 else { throw .damaged(reason: "a list in its directory is damaged") }
        var found: [Element] = []
        for _ in 0..<count { found.append(try one(&reader)) }
        return found
    }

    private static func element(_ reader: inout CompactThrift) throws(ParquetError) -> Element {
        var element = Element()
        try reader.object { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, .int32): element.physical = try reader.integer()
            case (2, .int32): element.length = try reader.integer()
            case (3, .int32): element.repetition = try reader.integer()
            case (4, .binary): element.name = try reader.text()
            case (5, .int32): element.children = try reader.integer()
            case (6, .int32): element.converted = try reader.integer()
            case (7, .int32): element.scale = try reader.integer()
            case (10, .object): element.logical = try ParquetLogicalType.read(&reader)
            default: return false
            }
            return true
        }
        return element
    }

    private static func group(_ reader: inout CompactThrift) throws(ParquetError) -> RowGroup {
        var group = RowGroup()
        try reader.object { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, .list): group.chunks = try all(&reader, chunk)
            case (3, .int64): group.rows = try reader.integer()
            default: return false
            }
            return true
        }
        return group
    }

    private static func chunk(_ reader: inout CompactThrift) throws(ParquetError) -> Chunk {
        var chunk = Chunk()
        try reader.object { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, .binary): chunk.isElsewhere = !(try reader.text()).isEmpty
            case (3, .object):
                chunk.hasMetadata = true
                try column(&reader, &chunk)
            case (8, .object), (9, .binary):
                chunk.isEncrypted = true
                return false
            default: return false
            }
            return true
        }
        return chunk
    }

    private static func column(_ reader: inout CompactThrift, _ chunk: inout Chunk) throws(ParquetError) {
        try reader.object { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, .int32): chunk.physical = try reader.integer()
            case (3, .list):
                let (count, kind) = try reader.list()
                guard kind == .binary || count == 0 else { throw .damaged(reason: "a column's path is damaged") }
                for _ in 0..<count { chunk.path.append(try reader.text()) }
            case (4, .int32): chunk.codec = try reader.integer()
            case (5, .int64): chunk.values = try reader.integer()
            case (7, .int64): chunk.packedSize = try reader.integer()
            case (9, .int64): chunk.dataOffset = try reader.integer()
            case (11, .int64): chunk.dictionaryOffset = try reader.integer()
            default: return false
            }
            return true
        }
    }
}

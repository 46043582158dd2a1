public import OrderedJSON

/// The rows of a Parquet file, one after the other, with no more than a page of each column in memory.
///
/// Reads what pyarrow and `datasets` write: pages of both versions, all encodings of the format but the retired
/// bit-packed values, nested lists, structs and maps, codecs none, Snappy, gzip, zstd and LZ4.
public struct ParquetFile {
    private static let mark: [UInt8] = Array("PAR1".utf8)
    private static let directoryLimit = 1 << 28

    /// Rows of the whole file.
    public let rowCount: Int
    /// Names of the columns, in the file's order.
    public let columns: [String]
    /// What wrote it, as it says.
    public let creator: String
    /// Names of the codecs in use.
    public let codecs: [String]

    private let file: any PlacedBytes
    private let schema: ParquetSchema
    private let groups: [ParquetMetadata.RowGroup]
    private var cursors: [ParquetLeafCursor] = []
    private var nextGroup = 0
    private var rowsLeft = 0

    /// Reads the directory.
    /// - Throws: `ParquetError` when it is no Parquet file, or damaged, or encrypted.
    public init(_ file: any PlacedBytes) throws(ParquetError) {
        self.file = file
        let size = file.count
        guard size >= 12, try file.bytes(0..<4) == Self.mark else {
            throw .damaged(reason: "it does not begin with PAR1")
        }
        let tail = try file.bytes((size - 8)..<size)
        guard Array(tail[4...]) == Self.mark else {
            if Array(tail[4...]) == Array("PARE".utf8) {
                throw .unsupported(feature: "encryption", remedy: "write it again without")
            }
            throw .damaged(reason: "it does not end with PAR1: it was cut off")
        }
        let length = Int(ParquetDecoder.word(tail, 0))
        guard length <= size - 12, length <= Self.directoryLimit else {
            throw .damaged(reason: "its directory lies outside it")
        }
        let metadata = try ParquetMetadata(try file.bytes((size - 8 - length)..<(size - 8)))
        schema = try ParquetSchema(metadata.elements)
        groups = metadata.groups
        var total = 0
        for group in groups {
            let (sum, isTooMuch) = total.addingReportingOverflow(group.rows)
            guard group.rows >= 0, !isTooMuch, group.chunks.count == schema.leaves.count else {
                throw .damaged(reason: "a row group contradicts the columns")
            }
            total = sum
        }
        guard total == metadata.rows else {
            throw .damaged(reason: "it states \(metadata.rows) rows and its row groups hold \(total)")
        }
        // Columns of nothing but nulls take no space: without this a kilobyte could be rows without end.
        guard total <= max(1 << 20, size.multipliedReportingOverflow(by: 256).partialValue) else {
            throw .damaged(reason: "it states \(total) rows in \(size) bytes")
        }
        rowCount = total
        columns = schema.columns.map(\.name)
        creator = metadata.creator
        var codecs: [String] = []
        for chunk in groups.lazy.flatMap(\.chunks) {
            let name = ParquetCodec(rawValue: chunk.codec)?.name ?? "codec \(chunk.codec)"
            if !codecs.contains(name) { codecs.append(name) }
        }
        self.codecs = codecs
    }

    /// The next row; nil at the end. A column that is null is there with the value null.
    public mutating func next() throws(ParquetError) -> JSONObject? {
        while rowsLeft == 0 {
            for cursor in cursors where try cursor.peek() != nil {
                throw .damaged(reason: "column '\(cursor.leaf.path.joined(separator: "."))' has more rows than stated")
            }
            guard nextGroup < groups.count else { return nil }
            let group = groups[nextGroup]
            cursors = []
            nextGroup += 1
            // A group without rows has no pages, and its chunks need not say where these would be.
            if group.rows == 0 { continue }
            for (leaf, chunk) in zip(schema.leaves, group.chunks) {
                cursors.append(try ParquetLeafCursor(leaf, chunk, in: file))
            }
            rowsLeft = group.rows
        }
        rowsLeft -= 1
        for cursor in cursors {
            if let levels = try cursor.peek(), levels.repetition != 0 {
                throw .damaged(reason: "column '\(cursor.leaf.path.joined(separator: "."))' begins within a row")
            }
        }
        var row: JSONObject = [:]
        for column in schema.columns { row[column.name] = try value(of: column) }
        return row
    }

    // MARK: Assembly (Melnik et al., Dremel, 2010)

    private func value(of node: ParquetSchema.Node) throws(ParquetError) -> JSONValue {
        switch node.repetition {
        case .required: return try content(of: node)
        case .optional:
            guard try definition(at: node) >= node.definition else {
                try passOver(node)
                return .null
            }
            return try content(of: node)
        case .repeated:
            return .array(try elements(of: node) { node throws(ParquetError) in try content(of: node) })
        }
    }

    private func content(of node: ParquetSchema.Node) throws(ParquetError) -> JSONValue {
        if node.isLeaf { return try cursors[node.leaves.lowerBound].take() }
        if node.children.count == 1, let inner = node.children.first, inner.repetition == .repeated {
            if node.logical == .list {
                let isOwn =
                    inner.isLeaf || inner.children.count > 1 || inner.name == "array"
                    || inner.name == node.name + "_tuple"
                return .array(
                    try elements(of: inner) { inner throws(ParquetError) in
                        try isOwn ? content(of: inner) : value(of: inner.children[0])
                    })
            }
            if node.logical == .map, inner.children.count == 2 { return try map(inner) }
        }
        var members: JSONObject = [:]
        for child in node.children { members[child.name] = try value(of: child) }
        return .object(members)
    }

    /// An object where keys are texts and none comes twice, else a list of pairs.
    private func map(_ node: ParquetSchema.Node) throws(ParquetError) -> JSONValue {
        let pairs = try elements(of: node) { node throws(ParquetError) in
            let key = try value(of: node.children[0])
            return .array([key, try value(of: node.children[1])])
        }
        let keys = schema.leaves[node.leaves.lowerBound]
        guard node.children[0].isLeaf, keys.physical == .bytes, keys.logical == .text else { return .array(pairs) }
        var members: JSONObject = [:]
        for pair in pairs {
            guard let key = pair[0]?.string, members[key] == nil else { return .array(pairs) }
            members[key] = pair[1]
        }
        return .object(members)
    }

    private func elements(
        of node: ParquetSchema.Node, _ one: (ParquetSchema.Node) throws(ParquetError) -> JSONValue
    ) throws(ParquetError) -> [JSONValue] {
        guard try definition(at: node) >= node.definition else {
            try passOver(node)
            return []
        }
        var found: [JSONValue] = []
        let first = cursors[node.leaves.lowerBound]
        repeat { found.append(try one(node)) } while try (first.peek()?.repetition ?? -1) == node.level
        return found
    }

    private func definition(at node: ParquetSchema.Node) throws(ParquetError) -> Int {
        try cursors[node.leaves.lowerBound].peek()?.definition ?? 0
    }

    private func passOver(_ node: ParquetSchema.Node) throws(ParquetError) {
        for leaf in node.leaves { _ = try cursors[leaf].take() }
    }
}

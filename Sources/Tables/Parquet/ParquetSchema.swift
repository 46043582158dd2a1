/// The columns of a Parquet file as a tree, and its leaves, which is where values are kept.
struct ParquetSchema {
    struct Leaf {
        var physical: ParquetPhysicalType
        /// Bytes of a value of fixed length.
        var length: Int
        var logical: ParquetLogicalType?
        var maxDefinition: Int
        var maxRepetition: Int
        var path: [String]
    }

    struct Node {
        enum Repetition: Int { case required, optional, repeated }
        var name: String
        var repetition: Repetition
        var logical: ParquetLogicalType?
        /// Definition and repetition level of a value that is there.
        var definition: Int
        var level: Int
        var children: [Node] = []
        /// Which leaves lie below it.
        var leaves: Range<Int>

        var isLeaf: Bool { children.isEmpty }
    }

    private static let deepest = 64

    private(set) var columns: [Node] = []
    private(set) var leaves: [Leaf] = []

    init(_ elements: [ParquetMetadata.Element]) throws(ParquetError) {
        guard let root = elements.first, root.children > 0 else {
            throw .damaged(reason: "its directory lists no columns")
        }
        var next = 1
        for _ in 0..<root.children {
            columns.append(
                try Self.node(
                    elements, &next, &leaves, definition: 0, level: 0, path: [], depth: 1))
        }
        guard next == elements.count else { throw .damaged(reason: "its list of columns does not add up") }
        let names = Set(columns.map(\.name))
        guard names.count == columns.count else { throw .damaged(reason: "two of its columns have the same name") }
    }

    private static func node(
        _ elements: [ParquetMetadata.Element], _ next: inout Int, _ leaves: inout [Leaf], definition: Int, level: Int,
        path: [String], depth: Int
    ) throws(ParquetError) -> Node {
        guard next < elements.count, depth <= deepest else {
            throw .damaged(reason: "its list of columns does not add up")
        }
        let element = elements[next]
        next += 1
        guard let repetition = Node.Repetition(rawValue: element.repetition) else {
            throw .damaged(reason: "column '\(element.name)' has an unknown kind of repetition")
        }
        let definition = definition + (repetition == .required ? 0 : 1)
        let level = level + (repetition == .repeated ? 1 : 0)
        let path = path + [element.name]
        let logical =
            element.logical ?? element.converted.flatMap { ParquetLogicalType(converted: $0, scale: element.scale) }
        let first = leaves.count
        var node = Node(
            name: element.name, repetition: repetition, logical: logical, definition: definition, level: level,
            leaves: first..<first)
        guard element.children >= 0 else { throw .damaged(reason: "column '\(element.name)' is damaged") }
        if element.children == 0 {
            guard let kind = element.physical else {
                throw .unsupported(
                    feature: "a group without fields ('\(path.joined(separator: "."))')",
                    remedy: "leave that column out when you write the file")
            }
            guard let physical = ParquetPhysicalType(rawValue: kind) else {
                throw .damaged(reason: "column '\(element.name)' has the unknown type \(kind)")
            }
            guard element.length >= 0, element.length <= 1 << 24 else {
                throw .damaged(reason: "column '\(element.name)' states an impossible length")
            }
            if case .decimal(let scale) = logical, scale < 0 || scale > 1_000 {
                throw .damaged(reason: "column '\(element.name)' states an impossible scale")
            }
            leaves.append(
                Leaf(
                    physical: physical, length: element.length, logical: logical, maxDefinition: definition,
                    maxRepetition: level, path: path))
        } else {
            guard element.children <= elements.count - next else {
                throw .damaged(reason: "its list of columns does not add up")
            }
            for _ in 0..<element.children {
                node.children.append(
                    try Self.node(
                        elements, &next, &leaves, definition: definition, level: level, path: path, depth: depth + 1))
            }
        }
        node.leaves = first..<leaves.count
        return node
    }
}

/// How a leaf's values are stored (parquet.thrift, Type).
enum ParquetPhysicalType: Int {
    case boolean, int32, int64, int96, float, double, bytes, fixed
}

/// Why a file as a whole could not be read or written.
public enum DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
    case cannotOpen(path: String, reason: String)
    case cannotRead(path: String, reason: String)
    case empty(path: String)
    /// Bytes of another format: compressed, Parquet, a Git LFS pointer.
    case otherFormat(path: String, format: String, remedy: String)
    /// No known shape fits; the fields are those seen, most frequent first.
    case unknownShape(path: String, fields: [String])
    /// The mapping names a field that no row has.
    case mappingDoesNotFit(path: String, part: String, field: String, fields: [String])
    case noUsableRow(path: String, rows: Int, problems: [RowProblem])
    case cannotWrite(path: String, reason: String)
    /// An example cannot be written in the shape that was asked for.
    case cannotExport(line: Int, shape: RowShape, reason: String)
    case cancelled(path: String)
    /// A folder in which no data file was found.
    case nothingInFolder(path: String, reason: String)

    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            return "cannot open \(Self.named(path)): \(reason)"
        case .cannotRead(let path, let reason):
            return "cannot read \(Self.named(path)): \(reason)"
        case .empty(let path):
            return "\(Self.named(path)) is empty: a data set has one JSON object on each line, or the rows of a table"
        case .otherFormat(let path, let format, let remedy):
            return "\(Self.named(path)) is \(format), which is not read: \(remedy)"
        case .unknownShape(let path, let fields):
            return
                "\(Self.named(path)): no known shape fits fields \(Self.list(fields)). Say which field plays which part, "
                + "for example shape prompt_completion with prompt=FIELD and completion=FIELD, or shape text with "
                + "text=FIELD; a path such as question.stem or turns[0] reaches into a field"
        case .mappingDoesNotFit(let path, let part, let field, let fields):
            return "\(Self.named(path)): the mapping takes \(part) from '\(field)', which no row has. Fields seen: "
                + Self.list(fields)
        case .noUsableRow(let path, let rows, let problems):
            let first = problems.first.map { ". The first: \($0)" } ?? ""
            return "\(Self.named(path)): none of \(rows) row\(rows == 1 ? "" : "s") can be used\(first). "
                + "Rows must be objects, or records of a table, of one shape"
        case .cannotWrite(let path, let reason):
            return "cannot write \(Self.named(path)): \(reason)"
        case .cannotExport(let line, let shape, let reason):
            return "line \(line) cannot be written as \(shape.rawValue): \(reason)"
        case .cancelled(let path):
            return "reading \(Self.named(path)) was cancelled"
        case .nothingInFolder(let path, let reason):
            return "the folder \(Self.named(path)) holds no data to read: \(reason)"
        }
    }

    private static func named(_ path: String) -> String { path == "-" ? "standard input" : path }

    private static func list(_ fields: [String]) -> String {
        let shown = fields.prefix(24).map { "'\($0)'" }.joined(separator: ", ")
        return fields.isEmpty ? "(none)" : fields.count > 24 ? shown + " and \(fields.count - 24) more" : shown
    }
}

/// Why one row of a file could not be used. The other rows are read all the same.
public struct RowProblem: Sendable, Equatable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        case invalidJSON = "invalid_json"
        case invalidUTF8 = "invalid_utf8"
        case notAnObject = "not_an_object"
        /// A record of delimited text with more or fewer fields than the first.
        case ragged
        /// Valid JSON, but a field of the shape is missing or of another kind.
        case doesNotFit = "does_not_fit"
        /// A file of a folder that could not be read at all.
        case unreadable
    }

    public var kind: Kind
    /// The file within the folder that was read; nil for a single file.
    public var file: String?
    /// Line in the file, from 1; the row's number in a Parquet file.
    public var line: Int
    /// Column in bytes, from 1, where that is known.
    public var column: Int?
    public var reason: String

    public init(kind: Kind, file: String? = nil, line: Int, column: Int? = nil, reason: String) {
        self.kind = kind
        self.file = file
        self.line = line
        self.column = column
        self.reason = reason
    }

    public var description: String {
        let place = file.map { "\($0), " } ?? ""
        if kind == .unreadable { return "\(file ?? "a file"): \(reason)" }
        if let column { return "\(place)line \(line), column \(column): \(reason)" }
        return "\(place)line \(line): \(reason)"
    }
}

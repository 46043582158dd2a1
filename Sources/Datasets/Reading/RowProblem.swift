/// Why one row of a file could not be used. The other rows are read all the same.
public struct RowProblem: Sendable, Equatable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        case invalidJSON = "invalid_json"
        case invalidUTF8 = "invalid_utf8"
        case notAnObject = "not_an_object"
        /// Valid JSON, but a field of the shape is missing or of another kind.
        case doesNotFit = "does_not_fit"
    }

    public var kind: Kind
    /// Line in the file, from 1.
    public var line: Int
    /// Column in bytes, from 1, where that is known.
    public var column: Int?
    public var reason: String

    public init(kind: Kind, line: Int, column: Int? = nil, reason: String) {
        self.kind = kind
        self.line = line
        self.column = column
        self.reason = reason
    }

    public var description: String {
        if let column { "line \(line), column \(column): \(reason)" } else { "line \(line): \(reason)" }
    }
}

/// What reading a file gave: every row that is not blank is either an example or a problem.
public struct ImportedRows: Sendable {
    public var path: String
    public var examples: [Example]
    public var mapping: ColumnMapping
    /// How the shape was found; of the rows that were looked at when the mapping was given.
    public var detection: ShapeDetection
    /// Rows that could not be used, in the file's order.
    public var problems: [RowProblem]
    /// Lines with nothing but white space, which are no rows.
    public var blankLines: Int
    public var bytes: Int
    /// Of the file's bytes.
    public var hash: ContentHash

    public var shape: RowShape { mapping.shape }
    public var rowCount: Int { examples.count + problems.count }
}

/// What a look at the head of a file shows, before it is read with a mapping.
public struct FileInspection: Sendable {
    public var path: String
    public var bytes: Int
    public var detection: ShapeDetection
    /// The first rows as they stand in the file, for showing beside the mapping.
    public var firstRows: [String]
    public var problems: [RowProblem]
}

/// What reading a file, or the files of a folder, gave: every row that is not blank is either an example or a problem.
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
    /// How the file was read; of a folder, its largest file.
    public var format: FileFormat
    /// Of a folder: its files; empty for a single file.
    public var files: [ImportedFile] = []
    /// What was decided about rows elsewhere, by their place in `examples`: only rows that were exported with it.
    public var decisions: [Int: ImportedDecision] = [:]
    /// What a person should know about how the rows were read.
    public var notes: [String] = []

    public var shape: RowShape { mapping.shape }
    public var rowCount: Int { examples.count + problems.count }

    /// What a run trains on: edited where a decision says so, without what was dropped.
    public var survivors: [Example] {
        if decisions.isEmpty { return examples }
        return examples.indices.compactMap { index in
            guard let decision = decisions[index] else { return examples[index] }
            return decision.status == "dropped" ? nil : decision.edited ?? examples[index]
        }
    }

    /// The examples of one split of a folder; all of them where it has no splits.
    public func survivors(split: String) -> [Example] {
        let inside = Set(files.filter { $0.split == split }.map(\.name))
        return inside.isEmpty ? survivors : survivors.filter { $0.file.map(inside.contains) ?? false }
    }

    /// The decision in words: how the file was read, which shape was found, and what else there is to know.
    public var reasons: [String] {
        var lines = ["read as \(format.summary)"]
        if !files.isEmpty {
            lines = files.map(\.summary)
        }
        return lines + detection.reasons(chosen: mapping) + notes
    }
}

/// One file of a folder.
public struct ImportedFile: Sendable, Equatable {
    /// Path within the folder.
    public var name: String
    /// `train`, `validation` or `test`, where its name says so.
    public var split: String?
    public var rows: Int
    public var problems: Int
    public var format: FileFormat
    public var shape: RowShape

    var summary: String {
        "\(name)\(split.map { " (\($0))" } ?? ""): \(rows) row\(rows == 1 ? "" : "s"), \(problems) left out, \(shape.rawValue), "
            + format.summary
    }
}

/// What was decided about a row before it was exported.
public struct ImportedDecision: Sendable, Equatable {
    /// `kept`, `dropped`, `flagged` or `undecided`.
    public var status: String
    public var isSkipped: Bool
    public var note: String?
    public var tags: [String]
    /// The row as it was edited; the example beside it is the original.
    public var edited: Example?

    public init(
        status: String, isSkipped: Bool = false, note: String? = nil, tags: [String] = [], edited: Example? = nil
    ) {
        self.status = status
        self.isSkipped = isSkipped
        self.note = note
        self.tags = tags
        self.edited = edited
    }
}

/// What a look at the head of a file shows, before it is read with a mapping.
public struct FileInspection: Sendable {
    public var path: String
    public var bytes: Int
    public var detection: ShapeDetection
    /// The first rows as they stand in the file, for showing beside the mapping.
    public var firstRows: [String]
    public var problems: [RowProblem]
    public var format: FileFormat
}

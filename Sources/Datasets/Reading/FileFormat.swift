/// What a file is made of, told by its content first and by its name second.
public enum DataFormat: String, Sendable, CaseIterable, Codable {
    case jsonLines = "jsonl"
    case json, csv, parquet, text

    /// For people.
    public var title: String {
        switch self {
        case .jsonLines: "JSON lines"
        case .json: "JSON"
        case .csv: "delimited text"
        case .parquet: "Parquet"
        case .text: "plain text"
        }
    }
}

/// Where one row of a plain text ends.
public enum TextUnit: String, Sendable, CaseIterable, Codable {
    /// The file is one row.
    case whole
    case line
    /// Blank lines part rows.
    case paragraph
}

/// How a file was read.
public struct FileFormat: Sendable, Equatable {
    public var format: DataFormat
    public var compression: FileCompression
    /// Of delimited text.
    public var delimiter: UInt8?
    /// Of plain text.
    public var unit: TextUnit?
    /// Further words for people: what wrote it, how its pages are packed.
    public var detail: String?

    public init(
        _ format: DataFormat, compression: FileCompression = .none, delimiter: UInt8? = nil, unit: TextUnit? = nil,
        detail: String? = nil
    ) {
        self.format = format
        self.compression = compression
        self.delimiter = delimiter
        self.unit = unit
        self.detail = detail
    }

    /// `delimited text (semicolon), gzip`.
    public var summary: String {
        var text = format.title
        if let delimiter { text += " (\(Delimiter.name(delimiter)))" }
        if let unit { text += " by \(unit.rawValue)" }
        if let detail { text += " (\(detail))" }
        return compression == .none ? text : text + ", \(compression.rawValue)"
    }
}

/// What a person says about a file where the guess is wrong.
public struct ReadingChoices: Sendable, Equatable {
    public var format: DataFormat?
    /// Of delimited text.
    public var delimiter: UInt8?
    /// Whether the first record of delimited text names the columns; else they are `column_1`, `column_2`, …
    public var hasHeader: Bool
    /// Of a folder: only the files of this split.
    public var split: String?

    public init(format: DataFormat? = nil, delimiter: UInt8? = nil, hasHeader: Bool = true, split: String? = nil) {
        self.format = format
        self.delimiter = delimiter
        self.hasHeader = hasHeader
        self.split = split
    }
}

import OrderedJSON
import Tables

/// Reads data sets: JSON lines, JSON, delimited text, Parquet and plain text, also packed with gzip or zstd, from a
/// file, a folder of files, or standard input.
public enum DatasetFile {
    /// Rows that the shape is decided over.
    static let sampleSize = 1_000

    /// Reads a whole file or folder.
    ///
    /// Lines end at `\n` alone; a `\r` before it and a byte order mark are tolerated, blank lines are skipped. A row
    /// that cannot be used becomes a `RowProblem` with its line, and the other rows are read.
    /// - Parameters:
    ///   - path: A file, a folder, or `-` for standard input.
    ///   - mapping: Which field plays which part; nil finds it out, for each file of a folder by itself.
    ///   - choices: What a person says about the file where the guess is wrong.
    ///   - progress: Called now and then with the share that is read; false stops with `DatasetError.cancelled`.
    /// - Returns: Examples and problems; together they are every row that is not blank.
    /// - Throws: `DatasetError` when the file cannot be opened, is empty, is of another format, has no known shape
    ///   or no usable row.
    public static func read(
        path: String, mapping: ColumnMapping? = nil, choices: ReadingChoices = ReadingChoices(),
        progress: ((Double) -> Bool)? = nil
    ) throws(DatasetError) -> ImportedRows {
        if path != "-", let folder = try DatasetFolder(path: path, choices: choices) {
            return try folder.read(mapping: mapping, choices: choices, progress: progress)
        }
        var described: LlamaFactoryEntry?
        if mapping == nil, path != "-" { described = LlamaFactoryEntry.beside(path) }
        var rows = try readOne(
            path: path, file: nil, mapping: mapping ?? described?.mapping, choices: choices, progress: progress)
        if let described { rows.notes.append("as '\(described.name)' in dataset_info.json beside it says") }
        return rows
    }

    static func readOne(
        path: String, file: String?, mapping: ColumnMapping?, choices: ReadingChoices, progress: ((Double) -> Bool)?
    ) throws(DatasetError) -> ImportedRows {
        var collector = RowCollector(path: path, file: file, mapping: mapping)
        let source = try ByteSource(path: path)
        try FileScan(source: source, choices: choices, progress: progress).run(into: &collector)
        try source.finish()
        return try collector.finish(source.stored)
    }

    /// Looks at the head of a file, or of the first file of a folder: fields, shapes that fit, first rows.
    public static func inspect(
        path: String, rows: Int = 200, choices: ReadingChoices = ReadingChoices()
    ) throws(DatasetError) -> FileInspection {
        let first = try DatasetFolder(path: path, choices: choices)?.files.first?.path ?? path
        var collector = RowCollector(path: path, mapping: nil)
        collector.rowLimit = max(rows, 1)
        let source = try ByteSource(path: first)
        try FileScan(source: source, choices: choices, progress: nil).run(into: &collector)
        let sample = collector.sample
        if sample.isEmpty {
            if collector.rowCount == 0 { throw .empty(path: path) }
            throw .noUsableRow(
                path: path, rows: collector.problems.count, problems: Array(collector.problems.prefix(5)))
        }
        return FileInspection(
            path: path, bytes: source.size, detection: ShapeDetection(sample: sample),
            firstRows: sample.prefix(5).map { JSONValue.object($0).serialized(.python) }, problems: collector.problems,
            format: collector.format)
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

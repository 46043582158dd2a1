import OrderedJSON

/// Reads data sets: JSON lines, or one JSON array (or object) in a file.
public enum DatasetFile {
    /// Rows that the shape is decided over.
    static let sampleSize = 1_000

    /// Reads a whole file.
    ///
    /// Lines end at `\n` alone; a `\r` before it and a byte order mark are tolerated, blank lines are skipped. A row
    /// that cannot be used becomes a `RowProblem` with its line, and the other rows are read.
    /// - Parameters:
    ///   - path: A file of JSON lines, of one JSON array, or of one object.
    ///   - mapping: Which field plays which part; nil finds it out.
    ///   - progress: Called now and then with the share that is read; false stops with `DatasetError.cancelled`.
    /// - Returns: Examples and problems; together they are every row that is not blank.
    /// - Throws: `DatasetError` when the file cannot be opened, is empty, is of another format, has no known shape
    ///   or no usable row.
    public static func read(
        path: String, mapping: ColumnMapping? = nil, progress: ((Double) -> Bool)? = nil
    ) throws(DatasetError) -> ImportedRows {
        var collector = RowCollector(path: path, mapping: mapping)
        try scan(path: path, into: &collector, progress: progress)
        return try collector.finish()
    }

    /// Looks at the head of a file: fields, shapes that fit, first rows as they stand.
    public static func inspect(path: String, rows: Int = 200) throws(DatasetError) -> FileInspection {
        var collector = RowCollector(path: path, mapping: nil)
        collector.rowLimit = max(rows, 1)
        try scan(path: path, into: &collector, progress: nil)
        let sample = collector.sample
        if sample.isEmpty {
            throw .noUsableRow(path: path, rows: collector.problems.count, problems: collector.firstProblems)
        }
        return FileInspection(
            path: path, bytes: collector.bytes, detection: ShapeDetection(sample: sample),
            firstRows: sample.prefix(5).map { JSONValue.object($0).serialized(.python) }, problems: collector.problems)
    }

    private static func scan(
        path: String, into collector: inout RowCollector, progress: ((Double) -> Bool)?
    ) throws(DatasetError) {
        var lines = ByteLines(source: try ByteSource(path: path))
        let head = try lines.peek()
        try OtherFormat.refuse(head, path: path)
        let content = head.dropFirst(head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        if content.first(where: { !isSpace($0) }) == UInt8(ascii: "[") {
            let bytes = try ByteSource.contents(of: path)
            if readArray(bytes, into: &collector) { return }
        }
        try readLines(&lines, into: &collector, progress: progress)
        if collector.sample.isEmpty, collector.exampleCount == 0, collector.isFirstProblemJSON {
            // One object over many lines, as `json.dump(indent=2)` writes it.
            let bytes = try ByteSource.contents(of: path)
            if let value = try? JSONValue(parsing: bytes), let object = value.object {
                collector.restart(with: object, bytes: bytes)
            }
        }
        if collector.rowCount == 0 { throw .empty(path: path) }
    }

    // MARK: Lines

    private static func readLines(
        _ lines: inout ByteLines, into collector: inout RowCollector, progress: ((Double) -> Bool)?
    ) throws(DatasetError) {
        var number = 0
        var reported = 0
        while let range = try lines.next() {
            number += 1
            let offset = lines.offset
            collector.bytes = offset
            if let progress, offset - reported >= 1 << 20 {
                reported = offset
                if !progress(lines.size > 0 ? min(Double(offset) / Double(lines.size), 1) : 0) {
                    throw .cancelled(path: collector.path)
                }
            }
            let line = lines.buffer[range]
            if line.allSatisfy(isSpace) {
                collector.blankLines += 1
                continue
            }
            collector.add(line, line: number, column: 1)
            if collector.isFull { break }
        }
        collector.bytes = max(lines.size, collector.bytes)
        collector.hash = lines.hash
    }

    // MARK: One array

    /// False when the brackets do not enclose the whole file, as when each line holds a list of its own.
    private static func readArray(_ bytes: [UInt8], into collector: inout RowCollector) -> Bool {
        guard let open = bytes.firstIndex(of: UInt8(ascii: "[")) else { return false }
        let found = JSONArrayElements(bytes, open: open)
        // A file cut off in the middle is still an array; one that goes on after its bracket is not.
        if !found.isComplete, let last = found.elements.last,
            bytes[last.bytes.upperBound...].contains(where: { !isSpace($0) })
        {
            return false
        }
        for element in found.elements {
            collector.add(bytes[element.bytes], line: element.line, column: element.column)
            if collector.isFull { break }
        }
        collector.bytes = bytes.count
        collector.hash = ContentHash(bytes)
        return !found.elements.isEmpty
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

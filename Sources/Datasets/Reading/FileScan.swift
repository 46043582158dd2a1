import OrderedJSON
import Tables

/// Goes through one file, whatever it is made of, and hands its rows to a collector.
struct FileScan {
    let source: ByteSource
    let choices: ReadingChoices
    let progress: ((Double) -> Bool)?

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    func run(into collector: inout RowCollector) throws(DatasetError) {
        var lines = ByteLines(source: source)
        let head = try lines.peek()
        if head.isEmpty { throw .empty(path: collector.path) }
        let hasMark = head.starts(with: Self.mark)
        let content = head.dropFirst(hasMark ? 3 : 0)
        if content.allSatisfy(DatasetFile.isSpace), lines.atEnd { throw .empty(path: collector.path) }
        let layout = FormatGuess.layout(content, isWhole: lines.atEnd, name: source.path, choices: choices)
        if layout != .parquet { try OtherFormat.refuse(head, path: collector.path) }
        let unit = FormatGuess.unit(of: content)
        if hasMark { lines.skip(3) }
        collector.format = FileFormat(.jsonLines, compression: source.compression)
        switch layout {
        case .jsonLines: try readLines(&lines, into: &collector)
        case .jsonArray:
            collector.format.format = .json
            try readElements(&lines, isArray: true, into: &collector)
        case .jsonObjects:
            collector.format.format = .json
            try readObjects(&lines, into: &collector)
        case .delimited(let delimiter):
            collector.format.format = .csv
            collector.format.delimiter = delimiter
            try readDelimited(&lines, delimiter, into: &collector)
        case .parquet:
            collector.format.format = .parquet
            try readParquet(&lines, into: &collector)
        case .text:
            collector.format.format = .text
            try readText(&lines, collector.textUnit ?? unit, into: &collector)
        }
        if layout == .jsonLines || layout == .jsonArray || layout == .jsonObjects { collector.unfold() }
    }

    /// - Throws: `cancelled` when nobody wants to know any more.
    func report(_ path: String) throws(DatasetError) {
        if let progress, !progress(source.share) { throw .cancelled(path: path) }
    }

    // MARK: JSON

    private func readLines(_ lines: inout ByteLines, into collector: inout RowCollector) throws(DatasetError) {
        var number = 0
        var reported = 0
        while !collector.isFull, let range = try lines.next() {
            number += 1
            reported += range.count + 1
            if reported >= 1 << 20 {
                reported = 0
                try report(collector.path)
            }
            let line = lines.buffer[range]
            if line.allSatisfy(DatasetFile.isSpace) {
                collector.blankLines += 1
                continue
            }
            collector.add(line, line: number, column: 1)
        }
    }

    private func readElements(
        _ lines: inout ByteLines, isArray: Bool, into collector: inout RowCollector
    ) throws(DatasetError) {
        // Not `inout` in the closure: the blocks go on from where the lines stopped.
        var blocks = lines
        var elements = JSONElements(isArray: isArray) { () throws(DatasetError) in try blocks.nextBlock() }
        var reported = 0
        var isCutOff = false
        while !collector.isFull, let element = try elements.next() {
            reported += element.bytes.count
            if reported >= 1 << 20 {
                reported = 0
                try report(collector.path)
            }
            let problems = collector.problems.count
            collector.add(element.bytes, line: element.line, column: element.column)
            isCutOff = collector.problems.count > problems
        }
        if collector.isFull { return }
        if isArray, !elements.isClosed, !isCutOff {
            collector.add(
                .invalidJSON, line: max(1, collector.rowCount), "the list is never closed: was the file cut off?")
        }
        if let (line, column) = elements.trailing {
            collector.add(.invalidJSON, line: line, column: column, "what comes after the end of the list is no row")
        }
    }

    /// One object over many lines, as `json.dump(indent=2)` writes it, or several one behind the other.
    private func readObjects(_ lines: inout ByteLines, into collector: inout RowCollector) throws(DatasetError) {
        let bytes = try lines.rest()
        if (try? JSONValue(parsing: bytes)) != nil {
            collector.add(bytes, line: 1, column: 1)
            return
        }
        var pending = [bytes]
        var elements = JSONElements(isArray: false) { () throws(DatasetError) in pending.popLast() ?? [] }
        while !collector.isFull, let element = try elements.next() {
            collector.add(element.bytes, line: element.line, column: element.column)
        }
    }

    // MARK: Text

    private func readText(
        _ lines: inout ByteLines, _ unit: TextUnit, into collector: inout RowCollector
    ) throws(DatasetError) {
        collector.format.unit = unit
        var number = 0
        var start = 0
        var row: [UInt8] = []
        func end(_ collector: inout RowCollector) {
            defer { row = [] }
            while unit != .whole, let last = row.last, last == 0x0A || last == 0x0D { row.removeLast() }
            if row.allSatisfy(DatasetFile.isSpace) { return }
            guard let text = String(validating: row, as: UTF8.self) else {
                collector.add(.invalidUTF8, line: start, "the text is not valid UTF-8; save the file as UTF-8")
                return
            }
            if row.contains(0) {
                collector.add(.doesNotFit, line: start, "the text holds a NUL byte")
                return
            }
            collector.add(["text": .string(text)], line: start)
        }
        while !collector.isFull, let range = try lines.next() {
            number += 1
            if number % 4_096 == 0 { try report(collector.path) }
            let line = lines.buffer[range]
            let isBlank = line.allSatisfy(DatasetFile.isSpace)
            if isBlank, unit != .whole {
                collector.blankLines += 1
                end(&collector)
                continue
            }
            if row.isEmpty { start = number }
            row += line
            if unit == .line { end(&collector) } else { row.append(0x0A) }
        }
        // The file's own last line break is kept as it is, and none added.
        if unit == .whole, row.last == 0x0A, !lines.endsInNewline { row.removeLast() }
        end(&collector)
    }
}

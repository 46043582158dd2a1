import OrderedJSON
import Tables

extension FileScan {
    // MARK: Delimited text

    func readDelimited(
        _ lines: inout ByteLines, _ delimiter: UInt8, into collector: inout RowCollector
    ) throws(DatasetError) {
        var blocks = lines
        var reader = DelimitedReader(delimiter: delimiter) { try blocks.nextBlock() }
        func next() throws(DatasetError) -> DelimitedRecord? {
            do {
                return try reader.next()
            } catch let error as DatasetError {
                throw error
            } catch {
                throw .cannotRead(path: collector.path, reason: "\(error)")
            }
        }
        guard let first = try next() else { throw .empty(path: collector.path) }
        guard let names = first.fields else {
            if case .damaged(let reason, _) = first.content {
                throw .cannotRead(path: collector.path, reason: "its first record names no columns: \(reason)")
            }
            return
        }
        let columns = Self.columns(names, hasHeader: choices.hasHeader)
        if !choices.hasHeader {
            collector.format.detail = "no header"
            add(first, columns, to: &collector)
        }
        var count = 0
        while !collector.isFull, let record = try next() {
            count += 1
            if count % 4_096 == 0 { try report(collector.path) }
            add(record, columns, to: &collector)
        }
        collector.blankLines += reader.blankLines
        if collector.rowCount == 0 {
            throw .cannotRead(
                path: collector.path,
                reason:
                    "it has one record, which names the columns \(columns.prefix(12).joined(separator: ", ")), and no "
                    + "row. If that is a row, say that there is no header")
        }
    }

    /// Names for all columns, none of them twice: a second `text` becomes `text_2`, one without a name `column_3`.
    static func columns(_ names: [String], hasHeader: Bool) -> [String] {
        var columns: [String] = []
        for (index, name) in names.enumerated() {
            let base = !hasHeader || name.isEmpty ? "column_\(index + 1)" : name
            var free = base
            var number = 2
            while columns.contains(free) {
                free = "\(base)_\(number)"
                number += 1
            }
            columns.append(free)
        }
        return columns
    }

    private func add(_ record: DelimitedRecord, _ columns: [String], to collector: inout RowCollector) {
        switch record.content {
        case .damaged(let reason, let isEncoding):
            collector.add(isEncoding ? .invalidUTF8 : .doesNotFit, line: record.line, reason)
        case .fields(let fields):
            guard fields.count == columns.count else {
                collector.add(
                    .ragged, line: record.line,
                    "it has \(fields.count) field\(fields.count == 1 ? "" : "s") where the first record has "
                        + "\(columns.count)")
                return
            }
            var row: JSONObject = [:]
            for (name, text) in zip(columns, fields) { row[name] = Self.cell(text) }
            collector.add(row, line: record.line)
        }
    }

    /// A cell is a text; one that holds messages as JSON is those messages.
    private static func cell(_ text: String) -> JSONValue {
        guard text.utf8.first == UInt8(ascii: "[") || text.utf8.first == UInt8(ascii: "{"),
            let value = try? JSONValue(parsing: text)
        else { return .string(text) }
        let elements = value.array ?? [value]
        let areMessages =
            !elements.isEmpty && elements.allSatisfy { $0["role"]?.string != nil || $0["from"]?.string != nil }
        return areMessages ? value : .string(text)
    }

    // MARK: Parquet

    func readParquet(_ lines: inout ByteLines, into collector: inout RowCollector) throws(DatasetError) {
        do {
            let bytes: any PlacedBytes =
                source.compression == .none && source.stored.isRegular ? source.stored : try lines.rest()
            var file = try ParquetFile(bytes)
            collector.format.detail = Self.detail(file)
            if file.rowCount == 0 { throw DatasetError.empty(path: collector.path) }
            var number = 0
            while !collector.isFull, let row = try file.next() {
                number += 1
                if number % 1_024 == 0, let progress, !progress(Double(number) / Double(file.rowCount)) {
                    throw DatasetError.cancelled(path: collector.path)
                }
                collector.add(row.mapValues(\.withoutNulls), line: number)
            }
        } catch let error as DatasetError {
            throw error
        } catch {
            throw .cannotRead(path: collector.path, reason: "\(error)")
        }
    }

    private static func detail(_ file: ParquetFile) -> String {
        let codecs = file.codecs.isEmpty ? "no pages" : file.codecs.joined(separator: ", ")
        let creator = file.creator.split(separator: " ").prefix(3).joined(separator: " ")
        return creator.isEmpty ? codecs : "\(codecs); by \(creator)"
    }
}

extension JSONValue {
    /// A table's objects have every field, with null for those that are absent.
    fileprivate var withoutNulls: JSONValue {
        switch self {
        case .object(let members):
            .object(members.filter { !$0.value.isNull }.mapValues(\.withoutNulls))
        case .array(let elements): .array(elements.map(\.withoutNulls))
        default: self
        }
    }
}

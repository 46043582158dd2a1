import OrderedJSON
import Tables

/// Examples as delimited text: a column for every field that any row has, lists and objects as JSON text, an empty
/// cell where a row has no such field.
struct DelimitedExport {
    let delimiter: UInt8

    func write(
        _ examples: some Sequence<Example>, shape: RowShape?, to path: String
    ) throws(DatasetError) -> Int {
        var rows: [(line: Int, members: JSONObject)] = []
        var columns: JSONObject = [:]
        for example in examples {
            let members = try DatasetWriter.row(example, shape: shape).object ?? [:]
            for key in members.keys { columns[key] = .null }
            rows.append((example.line, members))
        }
        // One without a name would be given another one on reading.
        guard columns[""] == nil else {
            throw .cannotWrite(
                path: path, reason: "a field has no name, and a column needs one. Write JSON lines instead")
        }
        var file = try ReplacedFile(path: path)
        file.append(DelimitedText.record(Array(columns.keys), delimiter: delimiter))
        for (line, members) in rows {
            var cells: [String] = []
            for column in columns.keys {
                let text = Self.cell(members[column] ?? .null)
                if text.utf8.contains(0) {
                    throw .cannotExport(
                        line: line, shape: shape ?? .text,
                        reason: "'\(column)' holds a NUL character, which delimited text cannot")
                }
                cells.append(text)
            }
            file.append(DelimitedText.record(cells, delimiter: delimiter))
            try file.flush(leaving: 1 << 20)
        }
        try file.finish()
        return rows.count
    }

    private static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: ""
        case .string(let text): text
        default: value.serialized(.python)
        }
    }
}

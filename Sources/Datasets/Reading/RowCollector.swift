import OrderedJSON

/// Takes the rows of one file as they come, decides their shape once enough are there, and keeps examples and problems
/// apart.
struct RowCollector {
    let path: String
    /// The file's name within the folder that is read; nil for a single file.
    let file: String?
    private let given: ColumnMapping?
    private var decided: ColumnMapping?
    private var detection: ShapeDetection?
    private var pending: [(row: JSONObject, line: Int)] = []
    private var examples: [Example] = []
    private var decisions: [Int: ImportedDecision] = [:]
    private var chains = AnswerChains()
    private(set) var problems: [RowProblem] = []
    var blankLines = 0
    var format = FileFormat(.jsonLines)
    var notes: [String] = []
    /// Rows wanted at most; nil for all.
    var rowLimit: Int?

    init(path: String, file: String? = nil, mapping: ColumnMapping?) {
        self.path = path
        self.file = file
        given = mapping
    }

    var rowCount: Int { examples.count + pending.count + problems.count }
    var isFull: Bool { rowLimit.map { rowCount >= $0 } ?? false }
    var sample: [JSONObject] { pending.map(\.row) }
    var textUnit: TextUnit? { given?.unit }

    // MARK: Taking rows

    mutating func add(_ text: some Collection<UInt8>, line: Int, column: Int) {
        do {
            let value = try JSONValue(parsing: text, losesNothing: true)
            guard let row = value.object else {
                add(.notAnObject, line: line, column: column, "the row is \(value.kind), not an object")
                return
            }
            add(row, line: line)
        } catch {
            problems.append(Self.problem(error, in: Array(text), file: file, line: line, column: column))
        }
    }

    mutating func add(_ row: JSONObject, line: Int) {
        if let decided {
            convert(row, line: line, by: decided)
        } else {
            pending.append((row, line))
            if pending.count >= DatasetFile.sampleSize, rowLimit == nil { decide() }
        }
    }

    mutating func add(_ kind: RowProblem.Kind, line: Int, column: Int? = nil, _ reason: String) {
        problems.append(RowProblem(kind: kind, file: file, line: line, column: column, reason: reason))
    }

    private mutating func decide() {
        let found = ShapeDetection(sample: sample)
        detection = found
        guard let mapping = given ?? found.best else { return }
        decided = mapping
        for (row, line) in pending { convert(row, line: line, by: mapping) }
        pending = []
    }

    private mutating func convert(_ row: JSONObject, line: Int, by mapping: ColumnMapping) {
        do {
            if mapping.shape == .curated {
                let curated = try CuratedRow(json: .object(row))
                if !curated.isUndecided { decisions[examples.count] = curated.decision }
                examples.append(curated.original)
                return
            }
            var example = try mapping.example(from: row, line: line)
            example.file = file
            // A table has every column in every row.
            if format.format == .csv { example.extra = example.extra.filter { $0.value != "" } }
            if format.format == .parquet { example.extra = example.extra.filter { !$0.value.isNull } }
            if let parent = mapping.fields[.parent], let id = mapping.fields[.id] {
                chains.add(id: row.value(at: id), parent: row.value(at: parent))
            }
            examples.append(example)
        } catch {
            add(.doesNotFit, line: line, error.reason)
        }
    }

    // MARK: The whole as one row

    /// The file is one row: does that row hold the rows of the set, under one of the names in use?
    mutating func unfold() {
        guard decided == nil, pending.count == 1, problems.isEmpty, let (object, line) = pending.first,
            given.map({ (try? $0.example(from: object, line: line)) == nil })
                ?? (ShapeDetection(sample: [object]).best == nil)
        else { return }
        let known = ["data", "rows", "examples", "train", "instances", "items", "records", "conversations", "samples"]
        guard let key = known.first(where: { object[$0]?.array?.first?.object != nil }), let rows = object[key]?.array
        else { return }
        pending = []
        notes.append("the rows are those of '\(key)'; their lines count its elements")
        // As the server of the Hugging Face hub answers: each row in a wrapper that says its number.
        let isWrapped = rows.allSatisfy { $0["row"]?.object != nil && $0["row_idx"]?.int != nil }
        for (index, row) in rows.enumerated() {
            if let row = (isWrapped ? row["row"] : row)?.object {
                add(row, line: index + 1)
            } else {
                add(.notAnObject, line: index + 1, "element \(index + 1) of '\(key)' is \(row.kind), not an object")
            }
        }
    }

    // MARK: The end

    /// What was taken; `stored` are the bytes as they lie in the file, read to the end.
    mutating func finish(_ stored: FileBytes) throws(DatasetError) -> ImportedRows {
        if rowCount == 0 { throw .empty(path: path) }
        if decided == nil { decide() }
        let found = detection ?? ShapeDetection(sample: [])
        let rows = rowCount
        guard let mapping = decided else {
            if pending.isEmpty { throw .noUsableRow(path: path, rows: rows, problems: firstProblems) }
            throw .unknownShape(path: path, fields: found.reachableFields)
        }
        if examples.isEmpty {
            if let missing = missingField(of: mapping, in: found) {
                throw .mappingDoesNotFit(
                    path: path, part: missing.part.rawValue, field: missing.field, fields: found.reachableFields)
            }
            throw .noUsableRow(path: path, rows: rows, problems: firstProblems)
        }
        chains.join(&examples, &problems, file: file)
        problems.sort { $0.line < $1.line }
        return ImportedRows(
            path: path, examples: examples, mapping: mapping, detection: found, problems: problems,
            blankLines: blankLines, bytes: max(stored.size, stored.offset), hash: stored.hash, format: format,
            decisions: decisions, notes: notes)
    }

    private var firstProblems: [RowProblem] { Array(problems.prefix(5)) }

    private func missingField(
        of mapping: ColumnMapping, in found: ShapeDetection
    ) -> (part: ColumnMapping.Part, field: String)? {
        let names = Set(found.fields.map(\.name))
        guard !names.isEmpty else { return nil }
        for part in ColumnMapping.parts(of: mapping.shape).needed {
            guard let field = mapping.fields[part], !field.contains("{") else { continue }
            if !names.contains(field), !names.contains(FieldPath(field)?.root ?? field) { return (part, field) }
        }
        return nil
    }

    private static func problem(
        _ error: JSONError, in text: [UInt8], file: String?, line: Int, column: Int
    ) -> RowProblem {
        if String(validating: text, as: UTF8.self) == nil {
            let bad = firstInvalidByte(text)
            let start = text[..<bad].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            let above = text[..<bad].count { $0 == 0x0A }
            return RowProblem(
                kind: .invalidUTF8, file: file, line: line + above, column: bad - start + (above == 0 ? column : 1),
                reason: "invalid UTF-8: byte 0x\(String(text[bad], radix: 16, uppercase: true)) at offset "
                    + "\(bad) of the row; save the file as UTF-8")
        }
        return RowProblem(
            kind: .invalidJSON, file: file, line: line + error.line - 1,
            column: error.line == 1 ? column + error.column - 1 : error.column, reason: "invalid JSON: \(error.reason)")
    }

    private static func firstInvalidByte(_ text: [UInt8]) -> Int {
        var iterator = text.makeIterator()
        var decoder = UTF8()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput, .error: return min(offset, text.count - 1)
            }
        }
    }
}

extension ShapeDetection {
    /// Fields, and what lies in those that hold objects or lists, as a mapping names it.
    var reachableFields: [String] {
        fields.flatMap { field -> [String] in
            guard let inside = inner[field.name], !inside.isEmpty else { return [field.name] }
            return inside
        }
    }
}

import OrderedJSON

/// Takes rows as they come, decides their shape once enough are there, and keeps examples and problems apart.
struct RowCollector {
    let path: String
    private let given: ColumnMapping?
    private var decided: ColumnMapping?
    private var detection: ShapeDetection?
    private var pending: [(row: JSONObject, line: Int)] = []
    private var examples: [Example] = []
    private(set) var problems: [RowProblem] = []
    var blankLines = 0
    var bytes = 0
    var hash = ContentHash()
    /// Rows wanted at most; nil for all.
    var rowLimit: Int?

    init(path: String, mapping: ColumnMapping?) {
        self.path = path
        given = mapping
    }

    var exampleCount: Int { examples.count }
    var rowCount: Int { examples.count + pending.count + problems.count }
    var isFull: Bool { rowLimit.map { rowCount >= $0 } ?? false }
    var sample: [JSONObject] { pending.map(\.row) }
    var firstProblems: [RowProblem] { Array(problems.prefix(5)) }
    var isFirstProblemJSON: Bool { problems.first?.kind == .invalidJSON }

    // MARK: Taking rows

    mutating func add(_ text: ArraySlice<UInt8>, line: Int, column: Int) {
        do {
            let value = try JSONValue(parsing: text)
            guard let row = value.object else {
                problems.append(
                    RowProblem(
                        kind: .notAnObject, line: line, column: column,
                        reason: "the row is \(value.kind), not an object"))
                return
            }
            add(row, line: line)
        } catch {
            problems.append(Self.problem(error, in: text, line: line, column: column))
        }
    }

    private mutating func add(_ row: JSONObject, line: Int) {
        if let decided {
            convert(row, line: line, by: decided)
        } else {
            pending.append((row, line))
            if pending.count >= DatasetFile.sampleSize, rowLimit == nil { decide() }
        }
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
            examples.append(try mapping.example(from: row, line: line))
        } catch {
            problems.append(RowProblem(kind: .doesNotFit, line: line, reason: error.reason))
        }
    }

    /// Forgets what was taken: the file is one object, either a row or a list of rows under its only list.
    mutating func restart(with object: JSONObject, bytes: [UInt8]) {
        problems = []
        pending = []
        self.bytes = bytes.count
        hash = ContentHash(bytes)
        let known = ["data", "rows", "examples", "train", "instances"]
        if let key = known.first(where: { object[$0]?.array?.first?.object != nil }), let rows = object[key]?.array {
            for (index, row) in rows.enumerated() {
                if let row = row.object {
                    add(row, line: index + 1)
                } else {
                    problems.append(
                        RowProblem(
                            kind: .notAnObject, line: index + 1,
                            reason: "element \(index + 1) of '\(key)' is \(row.kind)"))
                }
            }
        } else {
            add(object, line: 1)
        }
    }

    // MARK: The end

    mutating func finish() throws(DatasetError) -> ImportedRows {
        if decided == nil { decide() }
        let found = detection ?? ShapeDetection(sample: [])
        let rows = rowCount
        problems.sort { $0.line < $1.line }
        guard let mapping = decided else {
            if pending.isEmpty { throw .noUsableRow(path: path, rows: rows, problems: firstProblems) }
            throw .unknownShape(path: path, fields: found.fields.map(\.name))
        }
        if examples.isEmpty {
            if let missing = missingField(of: mapping, in: found) {
                throw .mappingDoesNotFit(
                    path: path, part: missing.part.rawValue, field: missing.field, fields: found.fields.map(\.name))
            }
            throw .noUsableRow(path: path, rows: rows, problems: firstProblems)
        }
        return ImportedRows(
            path: path, examples: examples, mapping: mapping, detection: found, problems: problems,
            blankLines: blankLines, bytes: bytes, hash: hash)
    }

    private func missingField(
        of mapping: ColumnMapping, in found: ShapeDetection
    ) -> (part: ColumnMapping.Part, field: String)? {
        let names = Set(found.fields.map(\.name))
        guard !names.isEmpty else { return nil }
        for part in ColumnMapping.parts(of: mapping.shape).needed {
            guard let field = mapping.fields[part] else { continue }
            let first = field.split(separator: ".").first.map(String.init) ?? field
            if !names.contains(field), !names.contains(first) { return (part, field) }
        }
        return nil
    }

    private static func problem(
        _ error: JSONError, in text: ArraySlice<UInt8>, line: Int, column: Int
    ) -> RowProblem {
        if String(validating: text, as: UTF8.self) == nil {
            let bad = firstInvalidByte(text)
            let start = text[..<bad].lastIndex(of: 0x0A).map { $0 + 1 } ?? text.startIndex
            let above = text[..<bad].count { $0 == 0x0A }
            return RowProblem(
                kind: .invalidUTF8, line: line + above, column: bad - start + (above == 0 ? column : 1),
                reason: "invalid UTF-8: byte 0x\(String(text[bad], radix: 16, uppercase: true)) at offset "
                    + "\(bad - text.startIndex) of the row; save the file as UTF-8")
        }
        return RowProblem(
            kind: .invalidJSON, line: line + error.line - 1,
            column: error.line == 1 ? column + error.column - 1 : error.column, reason: "invalid JSON: \(error.reason)")
    }

    private static func firstInvalidByte(_ text: ArraySlice<UInt8>) -> Int {
        var iterator = text.makeIterator()
        var decoder = UTF8()
        var offset = text.startIndex
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput, .error: return min(offset, text.endIndex - 1)
            }
        }
    }
}

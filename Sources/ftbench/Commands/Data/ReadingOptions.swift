import ArgumentParser
import Datasets
import Foundation
import OrderedJSON
import TerminalUI

/// How a file is read, where the guess is wrong: shared by the commands that read files.
struct ReadingOptions: ParsableArguments {
    @Option(help: "Shape of the rows: one of \(Self.shapes).") var shape: String?
    @Option(
        name: .customLong("map"),
        help: ArgumentHelp(
            "Which field plays which part. A path reaches into fields (question.stem, turns[0]); braces join them "
                + "({context}\\n{question}).", valueName: "part=field"))
    var maps: [String] = []
    @Flag(name: .customLong("as-chat"), help: "Prompt and completion become turns of a chat.") var asChat = false
    @Option(help: "Format of the file: jsonl, json, csv, parquet or text.") var format: String?
    @Option(help: "Delimiter of a table: comma, tab, semicolon, bar, or the character.") var delimiter: String?
    @Flag(name: .customLong("no-header"), help: "The first record of a table is a row; columns are column_1, …")
    var noHeader = false
    @Option(name: .customLong("text-unit"), help: "Where a row of plain text ends: whole, line or paragraph.")
    var textUnit: String?
    @Option(help: "Of a folder: only the files of this split (train, validation, test).") var split: String?

    static let shapes = RowShape.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws {
        if let shape, RowShape(rawValue: shape) == nil {
            throw ValidationError("--shape takes one of \(Self.shapes), not '\(shape)'.")
        }
        for map in maps { _ = try Self.part(map) }
        if shape == nil, !maps.isEmpty || asChat { throw ValidationError("--map and --as-chat need --shape.") }
        if let format, DataFormat(rawValue: format) == nil {
            throw ValidationError(
                "--format takes one of \(DataFormat.allCases.map(\.rawValue).joined(separator: ", ")), not '\(format)'."
            )
        }
        if let delimiter, Delimiter.byte(delimiter) == nil {
            throw ValidationError("--delimiter takes comma, tab, semicolon, bar or one character, not '\(delimiter)'.")
        }
        if let textUnit, TextUnit(rawValue: textUnit) == nil {
            throw ValidationError(
                "--text-unit takes one of \(TextUnit.allCases.map(\.rawValue).joined(separator: ", ")), not '\(textUnit)'."
            )
        }
        if textUnit != nil, shape != nil, shape != RowShape.text.rawValue {
            throw ValidationError("--text-unit is for plain text, whose shape is text, not \(shape ?? "").")
        }
    }

    static func part(_ map: String) throws -> (ColumnMapping.Part, String) {
        let sides = map.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2, let part = ColumnMapping.Part(rawValue: sides[0]) else {
            throw ValidationError(
                "--map takes PART=FIELD with a part of \(ColumnMapping.Part.allCases.map(\.rawValue).joined(separator: ", ")), "
                    + "not '\(map)'.")
        }
        return (part, sides[1])
    }

    /// Nil when nothing was said about it.
    var mapping: ColumnMapping? {
        get throws {
            let unit = textUnit.flatMap(TextUnit.init(rawValue:))
            guard let shape = shape.flatMap(RowShape.init(rawValue:)) ?? unit.map({ _ in .text }) else { return nil }
            var fields: [ColumnMapping.Part: String] = [:]
            for map in maps {
                let (part, field) = try Self.part(map)
                fields[part] = field
            }
            return ColumnMapping(shape: shape, fields: fields, asChat: asChat, unit: unit)
        }
    }

    var choices: ReadingChoices {
        ReadingChoices(
            format: format.flatMap(DataFormat.init(rawValue:)), delimiter: delimiter.flatMap(Delimiter.byte),
            hasHeader: !noHeader, split: split)
    }

    /// Reads with progress on standard error.
    /// - Throws: `DatasetError`, or a `Failure` that says how an unknown shape is made known on a command's line.
    func read(_ path: String) throws -> ImportedRows {
        do {
            let mapping = try mapping
            let rows = try DatasetFile.read(path: path, mapping: mapping, choices: choices) { share in
                Output.progress("reading \(path)  \(NumberText.percent(share))")
                return true
            }
            Output.endProgress()
            return rows
        } catch let error as DatasetError {
            Output.endProgress()
            throw Self.advised(error)
        }
    }

    static func advised(_ error: DatasetError) -> any Error {
        guard case .unknownShape(let path, let fields) = error else { return error }
        let seen = fields.prefix(24).map { "'\($0)'" }.joined(separator: ", ")
        return Failure(
            "\(path): no known shape fits rows with the fields \(seen)\(fields.count > 24 ? ", …" : ""). Say which field "
                + "plays which part, for example: --shape prompt_completion --as-chat --map prompt=FIELD "
                + "--map completion=FIELD, or --shape text --map text=FIELD")
    }
}

/// What reading gave, in words and as JSON.
enum ImportText {
    static func json(_ problem: RowProblem) -> JSONValue {
        var object: JSONObject = [
            "line": .integer(problem.line), "column": problem.column.map { .integer($0) } ?? .null,
            "kind": .string("\(problem.kind)"), "reason": .string(problem.reason),
        ]
        object["file"] = problem.file.map { .string($0) }
        return .object(object)
    }

    static func json(_ format: FileFormat) -> JSONValue {
        var object: JSONObject = [
            "format": .string(format.format.rawValue), "compression": .string(format.compression.rawValue),
        ]
        object["delimiter"] = format.delimiter.map { .string(Delimiter.name($0)) }
        object["text_unit"] = format.unit.map { .string($0.rawValue) }
        object["detail"] = format.detail.map { .string($0) }
        return .object(object)
    }

    /// Fields that `import` and `info` share.
    static func members(_ rows: ImportedRows) -> JSONObject {
        var object: JSONObject = json(rows.format).object ?? [:]
        object["shape"] = .string(rows.shape.rawValue)
        object["mapping"] = rows.mapping.asJSON
        object["imported_rows"] = .integer(rows.examples.count)
        object["lines_left_out"] = .integer(rows.problems.count)
        object["blank_lines"] = .integer(rows.blankLines)
        object["decisions"] = .integer(rows.decisions.count)
        object["columns"] = .array(
            rows.detection.fields.map { ["name": .string($0.name), "rows": .integer($0.rows)] })
        object["rows_looked_at"] = .integer(rows.detection.rows)
        object["reasons"] = .array(rows.reasons.map { .string($0) })
        object["problems"] = .array(rows.problems.prefix(1000).map(json))
        if !rows.files.isEmpty {
            object["files"] = .array(
                rows.files.map { file in
                    var members: JSONObject = [
                        "name": .string(file.name), "split": file.split.map { .string($0) } ?? .null,
                        "rows": .integer(file.rows), "lines_left_out": .integer(file.problems),
                        "shape": .string(file.shape.rawValue),
                    ]
                    for (key, value) in json(file.format).object ?? [:] { members[key] = value }
                    return .object(members)
                })
        }
        return object
    }

    static func lines(_ rows: ImportedRows) -> [String] {
        var lines = rows.reasons.map { "  \($0)" }
        lines.append(
            "  fields: "
                + rows.detection.fields.prefix(16).map { "\($0.name) (\($0.rows))" }.joined(separator: ", "))
        if !rows.decisions.isEmpty { lines.append("  \(rows.decisions.count) rows come with decisions") }
        lines += rows.problems.prefix(20).map { "  \($0)" }
        if rows.problems.count > 20 { lines.append("  and \(rows.problems.count - 20) more; --json lists them") }
        return lines
    }
}

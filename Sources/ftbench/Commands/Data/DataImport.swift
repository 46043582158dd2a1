import ArgumentParser
import Curation
import Datasets
import Foundation
import OrderedJSON
import Records
import TerminalUI

struct DataImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Copy a JSONL file into the workspace.",
        discussion: """
            Known shapes: alpaca, messages, sharegpt, prompt_completion, text, preference. The shape is found by looking
            at the rows; --shape and --map correct it: --shape prompt_completion --map prompt=question
            --map completion=final_answer.
            """)

    @OptionGroup var options: CommonOptions
    @Argument(help: "The file; it is never changed.") var path: String
    @Option(help: "Name in the workspace; made from the file's name when left out.") var name: String?
    @Option(help: "Shape of the rows.") var shape: String?
    @Option(name: .customLong("map"), help: ArgumentHelp("Which field plays which part.", valueName: "part=field"))
    var maps: [String] = []
    @Flag(name: .customLong("as-chat"), help: "Prompt and completion become turns of a chat.") var asChat = false

    func validate() throws {
        if let shape, RowShape(rawValue: shape) == nil {
            throw ValidationError(
                "--shape takes one of \(RowShape.allCases.map(\.rawValue).joined(separator: ", ")), not '\(shape)'.")
        }
        for map in maps { _ = try Self.part(map) }
        if shape == nil, !maps.isEmpty || asChat { throw ValidationError("--map and --as-chat need --shape.") }
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

    func run() throws {
        let file = CommonOptions.absolute(path)
        var mapping: ColumnMapping?
        if let shape = shape.flatMap(RowShape.init(rawValue:)) {
            var fields: [ColumnMapping.Part: String] = [:]
            for map in maps {
                let (part, field) = try Self.part(map)
                fields[part] = field
            }
            mapping = ColumnMapping(shape: shape, fields: fields, asChat: asChat)
        }
        let rows = try Self.read(file, mapping)
        Output.endProgress()
        let (record, wasKnown) = try options.openWorkspace().keep(rows, named: name)
        if options.json {
            var object = DatasetText.json(record).object ?? [:]
            object["imported_rows"] = .integer(rows.examples.count)
            object["lines_left_out"] = .integer(rows.problems.count)
            object["blank_lines"] = .integer(rows.blankLines)
            object["mapping"] = rows.mapping.asJSON
            object["reasons"] = .array(rows.detection.reasons.map { .string($0) })
            object["was_known"] = .bool(wasKnown)
            object["problems"] = .array(rows.problems.prefix(1000).map(Self.json))
            Output.json(.object(object))
            return
        }
        Output.line(
            "\(record.name): \(DatasetText.rows(rows.examples.count)) in, \(rows.problems.count) left out"
                + (rows.blankLines > 0 ? ", \(rows.blankLines) blank" : "")
                + (wasKnown ? " (already in the workspace)" : ""))
        for reason in rows.detection.reasons { Output.line("  \(reason)") }
        for problem in rows.problems.prefix(20) { Output.line("  \(problem)") }
        if rows.problems.count > 20 { Output.line("  and \(rows.problems.count - 20) more; --json lists them") }
    }

    private static func read(_ file: String, _ mapping: ColumnMapping?) throws -> ImportedRows {
        do {
            return try DatasetFile.read(path: file, mapping: mapping) { share in
                Output.progress("reading \(file)  \(NumberText.percent(share))")
                return true
            }
        } catch {
            Output.endProgress()
            throw advised(error)
        }
    }

    /// Says how an unknown shape is made known on this command's line.
    private static func advised(_ error: DatasetError) -> any Error {
        guard case .unknownShape(let path, let fields) = error else { return error }
        let seen = fields.prefix(12).map { "'\($0)'" }.joined(separator: ", ")
        return Failure(
            "\(path): no known shape fits rows with the fields \(seen). Say which field plays which part, for example: "
                + "--shape prompt_completion --as-chat --map prompt=FIELD --map completion=FIELD")
    }

    private static func json(_ problem: RowProblem) -> JSONValue {
        [
            "line": .integer(problem.line), "column": problem.column.map { .integer($0) } ?? .null,
            "kind": .string("\(problem.kind)"), "reason": .string(problem.reason),
        ]
    }
}

struct DataList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The data sets of the workspace.")
    @OptionGroup var options: CommonOptions

    func run() throws {
        let records = try NamedThings.forText(options).workspace?.datasets() ?? []
        if options.json {
            Output.json(["datasets": .array(records.map { DatasetText.json($0) })])
            return
        }
        if records.isEmpty { Output.line("No data set yet. Import one: ftbench data import sample-data/triage.jsonl") }
        for record in records {
            Output.line(
                "\(record.name.paddedToCells(24)) \(DatasetText.rows(record.rowCount).paddedToCells(14)) "
                    + "kept \(record.kept)  dropped \(record.dropped)  flagged \(record.flagged)  edited \(record.edited)"
                    + "  \(record.path)")
        }
    }
}

struct DataInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "One data set: counts, shape, what the import said, versions.")
    @OptionGroup var options: CommonOptions
    @Argument(help: "Name of a data set, or a file.") var name: String

    func run() throws {
        let opened = try OpenedDataset.open(name, options: options)
        let versions = try opened.record.map { try opened.workspace?.versions(of: $0) ?? [] } ?? []
        if options.json {
            var object =
                opened.record.flatMap { DatasetText.json($0).object } ?? ["name": .string(opened.name)] as JSONObject
            object["rows"] = .integer(opened.set.count)
            object["counts"] = DatasetText.json(opened.set.counts)
            object["journal_entries"] = .integer(opened.set.journal.count)
            object["mapping"] = opened.record?.mapping ?? .null
            object["import"] = opened.record?.report ?? .null
            object["versions"] = .array(versions.map(DataVersions.json))
            object["content_hash"] = .string(opened.set.contentHash.hex)
            Output.json(.object(object))
            return
        }
        let counts = opened.set.counts
        Output.line("\(opened.name): \(DatasetText.rows(opened.set.count))")
        Output.line(
            "  undecided \(counts.undecided)  kept \(counts.kept)  dropped \(counts.dropped)  flagged \(counts.flagged)"
                + "  edited \(counts.edited)")
        if let record = opened.record {
            Output.line("  from \(record.path), \(NumberText.bytes(record.byteCount))")
            for reason in record.report["reasons"]?.array ?? [] { Output.line("  \(reason.string ?? "")") }
            if let left = record.report["problem_count"]?.int, left > 0 {
                Output.line("  \(left) lines were left out at import")
                for problem in (record.report["problems"]?.array ?? []).prefix(5) {
                    Output.line("    \(problem.string ?? "")")
                }
            }
        }
        for version in versions { Output.line("  version \(version.label): \(DatasetText.rows(version.rowCount))") }
    }
}

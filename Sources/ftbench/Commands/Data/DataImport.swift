import ArgumentParser
import Curation
import Datasets
import Foundation
import OrderedJSON
import Records
import TerminalUI

struct DataImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Copy rows into the workspace, from a file, a folder or standard input (-).",
        discussion: """
            Read are JSON lines, JSON, CSV and TSV, Parquet and plain text, also packed with gzip or zstd, told by their
            content. Known shapes: \(ReadingOptions.shapes). The shape is found by looking at many rows; --shape and
            --map correct it: --shape prompt_completion --as-chat --map prompt=question.stem --map completion=answer.
            """)

    @OptionGroup var options: CommonOptions
    @OptionGroup var reading: ReadingOptions
    @Argument(help: "The file or folder; it is never changed.") var path: String
    @Option(help: "Name in the workspace; made from the file's name when left out.") var name: String?

    func run() throws {
        let rows = try reading.read(path == "-" ? path : CommonOptions.absolute(path))
        let (record, wasKnown) = try options.openWorkspace().keepWithDecisions(rows, named: name)
        if options.json {
            var object = DatasetText.json(record).object ?? [:]
            for (key, value) in ImportText.members(rows) { object[key] = value }
            object["was_known"] = .bool(wasKnown)
            Output.json(.object(object))
            return
        }
        Output.line(
            "\(record.name): \(DatasetText.rows(rows.examples.count)) in, \(rows.problems.count) left out"
                + (rows.blankLines > 0 ? ", \(rows.blankLines) blank" : "")
                + (wasKnown ? " (already in the workspace)" : ""))
        ImportText.lines(rows).forEach(Output.line)
    }
}

extension Workspace {
    /// Keeps an import with the decisions that came with its rows.
    func keepWithDecisions(_ rows: ImportedRows, named name: String? = nil) throws
        -> (record: DatasetRecord, wasKnown: Bool)
    {
        let kept = try keep(rows, named: name)
        guard !kept.wasKnown, !rows.decisions.isEmpty else { return kept }
        var set = CurationSet(name: kept.record.name, examples: rows.examples)
        guard let entry = set.restore(rows.decisions, time: Date().timeIntervalSince1970) else { return kept }
        try append([entry], to: kept.record.name, counts: set.counts)
        return (try dataset(named: kept.record.name) ?? kept.record, false)
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
        commandName: "info", abstract: "One data set or file: counts, format, shape, what the import said, versions.")
    @OptionGroup var options: CommonOptions
    @OptionGroup var reading: ReadingOptions
    @Argument(help: "Name of a data set, a file or a folder.") var name: String

    func run() throws {
        let opened = try OpenedDataset.open(name, options: options, reading: reading)
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
            if let rows = opened.rows {
                for (key, value) in ImportText.members(rows) { object[key] = value }
            }
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
        if let rows = opened.rows { ImportText.lines(rows).forEach(Output.line) }
        for version in versions { Output.line("  version \(version.label): \(DatasetText.rows(version.rowCount))") }
    }
}

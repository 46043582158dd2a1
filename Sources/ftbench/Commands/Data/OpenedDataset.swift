import ArgumentParser
import Curation
import Datasets
import Foundation
import OrderedJSON
import Records
import TerminalUI

/// A data set of the workspace with its decisions, or a file that is only looked at.
struct OpenedDataset {
    let name: String
    /// Nil for a file.
    let record: DatasetRecord?
    let workspace: Workspace?
    var set: CurationSet
    /// Of a file: what reading it gave.
    var rows: ImportedRows?

    /// `reading` says how a file is read; a data set of the workspace was read already.
    /// - Throws: `Failure`, `DatasetError` or `WorkspaceError`; all say what was looked for where.
    static func open(
        _ name: String, options: CommonOptions, reading: ReadingOptions? = nil
    ) throws -> OpenedDataset {
        if name == "-" { return try file("-", reading) }
        let workspace = try NamedThings.forText(options).workspace
        if let workspace, let record = try workspace.dataset(named: name) {
            guard let set = try workspace.curationSet(of: record) else {
                throw Failure("Reading '\(name)' was cancelled.")
            }
            return OpenedDataset(name: record.name, record: record, workspace: workspace, set: set)
        }
        let path = CommonOptions.absolute(name)
        guard FileManager.default.fileExists(atPath: path) else {
            let known = try workspace?.datasets().map(\.name) ?? []
            throw Failure(
                "There is no data set '\(name)': no such file here, and none of that name in the workspace"
                    + (known.isEmpty ? "" : " (it has \(known.joined(separator: ", ")))")
                    + ". Give a path, or import one with: ftbench data import FILE")
        }
        return try file(path, reading)
    }

    private static func file(_ path: String, _ reading: ReadingOptions?) throws -> OpenedDataset {
        let rows: ImportedRows
        do {
            rows = try reading?.read(path) ?? DatasetFile.read(path: path)
        } catch let error as DatasetError {
            throw ReadingOptions.advised(error)
        }
        let name = path == "-" ? "standard input" : (path as NSString).lastPathComponent
        var set = CurationSet(name: name, examples: rows.examples)
        set.restore(rows.decisions, time: Date().timeIntervalSince1970)
        return OpenedDataset(name: name, record: nil, workspace: nil, set: set, rows: rows)
    }

    /// Keeps what was appended to the journal since `count` entries.
    func keep(since count: Int) throws {
        guard let workspace, let record else { return }
        try workspace.append(Array(set.journal.dropFirst(count)), to: record.name, counts: set.counts)
    }

    /// - Throws: `Failure` for a file: decisions need a place to be kept.
    func requireRecord() throws -> (Workspace, DatasetRecord) {
        guard let workspace, let record else {
            throw Failure(
                "'\(name)' is a file: decisions are kept in the workspace, never in the file. Import it first: "
                    + "ftbench data import \(name)")
        }
        return (workspace, record)
    }
}

enum DatasetText {
    static func json(_ record: DatasetRecord) -> JSONValue {
        [
            "name": .string(record.name), "path": .string(record.path), "rows": .integer(record.rowCount),
            "kept": .integer(record.kept), "dropped": .integer(record.dropped), "flagged": .integer(record.flagged),
            "edited": .integer(record.edited), "bytes": .integer(record.byteCount), "hash": .string(record.contentHash),
            "shape": record.mapping["shape"] ?? .null, "imported": .number(record.importedAt.timeIntervalSince1970),
        ]
    }

    static func json(_ counts: StatusCounts) -> JSONValue {
        [
            "undecided": .integer(counts.undecided), "kept": .integer(counts.kept), "dropped": .integer(counts.dropped),
            "flagged": .integer(counts.flagged), "edited": .integer(counts.edited),
        ]
    }

    static func rows(_ count: Int) -> String { count == 1 ? "1 row" : "\(NumberText.grouped(count)) rows" }
}

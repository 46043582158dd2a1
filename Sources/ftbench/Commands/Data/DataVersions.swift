import ArgumentParser
import Curation
import Datasets
import Foundation
import OrderedJSON
import Records
import TerminalUI

struct DataVersions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions", abstract: "Frozen states of a data set; --freeze makes one of the present state.")
    @OptionGroup var options: CommonOptions
    @Argument(help: "Name of a data set.") var name: String
    @Flag(help: "Freeze the rows that are not dropped as a version.") var freeze = false

    func run() throws {
        let opened = try OpenedDataset.open(name, options: options)
        let (workspace, record) = try opened.requireRecord()
        if freeze {
            let version = try workspace.freeze(opened.set, of: record)
            if options.json {
                Output.json(Self.json(version))
            } else {
                Output.line("\(record.name)@\(version.label): \(DatasetText.rows(version.rowCount))")
            }
            return
        }
        let versions = try workspace.versions(of: record)
        if options.json {
            Output.json(["versions": .array(versions.map(Self.json))])
            return
        }
        if versions.isEmpty {
            Output.line("No version yet. A run makes one of what it trains on; --freeze makes one now.")
        }
        for version in versions {
            Output.line("\(record.name)@\(version.label)  \(DatasetText.rows(version.rowCount))  \(version.path)")
        }
    }

    static func json(_ version: DatasetVersionRecord) -> JSONValue {
        [
            "label": .string(version.label), "hash": .string(version.contentHash), "rows": .integer(version.rowCount),
            "path": .string(version.path), "created": .number(version.createdAt.timeIntervalSince1970),
        ]
    }
}

struct DataDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Rows that two data sets, versions (NAME@VERSION) or files do not share.")
    @OptionGroup var options: CommonOptions
    @Argument(help: "Data set, NAME@VERSION or file.") var first: String
    @Argument(help: "Data set, NAME@VERSION or file.") var second: String
    @Option(help: "Rows to show of each side.") var limit = 10

    func run() throws {
        let old = try rows(first)
        let new = try rows(second)
        let difference = RowDifference(from: old, to: new)
        if options.json {
            Output.json([
                "first_rows": .integer(old.count), "second_rows": .integer(new.count),
                "shared": .integer(difference.shared),
                "only_first": .array(difference.onlyFirst.prefix(max(0, limit)).map(\.asJSON)),
                "only_second": .array(difference.onlySecond.prefix(max(0, limit)).map(\.asJSON)),
                "only_first_count": .integer(difference.onlyFirst.count),
                "only_second_count": .integer(difference.onlySecond.count),
            ])
            return
        }
        Output.line(
            "\(difference.shared) rows in both, \(difference.onlyFirst.count) only in \(first), "
                + "\(difference.onlySecond.count) only in \(second)")
        for row in difference.onlyFirst.prefix(max(0, limit)) {
            Output.line("- \(row.headline) → \(row.answerText.prefix(80))")
        }
        for row in difference.onlySecond.prefix(max(0, limit)) {
            Output.line("+ \(row.headline) → \(row.answerText.prefix(80))")
        }
    }

    private func rows(_ name: String) throws -> [Example] {
        if name.contains("@"), let workspace = try NamedThings.forText(options).workspace,
            !FileManager.default.fileExists(atPath: CommonOptions.absolute(name))
        {
            return try DatasetFile.read(path: DataResolver(workspace: workspace).settled(name).path).survivors
        }
        return try OpenedDataset.open(name, options: options).set.survivors
    }
}

/// Which rows two lists do not share, counted with repetition; the order plays no part.
struct RowDifference {
    private(set) var onlyFirst: [Example] = []
    private(set) var onlySecond: [Example] = []
    private(set) var shared = 0

    init(from old: [Example], to new: [Example]) {
        var waiting: [Example.Content: Int] = [:]
        for row in new { waiting[row.content, default: 0] += 1 }
        for row in old {
            if let count = waiting[row.content], count > 0 {
                waiting[row.content] = count - 1
                shared += 1
            } else {
                onlyFirst.append(row)
            }
        }
        for row in new.reversed() {
            if let count = waiting[row.content], count > 0 {
                waiting[row.content] = count - 1
                onlySecond.append(row)
            }
        }
        onlySecond.reverse()
    }
}

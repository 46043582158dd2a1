import ArgumentParser
import Curation
import Datasets
import Foundation
import OrderedJSON
import Records
import TerminalUI

struct DataExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the rows that are not dropped as a file that other tools read.",
        discussion: """
            --decisions writes every row, also the dropped ones, with what was decided about it (status, note, tags, the
            text before an edit, source file and line): JSON lines that data import reads back with all of it.
            """)

    @OptionGroup var options: CommonOptions
    @Argument(help: "Name of a data set, or a file.") var name: String
    @Option(help: "The file to write.") var out: String
    @Option(help: "Shape of the rows; each row's own when left out.") var shape: String?
    @Option(help: "Layout of the file: jsonl, json, csv or tsv; by the file's ending when left out.")
    var format: String?
    @Flag(help: "Write every row with what was decided about it.") var decisions = false
    @Option(help: "Only rows that match, as on the Data screen.") var filter: String?
    @Flag(help: "Replace the file when it exists.") var force = false

    func validate() throws {
        if let format, DatasetWriter.Layout(rawValue: format) == nil {
            throw ValidationError(
                "--format takes one of \(DatasetWriter.Layout.allCases.map(\.rawValue).joined(separator: ", ")), not "
                    + "'\(format)'.")
        }
        if decisions, shape != nil || format != nil && format != "jsonl" {
            throw ValidationError("--decisions has a shape and layout of its own; leave --shape and --format out.")
        }
        if let shape, RowShape(rawValue: shape) == nil {
            throw ValidationError(
                "--shape takes one of \(RowShape.allCases.map(\.rawValue).joined(separator: ", ")), not '\(shape)'.")
        }
    }

    func run() throws {
        var opened = try OpenedDataset.open(name, options: options)
        let chosen = try filter.map { try RowFilter.rows($0, of: &opened.set) } ?? Array(opened.set.rows.indices)
        if decisions { return try exportDecisions(of: opened, rows: chosen) }
        let rows = chosen.map { opened.set.rows[$0] }.filter { $0.status != .dropped }
        guard !rows.isEmpty else {
            throw Failure("No row of '\(opened.name)' is left to write: all are dropped or left out by the filter.")
        }
        let path = CommonOptions.absolute(out)
        try DataFiles.refuseOverwriting(path, source: opened.record?.path ?? CommonOptions.absolute(name), force: force)
        let count = try DatasetWriter.write(
            rows.map(\.example), shape: shape.flatMap(RowShape.init(rawValue:)),
            layout: format.flatMap(DatasetWriter.Layout.init(rawValue:)), to: path)
        let left = opened.set.counts.dropped
        if options.json {
            Output.json(["path": .string(path), "rows": .integer(count), "dropped": .integer(left)])
        } else {
            Output.line(
                "\(path): \(DatasetText.rows(count)) written" + (left > 0 ? ", \(left) dropped rows left out" : ""))
        }
    }
}

extension DataExport {
    private func exportDecisions(of opened: OpenedDataset, rows: [Int]) throws {
        let all = opened.set.curatedRows
        guard !rows.isEmpty else { throw Failure("No row of '\(opened.name)' matches the filter.") }
        let path = CommonOptions.absolute(out)
        try DataFiles.refuseOverwriting(path, source: opened.record?.path ?? CommonOptions.absolute(name), force: force)
        let count = try DatasetWriter.write(curated: rows.map { all[$0] }, to: path)
        let dropped = rows.count { opened.set.rows[$0].status == .dropped }
        if options.json {
            Output.json([
                "path": .string(path), "rows": .integer(count), "dropped": .integer(0),
                "dropped_included": .integer(dropped), "decisions": true,
            ])
        } else {
            Output.line(
                "\(path): \(DatasetText.rows(count)) written with decisions, \(dropped) dropped ones among them")
        }
    }
}

enum DataFiles {
    /// A source is never written over, another file only when asked to.
    static func refuseOverwriting(_ path: String, source: String, force: Bool) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let same =
            URL(fileURLWithPath: path).resolvingSymlinksInPath()
            == URL(fileURLWithPath: source).resolvingSymlinksInPath()
        if same {
            throw Failure(
                "\(path) is the source of the data set, which is never changed. Name another file with --out.")
        }
        if !force { throw Failure("\(path) exists already. Name another file, or replace it with --force.") }
    }
}

struct DataSplit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split", abstract: "Write two files, one to train on and one held out.",
        discussion: """
            Rows with the same prompt stay on one side, so nothing held out was seen in training. The choice depends on
            the seed and the prompts alone: it stays when the order changes or rows are dropped.
            """)

    @OptionGroup var options: CommonOptions
    @Argument(help: "Name of a data set, or a file.") var name: String
    @Option(help: "Share of the prompts to hold out.") var share = 0.1
    @Option(help: "Seed of the choice.") var seed = 42
    @Option(help: "File for the rows to train on.") var train: String
    @Option(name: .customLong("held-out"), help: "File for the rows held out.") var heldOut: String
    @Flag(help: "Replace the files when they exist.") var force = false

    func validate() throws {
        if !(share > 0 && share < 1) { throw ValidationError("--share takes a number between 0 and 1, not \(share).") }
    }

    func run() throws {
        let opened = try OpenedDataset.open(name, options: options)
        let split = PromptSplit(opened.set.survivors, share: share, seed: seed)
        guard !split.train.isEmpty, !split.heldOut.isEmpty else {
            throw Failure(
                "'\(opened.name)' has too few different prompts to hold out \(NumberText.percent(share)) of them. "
                    + "Choose another --share or add rows.")
        }
        let source = opened.record?.path ?? CommonOptions.absolute(name)
        let paths = (CommonOptions.absolute(train), CommonOptions.absolute(heldOut))
        guard paths.0 != paths.1 else { throw Failure("--train and --held-out name the same file. Name two files.") }
        try DataFiles.refuseOverwriting(paths.0, source: source, force: force)
        try DataFiles.refuseOverwriting(paths.1, source: source, force: force)
        _ = try DatasetWriter.write(split.train, shape: nil, to: paths.0)
        _ = try DatasetWriter.write(split.heldOut, shape: nil, to: paths.1)
        if options.json {
            Output.json([
                "train": .integer(split.train.count), "held_out": .integer(split.heldOut.count),
                "train_path": .string(paths.0), "held_out_path": .string(paths.1), "seed": .integer(seed),
            ])
        } else {
            Output.line("\(paths.0): \(DatasetText.rows(split.train.count))")
            Output.line("\(paths.1): \(DatasetText.rows(split.heldOut.count))")
        }
    }
}

/// Rows on two sides, those with the same prompt on one.
struct PromptSplit {
    private(set) var train: [Example] = []
    private(set) var heldOut: [Example] = []

    init(_ examples: [Example], share: Double, seed: Int) {
        func key(_ example: Example) -> String {
            let prompt = example.promptText
            return prompt.isEmpty ? example.headline : prompt
        }
        let prompts = Set(examples.map(key))
        let ordered = prompts.map { (hash: ContentHash("\(seed)\n\($0)").hex, prompt: $0) }.sorted { $0.hash < $1.hash }
        let count = min(prompts.count, max(1, Int((Double(prompts.count) * share).rounded())))
        let held = Set(ordered.prefix(count).map(\.prompt))
        for example in examples {
            if held.contains(key(example)) { heldOut.append(example) } else { train.append(example) }
        }
    }
}

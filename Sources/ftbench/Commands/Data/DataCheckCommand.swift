import ArgumentParser
import Curation
import Datasets
import Foundation
import OrderedJSON
import Records
import TerminalUI

struct DataCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look for flaws: duplicates, empty and cut answers, odd labels, personal data …",
        discussion: """
            --apply drops what is broken, doubled or contradicts the rest, masks personal data and removes hidden
            characters, each rule as one act of the journal that undo takes back; it needs a data set of the workspace.
            """)

    @OptionGroup var options: CommonOptions
    @Argument(help: "Name of a data set, or a file.") var name: String
    @Option(help: "A model, to count tokens as it sees them.") var model: String?
    @Flag(help: "Clean the data set by the standard rules.") var apply = false
    @Flag(help: "Say of every row what --apply would do with it, and why.") var plan = false

    func run() throws {
        var opened = try OpenedDataset.open(name, options: options)
        if apply { _ = try opened.requireRecord() }
        let renderer = try model.map {
            ExampleRenderer(text: try ModelText.loadAny(try NamedThings.forText(options).modelPath($0)))
        }
        let cleaning = Cleaning(opened.set, renderer: renderer)
        let unreadable = opened.rows?.problems ?? []
        let check = DataCheck(cleaning.scan, examples: cleaning.examples, unreadable: unreadable)
        var applied: [JournalEntry] = []
        if apply {
            let before = opened.set.journal.count
            applied = cleaning.apply(to: &opened.set, time: Date().timeIntervalSince1970)
            try opened.keep(since: before)
        }
        if options.json {
            var object = check.asJSON.object ?? [:]
            object["name"] = .string(opened.name)
            var counts: JSONObject = [:]
            for finding in check.findings { counts[finding.signal.rawValue] = .integer(finding.rows.count) }
            object["counts"] = .object(counts)
            object["findings"] = .array(
                check.findings.map { finding in
                    [
                        "signal": .string(finding.signal.rawValue), "title": .string(finding.signal.title),
                        "count": .integer(finding.rows.count),
                        "rows": .array(finding.rows.map { .integer(cleaning.rows[$0] + 1) }),
                    ]
                })
            object["would_drop"] = .integer(cleaning.plan.drops.count)
            object["would_edit"] = .integer(cleaning.editedRows)
            object["applied"] = .array(applied.map { .string($0.summary) })
            object["remaining"] = .integer(opened.set.survivors.count)
            if plan { object["plan"] = .array(cleaning.lines.map { .string($0) }) }
            Output.json(.object(object))
            return
        }
        check.lines.forEach(Output.line)
        if plan { cleaning.lines.forEach(Output.line) }
        if apply {
            for entry in applied { Output.line("  \(entry.summary)") }
            Output.line("\(DatasetText.rows(opened.set.survivors.count)) remain; undo takes each act back")
        } else if !cleaning.plan.drops.isEmpty || !cleaning.plan.edits.isEmpty {
            Output.line(
                "the standard rules would drop \(DatasetText.rows(cleaning.plan.drops.count)) and change \(cleaning.editedRows)"
                    + (opened.record == nil ? "; import the file to apply them" : "; --apply does it"))
        }
    }
}

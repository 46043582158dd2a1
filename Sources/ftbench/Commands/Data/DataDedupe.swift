import ArgumentParser
import Curation
import Datasets
import Foundation
import OrderedJSON
import TerminalUI

struct DataDedupe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dedupe", abstract: "Find rows that repeat an earlier one; --apply drops them as one act.")

    @OptionGroup var options: CommonOptions
    @Argument(help: "Name of a data set, or a file.") var name: String
    @Flag(help: "Exact duplicates only.") var exact = false
    @Option(help: "Least similarity of near duplicates (share of three-word pieces in common).") var similarity = 0.85
    @Flag(help: "Drop them; undo takes it back.") var apply = false

    func validate() throws {
        if !(similarity >= 0.5 && similarity <= 1) {
            throw ValidationError("--similarity takes a number from 0.5 to 1, not \(similarity).")
        }
    }

    func run() throws {
        var opened = try OpenedDataset.open(name, options: options)
        if apply { _ = try opened.requireRecord() }
        var settings = SignalScan.Settings()
        settings.similarity = similarity
        // A dropped row must not be the twin for which a later one goes.
        let rows = opened.set.rows.indices.filter { opened.set.rows[$0].status != .dropped }
        let signals = SignalScan.scan(rows.map { opened.set.rows[$0].example }, settings: settings).signals
        let pairs = signals.indices.compactMap { place -> Twin? in
            let found = signals[place]
            if let twin = found.duplicateOf { return Twin(row: rows[place], twin: rows[twin], similarity: nil) }
            guard !exact, let twin = found.nearDuplicateOf else { return nil }
            return Twin(row: rows[place], twin: rows[twin], similarity: found.nearSimilarity)
        }
        let exactRows = pairs.filter { $0.similarity == nil }.map(\.row)
        let nearRows = pairs.filter { $0.similarity != nil }.map(\.row)
        if apply {
            let before = opened.set.journal.count
            let time = Date().timeIntervalSince1970
            _ = opened.set.perform(.drop, on: exactRows, time: time, rule: "exact duplicate")
            _ = opened.set.perform(
                .drop, on: nearRows, time: time, rule: "near duplicate, similarity from \(similarity)")
            try opened.keep(since: before)
        }
        if options.json {
            Output.json([
                "exact": .integer(exactRows.count), "near": .integer(nearRows.count), "applied": .bool(apply),
                "rows": .array(
                    pairs.map {
                        [
                            "row": .integer($0.row + 1), "of": .integer($0.twin + 1),
                            "similarity": .number($0.similarity ?? 1),
                        ]
                    }),
            ])
            return
        }
        Output.line(
            "\(exactRows.count) exact and \(nearRows.count) near duplicates"
                + (apply ? " dropped" : exactRows.count + nearRows.count > 0 ? "; --apply drops them" : ""))
        for pair in pairs.prefix(20) {
            Output.line(
                "  row \(String(pair.row + 1).paddedToCells(6)) of row \(String(pair.twin + 1).paddedToCells(6)) "
                    + (pair.similarity.map { NumberText.fixed($0, decimals: 2) } ?? "same") + "  "
                    + DataShow.oneLine(opened.set.rows[pair.row].example.headline, 60))
        }
    }

    private struct Twin {
        var row: Int
        var twin: Int
        /// Nil for an exact duplicate.
        var similarity: Double?
    }
}

import Curation
import Datasets

/// Finds flaws in the rows of a set that are not dropped, and what the rules would do about them. A dropped row plays
/// no part: it must not be the twin for which a later one goes.
struct Cleaning {
    /// Indices in the set of the rows looked at.
    let rows: [Int]
    let examples: [Example]
    let scan: SignalScan
    let plan: CleanPlan

    init(_ set: CurationSet, renderer: ExampleRenderer? = nil, rules: CleanRules = CleanRules()) {
        rows = set.rows.indices.filter { set.rows[$0].status != .dropped }
        examples = rows.map { set.rows[$0].example }
        var scan = SignalScan(examples, renderer: renderer)
        while !scan.isThrough {
            scan.advance()
            Output.progress("looking at row \(scan.position) of \(examples.count)")
        }
        scan.finish()
        Output.endProgress()
        self.scan = scan
        plan = scan.plan(rules, for: examples)
    }

    var editedRows: Int { Set(plan.edits.map(\.row)).count }

    /// One step of undo for each rule.
    func apply(to set: inout CurationSet, time: Double) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        for rule in Signal.allCases {
            let dropped = plan.drops.filter { $0.rule == rule }.map { rows[$0.row] }
            if let entry = set.perform(.drop, on: dropped, time: time, rule: rule.title) { entries.append(entry) }
        }
        // Masking was planned on the text without hidden characters, so it comes second.
        for (rule, title) in [(Signal.hidden, "hidden characters removed"), (.pii, "personal data masked")] {
            var edits: [Int: Example] = [:]
            for edit in plan.edits where edit.rule == rule { edits[rows[edit.row]] = edit.example }
            if let entry = set.edit(edits, time: time, rule: title) { entries.append(entry) }
        }
        return entries
    }

    var lines: [String] {
        plan.drops.map { "  drop line \(examples[$0.row].line): \($0.rule.rawValue): \($0.reason)" }
            + plan.edits.map { "  change line \(examples[$0.row].line): \($0.rule.title)" }
    }
}

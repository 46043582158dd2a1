import Curation
import Datasets
import Foundation
import TerminalUI

/// Cleaning by rules: the plan is shown before anything is done, and one undo takes all of it back.
extension DataScreen {
    /// Marks the entries of a cleaning; those with the same time are one step for `u`.
    private static let mark = "clean: "

    /// Asks for a slice in which the plan is made: on large sets it takes longer than a key may.
    mutating func planCleaning() -> Effects {
        needsPlan = true
        return schedule()
    }

    mutating func makePlan() {
        needsPlan = false
        guard case .clean(var clean) = sheet, let scan, scan.isFinished else { return }
        clean.plan = scan.plan(clean.rules, for: set.rows.map(\.example))
        sheet = .clean(clean)
    }

    /// What a plan does to rows, by rule: a rule never overrules a person, so rows kept or dropped by hand stay as
    /// they are.
    func effective(_ plan: CleanPlan) -> (drops: [(rule: Signal, rows: [Int])], edits: [CleanPlan.Edit]) {
        var rows: [Signal: [Int]] = [:]
        for drop in plan.drops where set.rows.indices.contains(drop.row) {
            let status = set.rows[drop.row].status
            if status != .kept && status != .dropped { rows[drop.rule, default: []].append(drop.row) }
        }
        let drops = Signal.allCases.compactMap { rule in rows[rule].map { (rule: rule, rows: $0) } }
        let edits = plan.edits.filter { set.rows.indices.contains($0.row) && set.rows[$0.row].status != .dropped }
        return (drops, edits)
    }

    mutating func perform(_ action: Action, in clean: CleanSheet, _ height: Int) -> Effects {
        var clean = clean
        switch action {
        case .choose:
            clean.change()
            sheet = .clean(clean)
            return planCleaning()
        case .keepAll:
            guard let plan = clean.plan else { return [.say(Notice(.info, "the plan is still being made"))] }
            let (drops, edits) = effective(plan)
            let count = drops.reduce(0) { $0 + $1.rows.count }
            guard count > 0 || !edits.isEmpty else {
                return [.say(Notice(.done, "nothing to do: the rules find no row"))]
            }
            return [
                .ask(
                    Question(
                        title: "Drop \(NumberText.grouped(count)) rows, mend \(NumberText.grouped(edits.count))?",
                        lines: ["u takes it back in one step"],
                        choices: [.init("y", "apply", effects: [.confirmed(.clean)])], isLine: true))
            ]
        default:
            Self.move(&clean.cursor, action, height: height)
            sheet = .clean(clean)
            return []
        }
    }

    mutating func applyCleaning(_ context: ScreenContext) -> Effects {
        guard case .clean(let clean) = sheet, let plan = clean.plan else { return [] }
        sheet = nil
        let time = context.now.timeIntervalSince1970
        let (drops, edits) = effective(plan)
        var entries: [JournalEntry] = []
        for (rule, rows) in drops {
            if let entry = set.perform(.drop, on: rows, time: time, rule: Self.mark + rule.title) {
                entries.append(entry)
            }
        }
        // Masking was planned on the text without hidden characters, so it comes second.
        for (rule, title) in [(Signal.hidden, "hidden characters removed"), (.pii, "personal data masked")] {
            var changed: [Int: Example] = [:]
            for edit in edits where edit.rule == rule { changed[edit.row] = edit.example }
            if let entry = set.edit(changed, time: time, rule: Self.mark + title) { entries.append(entry) }
        }
        guard !entries.isEmpty else { return [.say(Notice(.info, "nothing to change"))] }
        var effects: Effects = []
        for entry in entries { effects += followEdits(entry) }
        let rows = entries.reduce(0) { $0 + $1.changes.count }
        let text = "cleaned: \(NumberText.grouped(rows)) rows · u undo"
        return [.say(Notice(.done, text))] + persist() + effects + refreshReader() + schedule()
    }

    /// Whether an act belongs to the same cleaning as the one before.
    static func isSameCleaning(_ entry: JournalEntry, _ next: JournalEntry?) -> Bool {
        guard let next, entry.rule?.hasPrefix(mark) == true, next.rule?.hasPrefix(mark) == true else { return false }
        return entry.time == next.time
    }
}

import Curation
import Datasets
import Foundation
import TerminalUI

/// What is done to rows: every act is an entry of the journal, one step of undo, and kept at once.
extension DataScreen {
    /// Acts that were asked about first, or that leave something behind.
    public enum Confirmed: Sendable, Equatable {
        /// Keep or drop many rows, as one step.
        case bulk(drops: Bool, rows: [Int], rule: String?)
        case leaveEditor
        case clean
        case deleteView(Int)
    }

    mutating func perform(_ confirmed: Confirmed, _ context: ScreenContext) -> Effects {
        switch confirmed {
        case .bulk(let drops, let rows, let rule):
            let effects = change(drops ? .drop : .keep, on: rows, rule: rule, context)
            marks = []
            set.mark(false, rows: rows)
            return effects
        case .leaveEditor:
            editing = nil
            return []
        case .clean: return applyCleaning(context)
        case .deleteView(let index):
            guard views.indices.contains(index), let facts else { return [] }
            let name = views.remove(at: index).name
            return [.data(.saveViews(dataset: facts.name, views)), .say(Notice(.done, "view \"\(name)\" removed"))]
        }
    }

    /// Does something to rows and keeps the entry.
    mutating func change(
        _ act: CurationAct, on rows: [Int], rule: String? = nil, _ context: ScreenContext
    ) -> Effects {
        guard let entry = set.perform(act, on: rows, time: context.now.timeIntervalSince1970, rule: rule) else {
            return [.say(Notice(.info, rows.count == 1 ? "row \(rows[0] + 1) is so already" : "nothing to change"))]
        }
        return followed(entry, said: "\(Self.past(act)) \(Self.named(entry.rows)) · u undo")
    }

    /// Keeps an entry, looks again at what it edited, and says what happened.
    mutating func followed(_ entry: JournalEntry, said text: String) -> Effects {
        let edits = followEdits(entry)
        return [.say(Notice(.done, text))] + persist() + edits + refreshReader() + schedule()
    }

    /// Hands over every entry that has not been.
    mutating func persist() -> Effects {
        guard let facts, sentEntries < set.journal.count else { return [] }
        let entries = Array(set.journal[sentEntries...])
        sentEntries = set.journal.count
        return [.data(.persist(dataset: facts.name, entries, counts: set.counts))]
    }

    private static func past(_ act: CurationAct) -> String {
        switch act {
        case .keep: "kept"
        case .drop: "dropped"
        case .flag: "flagged"
        case .skip: "skipped"
        case .reset: "undecided again:"
        case .edit: "edited"
        case .revert: "as in the file again:"
        case .tag(let tag): "tagged '\(tag)':"
        case .untag(let tag): "tag '\(tag)' taken off"
        case .note: "noted on"
        }
    }

    static func named(_ rows: [Int]) -> String {
        rows.count == 1 ? "row \(NumberText.grouped(rows[0] + 1))" : "\(NumberText.grouped(rows.count)) rows"
    }

    /// Judges the row under the cursor and goes on to the next.
    mutating func judge(_ act: CurationAct, _ context: ScreenContext) -> Effects {
        guard let index = currentIndex else { return [] }
        let effects = change(act, on: [index], context)
        return effects + move(by: 1, context)
    }

    // MARK: Many rows

    /// The rows a bulk act reaches: the marked ones, else the whole view.
    private var bulkRows: (rows: [Int], words: String) {
        if !marks.isEmpty { return (marks.sorted(), "the \(NumberText.grouped(marks.count)) marked rows") }
        let count = NumberText.grouped(shown.count)
        return (shown, filter.isEmpty ? "all \(count) rows" : "all \(count) rows of the view \"\(filter)\"")
    }

    func askBulk(drops: Bool) -> Effects {
        let (rows, words) = bulkRows
        guard !rows.isEmpty else { return [.say(Notice(.info, "no row to act on"))] }
        let rule = marks.isEmpty ? (filter.isEmpty ? "all rows" : filter) : "marked rows"
        return [
            .ask(
                Question(
                    title: "\(drops ? "Drop" : "Keep") \(words)?", lines: ["u takes it back in one step"],
                    choices: [
                        .init(
                            "y", drops ? "drop" : "keep",
                            effects: [.confirmed(.bulk(drops: drops, rows: rows, rule: rule))])
                    ], isLine: true))
        ]
    }

    mutating func tag(_ text: String, _ context: ScreenContext) -> Effects {
        let words = text.split(separator: " ").map(String.init)
        guard !words.isEmpty else { return [] }
        let rows = marks.isEmpty ? [currentIndex].compactMap(\.self) : marks.sorted()
        var effects: Effects = []
        for word in words {
            if word.hasPrefix("-"), word.count > 1 {
                effects += change(.untag(String(word.dropFirst())), on: rows, context)
            } else {
                effects += change(.tag(word), on: rows, context)
            }
        }
        return effects
    }

    // MARK: Marks

    mutating func toggleMark(_ context: ScreenContext) -> Effects {
        guard let index = currentIndex else { return [] }
        let isMarked = marks.remove(index) == nil
        if isMarked { marks.insert(index) }
        set.mark(isMarked, rows: CollectionOfOne(index))
        return move(by: 1, context)
    }

    /// Begins a range, or marks all rows from its beginning to the cursor.
    mutating func toggleRange() -> Effects {
        guard let start = rangeStart else {
            if !shown.isEmpty { rangeStart = cursor.selected }
            return []
        }
        rangeStart = nil
        let range = min(start, cursor.selected)...max(start, cursor.selected)
        let rows = range.compactMap { shown.indices.contains($0) ? shown[$0] : nil }
        mark(rows)
        return [.say(Notice(.info, "\(NumberText.grouped(marks.count)) rows marked · A keeps, X drops them"))]
    }

    mutating func mark(_ rows: [Int]) {
        marks.formUnion(rows)
        set.mark(true, rows: rows)
    }

    mutating func clearMarks() {
        set.mark(false, rows: marks)
        marks = []
    }

    // MARK: Undo

    mutating func undo(_ context: ScreenContext) -> Effects {
        guard let target = set.nextUndo, var entry = set.undo(time: context.now.timeIntervalSince1970) else {
            return []
        }
        var effects: Effects = []
        while Self.isSameCleaning(target, set.nextUndo), let next = set.undo(time: context.now.timeIntervalSince1970) {
            effects += followEdits(entry)
            entry = next
        }
        return effects + turned(entry, said: "undone: \(target.summary) · U does it again")
    }

    mutating func redo(_ context: ScreenContext) -> Effects {
        guard let target = set.nextRedo, var entry = set.redo(time: context.now.timeIntervalSince1970) else {
            return []
        }
        var effects: Effects = []
        while Self.isSameCleaning(target, set.nextRedo), let next = set.redo(time: context.now.timeIntervalSince1970) {
            effects += followEdits(entry)
            entry = next
        }
        return effects + turned(entry, said: "done again: \(target.summary) · u undo")
    }

    private mutating func turned(_ entry: JournalEntry, said text: String) -> Effects {
        var text = text
        if let first = set.lastChangedRows.first, !select(row: first) {
            text += " · row \(first + 1) is not in this view"
        }
        return followed(entry, said: text)
    }

    // MARK: Cursor

    /// Puts the cursor on a row of the set. False when the view does not hold it.
    @discardableResult
    mutating func select(row: Int) -> Bool {
        guard let place = place(of: row) else { return false }
        if place != cursor.selected { scroll = 0 }
        cursor.move(to: place)
        return true
    }

    private func place(of row: Int) -> Int? {
        // In the file's order a view is sorted by row.
        guard order == .file, !isDescending else { return shown.firstIndex(of: row) }
        var (low, high) = (0, shown.count)
        while low < high {
            let middle = (low + high) / 2
            if shown[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low < shown.count && shown[low] == row ? low : nil
    }

    mutating func move(by rows: Int, _ context: ScreenContext) -> Effects {
        let before = currentIndex
        cursor.move(by: rows)
        return moved(from: before, context)
    }

    /// After the cursor may have moved: scrolls to it and asks for what the reader needs.
    mutating func moved(from before: Int?, _ context: ScreenContext) -> Effects {
        cursor.reveal(height: DataLayout(self, context).listRows)
        guard currentIndex != before else { return [] }
        scroll = 0
        sideScroll = 0
        return refreshReader()
    }

    /// The next row, this way or that, that is flagged or has a signal and no decision.
    mutating func seek(_ step: Int, _ context: ScreenContext) -> Effects {
        let before = currentIndex
        var place = cursor.selected
        for _ in 0..<shown.count {
            place = (place + step + shown.count) % shown.count
            let row = set.rows[shown[place]]
            let hasFinding = row.status == .undecided && row.signals?.flags.isEmpty == false
            if row.status == .flagged || hasFinding {
                let wrapped = step > 0 ? place <= cursor.selected : place >= cursor.selected
                cursor.move(to: place)
                let note: Effects = wrapped ? [.say(Notice(.info, "went on from the other end"))] : []
                return note + moved(from: before, context)
            }
        }
        return [.say(Notice(.info, "no row of this view is flagged, or has a signal and no decision"))]
    }

    /// Asks for the rendering the reader shows, unless it is there.
    mutating func refreshReader() -> Effects {
        guard isOpen, readerMode == .mask, let current, rendered?.row != current.index else { return [] }
        rendered = (current.index, nil)
        return [.data(.render(row: current.index, current.example))]
    }
}

import Curation
import Datasets
import Foundation
import TerminalUI

/// One data set under curation: rows to read, judge, edit and find; or the library to choose one from.
public struct DataScreen: ScreenState {
    enum Pane: Int, Sendable { case list, reader }

    /// What the reader shows of the row under the cursor.
    enum ReaderMode: Sendable { case text, mask, difference }

    // The library, and the read under way.
    var library: [DatasetEntry] = []
    var isListed = false
    var libraryCursor = ListCursor()
    var showsLibrary = false
    var reading: ReadingProgress?
    var failure: ReadingFailure?

    // The open set.
    var facts: OpenFacts?
    var set = CurationSet(name: "", examples: [])
    /// As the recipe's model counts; kept apart because the scan writes signals anew.
    var measured: [MeasuredRow?] = []
    var unmeasuredReason: String?
    /// Model and mask rule that counts and renderings belong to.
    var textKey = ""
    /// Indices of the rows in the view, in its order: as they matched when the filter was last run.
    var shown: [Int] = []
    var cursor = ListCursor()
    var filter = ""
    var order = RowOrder.file
    var isDescending = false
    var marks: Set<Int> = []
    /// Place in the view where a range of marks begins.
    var rangeStart: Int?
    /// Entries of the journal handed over to be kept, and those known to be on disk.
    var sentEntries = 0
    var keptEntries = 0
    var saveProblem: String?

    // Work in slices.
    var scan: SignalScan?
    var scanTaken = 0
    var filtering: FilterJob?
    var needsOrder = false
    var counting: FacetJob?
    var facetCounts = FacetCounts()
    /// Edited rows whose signals are to be found again.
    var staleRows: [Int] = []
    /// The plan of the cleaning sheet is to be made.
    var needsPlan = false
    /// The statistics are to be counted.
    var needsStats = false
    var isScheduled = false

    // What is on screen.
    var focus = Pane.list
    var isReading = false
    var readerMode = ReaderMode.text
    var wraps = true
    var scroll = 0
    var sideScroll = 0
    var columns: [ListColumn] = ListColumn.usual
    var rendered: (row: Int, example: RenderedExample?)?
    var sheet: Sheet?
    var editing: RowEditor?
    /// What came back from $EDITOR and could not be taken; offered again.
    var refusedText: (row: Int, text: String)?
    var views: [SavedView] = []

    public init() {}

    // MARK: Reading

    var isOpen: Bool { facts != nil && !showsLibrary && reading == nil && failure == nil }

    /// Shape and fields can be chosen also for a file that could not be read.
    var isMapping: Bool { if case .mapping = sheet { reading == nil } else { false } }

    /// Index of the row under the cursor in the set.
    var currentIndex: Int? { shown.indices.contains(cursor.selected) ? shown[cursor.selected] : nil }

    var current: CurationRow? { currentIndex.map { set.rows[$0] } }

    /// Something moves on screen.
    var isBusy: Bool { reading != nil || hasWork }

    /// `^C` ends it.
    var canCancel: Bool { reading != nil || filtering != nil }

    mutating func appear(_ context: ScreenContext) -> Effects {
        rendered = nil
        return [.data(.list)] + refreshReader()
    }

    /// Model and mask rule of the recipe, whatever they are called; new ones make all counts moot.
    mutating func use(textKey key: String) -> Effects {
        guard key != textKey else { return [] }
        textKey = key
        rendered = nil
        guard facts != nil else { return [] }
        return measureAll() + refreshReader()
    }

    mutating func cancel(_ context: ScreenContext) -> Effects {
        if reading != nil { return [.data(.cancelReading)] }
        filtering = nil
        return [.say(Notice(.info, "filter stopped; the view is as before"))]
    }

    mutating func tick(_ context: ScreenContext) -> Effects { [] }

    // MARK: Messages

    mutating func receive(_ message: Message, _ context: ScreenContext) -> Effects {
        switch message {
        case .library(let entries):
            let selected = library.indices.contains(libraryCursor.selected) ? library[libraryCursor.selected].name : nil
            library = entries
            isListed = true
            libraryCursor.setCount(entries.count)
            if let at = entries.firstIndex(where: { $0.name == selected }) { libraryCursor.move(to: at) }
        case .progress(let progress): reading = progress
        case .opened(let opened): return take(opened)
        case .inspected(let inspection): return showMapping(inspection)
        case .cancelled:
            reading = nil
            return [.say(Notice(.info, "reading cancelled; nothing was kept"))]
        case .failed(let title, let lines, let path):
            reading = nil
            failure = ReadingFailure(title: title, lines: lines, path: path)
            return [.say(Notice(.error, title, detail: lines.joined(separator: "\n")))]
        case .persisted(let dataset, let through):
            guard dataset == facts?.name else { return [] }
            keptEntries = max(keptEntries, through)
            if keptEntries >= sentEntries { saveProblem = nil }
        case .persistFailed(let dataset, let text):
            guard dataset == facts?.name else {
                return [.say(Notice(.error, "decisions on \(dataset) were not saved: \(text)"))]
            }
            sentEntries = keptEntries
            saveProblem = text
            return [.say(Notice(.error, "decisions not saved: \(text)"))]
        case .proceed: return proceed(context)
        case .rendered(let row, let example):
            if rendered?.row == row { rendered = (row, example) }
        case .measured(let dataset, let rows):
            guard dataset == facts?.name else { return [] }
            take(rows)
        case .unmeasured(let dataset, let reason):
            if dataset == facts?.name { unmeasuredReason = reason }
        case .exported(let path, let count):
            return [.say(Notice(.done, "\(NumberText.grouped(count)) rows written to \(path)"))]
        case .exportFailed(let text): return [.say(Notice(.error, text))]
        }
        return []
    }

    private mutating func take(_ opened: OpenedSet) -> Effects {
        let (key, isScheduled) = (textKey, isScheduled)
        let (entries, isListed, cursor, columns) = (library, isListed, libraryCursor, columns)
        self = DataScreen()
        (library, self.isListed, libraryCursor, self.columns) = (entries, isListed, cursor, columns)
        textKey = key
        // A slice asked for by the set before is still on its way; it works on this one.
        self.isScheduled = isScheduled
        facts = OpenFacts(opened)
        set = opened.set
        views = opened.views
        measured = Array(repeating: nil, count: set.count)
        sentEntries = set.journal.count
        keptEntries = sentEntries
        shown = Array(0..<set.count)
        self.cursor.setCount(set.count)
        scan = SignalScan(set.rows.map(\.example))
        if opened.problemCount > 0 { sheet = .report(scroll: 0) }
        var text = "\(NumberText.grouped(set.count)) rows · \(opened.shape.title)"
        if opened.wasKnown { text += " · decisions as you left them" }
        if opened.problemCount > 0 { text += " · \(NumberText.grouped(opened.problemCount)) not used" }
        let level: Notice.Level = opened.problemCount > 0 ? .warning : .done
        return [.say(Notice(level, text)), .data(.list)] + measureAll() + schedule()
    }

    mutating func measureAll() -> Effects {
        guard let facts else { return [] }
        measured = Array(repeating: nil, count: set.count)
        unmeasuredReason = nil
        let rows = set.rows.map { RowToMeasure(row: $0.index, example: $0.example) }
        return [.data(.measure(dataset: facts.name, rows, restarts: true))]
    }

    private mutating func take(_ rows: [MeasuredRow]) {
        for row in rows where measured.indices.contains(row.row) {
            measured[row.row] = row
            // A row that the scan has not reached gets its counts with its signals.
            guard var signals = set.rows[row.row].signals else { continue }
            (signals.tokens, signals.trainedTokens) = (row.tokens, row.trained)
            set.take(CollectionOfOne(signals), from: row.row)
        }
    }

    // MARK: Lines of the frame

    var position: String {
        guard isOpen, !shown.isEmpty, let current else { return "" }
        var text = "row \(NumberText.grouped(current.index + 1)) · \(cursor.counter)"
        if !marks.isEmpty { text += " · \(NumberText.grouped(marks.count)) marked" }
        return text
    }

    var summary: String {
        guard isOpen else { return "" }
        if let saveProblem { return "not saved: \(saveProblem)" }
        if let rangeStart {
            return
                "range of \(NumberText.grouped(abs(cursor.selected - rangeStart) + 1)) rows; v marks them, Esc leaves"
        }
        if let filtering { return "filtering \(NumberText.percent(filtering.share(of: set.count)))" }
        if let scan, !scan.isFinished {
            return "looking for signals \(NumberText.percent(Double(scan.position) / Double(max(1, set.count))))"
        }
        if let unmeasuredReason { return "no token counts: \(unmeasuredReason)" }
        return "training sees every row that is not dropped · R uses this set"
    }

    var copyText: String? {
        if let failure { return ([failure.title] + failure.lines).joined(separator: "\n") }
        if isOpen, case .report = sheet { return facts?.problems.joined(separator: "\n") }
        guard isOpen, let current else { return nil }
        return current.example.turns.map { "\($0.role): \($0.text)" }.joined(separator: "\n\n")
    }
}

/// A read that came to nothing.
struct ReadingFailure: Sendable {
    var title: String
    var lines: [String]
    /// Set when the file can be read with another mapping.
    var path: String?
}

/// What is known of the open set beside its rows.
struct OpenFacts: Sendable {
    var name: String
    var path: String
    var mapping: ColumnMapping
    var reasons: [String]
    var problems: [String]
    var problemCount: Int
    var blankLines: Int

    init(_ opened: OpenedSet) {
        name = opened.name
        path = opened.path
        mapping = opened.mapping
        reasons = opened.reasons
        problems = opened.problems
        problemCount = opened.problemCount
        blankLines = opened.blankLines
    }
}

/// A column of the list.
enum ListColumn: String, CaseIterable, Sendable {
    case source, prompt, answer, tokens, trained, length, turns, language, tags, signals, line

    static let usual: [ListColumn] = [.source, .prompt, .tokens, .signals]

    var title: String {
        switch self {
        case .trained: "trained"
        case .length: "chars"
        case .language: "lang"
        default: rawValue
        }
    }
}

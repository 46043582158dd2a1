public import Datasets
import OrderedJSON

/// A data set under curation: rows, decisions, and the journal of every act. The file it came from is never changed.
public struct CurationSet: Sendable {
    public let name: String
    public internal(set) var rows: [CurationRow]
    /// Append-only; keep each entry as it comes, and hand all of them to `init` to have the set back.
    public private(set) var journal: [JournalEntry] = []
    public private(set) var counts: StatusCounts
    /// Indices into `journal` of acts that can be taken back, and of those that can be done again.
    private var undoable: [Int] = []
    private var redoable: [Int] = []
    /// Lower-case text of rows, made when first searched or by the scan.
    var search: [SearchRow?]

    /// `journal` holds the entries kept earlier, in order; those that do not fit the rows are left out.
    public init(name: String, examples: [Example], journal: [JournalEntry] = []) {
        self.name = name
        rows = examples.enumerated().map { CurationRow(index: $0.offset, original: $0.element) }
        counts = StatusCounts(undecided: examples.count)
        search = Array(repeating: nil, count: examples.count)
        for entry in journal { replay(entry) }
    }

    public var count: Int { rows.count }

    // MARK: Acts

    /// Does something to rows, as one step.
    /// - Parameters:
    ///   - act: What is done.
    ///   - indices: Rows by their place in the set.
    ///   - time: Seconds since 1970.
    ///   - rule: Filter or rule behind a bulk act.
    /// - Returns: The entry to keep; nil when nothing would change, and then nothing is recorded.
    @discardableResult
    public mutating func perform(
        _ act: CurationAct, on indices: some Sequence<Int>, time: Double, rule: String? = nil
    ) -> JournalEntry? {
        var changes: [JournalEntry.Change] = []
        for index in indices where rows.indices.contains(index) {
            let before = rows[index].state
            let after = act.applied(to: before, original: rows[index].original)
            if before != after { changes.append(.init(row: index, before: before, after: after)) }
        }
        guard !changes.isEmpty else { return nil }
        let entry = JournalEntry(
            sequence: journal.count + 1, time: time, kind: act.kind, changes: changes, rule: rule)
        replay(entry)
        return entry
    }

    /// Different edits of many rows as one step, as masking personal data makes them.
    @discardableResult
    public mutating func edit(_ examples: [Int: Example], time: Double, rule: String? = nil) -> JournalEntry? {
        var changes: [JournalEntry.Change] = []
        for (index, example) in examples.sorted(by: { $0.key < $1.key }) where rows.indices.contains(index) {
            let before = rows[index].state
            let after = CurationAct.edit(example).applied(to: before, original: rows[index].original)
            if before != after { changes.append(.init(row: index, before: before, after: after)) }
        }
        guard !changes.isEmpty else { return nil }
        let entry = JournalEntry(sequence: journal.count + 1, time: time, kind: .edit, changes: changes, rule: rule)
        replay(entry)
        return entry
    }

    /// Takes over decisions that came with the rows, as one step.
    /// - Returns: The entry to keep; nil when nothing was decided.
    @discardableResult
    public mutating func restore(_ decisions: [Int: ImportedDecision], time: Double) -> JournalEntry? {
        var changes: [JournalEntry.Change] = []
        for (index, decision) in decisions.sorted(by: { $0.key < $1.key }) where rows.indices.contains(index) {
            let before = rows[index].state
            var after = before
            after.status = CurationStatus(rawValue: decision.status) ?? .undecided
            after.isSkipped = decision.isSkipped
            after.note = decision.note
            after.tags = decision.tags
            after.edited = decision.edited
            if before != after { changes.append(.init(row: index, before: before, after: after)) }
        }
        guard !changes.isEmpty else { return nil }
        let entry = JournalEntry(
            sequence: journal.count + 1, time: time, kind: .restore, changes: changes,
            rule: "decisions that came with the file")
        replay(entry)
        return entry
    }

    public var canUndo: Bool { !undoable.isEmpty }
    public var canRedo: Bool { !redoable.isEmpty }
    /// The act that undo would take back: what a message line names.
    public var nextUndo: JournalEntry? { undoable.last.map { journal[$0] } }
    public var nextRedo: JournalEntry? { redoable.last.map { journal[$0] } }

    @discardableResult
    public mutating func undo(time: Double) -> JournalEntry? {
        guard let target = nextUndo else { return nil }
        let entry = JournalEntry(
            sequence: journal.count + 1, time: time, kind: .undo, changes: [], target: target.sequence)
        replay(entry)
        return entry
    }

    @discardableResult
    public mutating func redo(time: Double) -> JournalEntry? {
        guard let target = nextRedo else { return nil }
        let entry = JournalEntry(
            sequence: journal.count + 1, time: time, kind: .redo, changes: [], target: target.sequence)
        replay(entry)
        return entry
    }

    /// Takes an entry of another process or of an earlier session. False when it does not fit: its number is not the
    /// next one, a row is not there, or it turns an act that is not the one on top.
    @discardableResult
    public mutating func replay(_ entry: JournalEntry) -> Bool {
        guard entry.sequence == journal.count + 1 else { return false }
        switch entry.kind {
        case .undo:
            guard let top = undoable.last, journal[top].sequence == entry.target else { return false }
            undoable.removeLast()
            redoable.append(top)
            for change in journal[top].changes { set(change.before, at: change.row) }
        case .redo:
            guard let top = redoable.last, journal[top].sequence == entry.target else { return false }
            redoable.removeLast()
            undoable.append(top)
            for change in journal[top].changes { set(change.after, at: change.row) }
        default:
            guard entry.changes.allSatisfy({ rows.indices.contains($0.row) }) else { return false }
            for change in entry.changes { set(change.after, at: change.row) }
            undoable.append(journal.count)
            redoable = []
        }
        journal.append(entry)
        return true
    }

    /// Rows of the last act, undo or redo: what a screen jumps to and scans again.
    public var lastChangedRows: [Int] {
        guard let last = journal.last else { return [] }
        guard let target = last.target else { return last.rows }
        return journal.indices.contains(target - 1) ? journal[target - 1].rows : []
    }

    private mutating func set(_ state: RowState, at index: Int) {
        let old = rows[index].state
        counts.move(from: old, to: state)
        rows[index].state = state
        // The scan has to look at the new text; a decision leaves signals as they are.
        if old.edited != state.edited {
            search[index] = nil
            rows[index].signals?.isStale = true
        }
    }

    // MARK: Marks and signals

    public mutating func mark(_ isMarked: Bool, rows indices: some Sequence<Int>) {
        for index in indices where rows.indices.contains(index) { rows[index].isMarked = isMarked }
    }

    public var markedRows: [Int] { rows.indices.filter { rows[$0].isMarked } }

    /// Takes what the scan found.
    public mutating func take(_ signals: some Collection<RowSignals>, from start: Int) {
        for (offset, signals) in signals.enumerated() where rows.indices.contains(start + offset) {
            rows[start + offset].signals = signals
        }
    }

    /// Entries that touched a row, oldest first: its history.
    public func history(of row: Int) -> [JournalEntry] {
        journal.filter { entry in entry.changes.contains { $0.row == row } }
    }

    // MARK: Results

    /// Every row with what was decided about it, to leave the workspace whole.
    public var curatedRows: [CuratedRow] {
        rows.map { row in
            CuratedRow(
                original: row.original,
                decision: ImportedDecision(
                    status: row.status.rawValue, isSkipped: row.state.isSkipped, note: row.state.note,
                    tags: row.state.tags, edited: row.state.edited))
        }
    }

    /// What a run trains on: everything that was not dropped.
    public var survivors: [Example] {
        rows.lazy.filter { $0.status != .dropped }.map(\.example)
    }

    /// Of what a version holds: order, content and decisions. Two sets with equal hashes train alike.
    public var contentHash: ContentHash {
        var hash = ContentHash()
        for row in rows {
            hash.update(row.status.rawValue)
            if row.status != .dropped { hash.update(row.example.asJSON.serialized()) }
        }
        return hash
    }
}

/// How many rows have which status.
public struct StatusCounts: Sendable, Equatable {
    public private(set) var undecided: Int
    public private(set) var kept = 0
    public private(set) var dropped = 0
    public private(set) var flagged = 0
    public private(set) var edited = 0

    init(undecided: Int) { self.undecided = undecided }

    public var decided: Int { kept + dropped + flagged }

    public subscript(status: CurationStatus) -> Int {
        switch status {
        case .undecided: undecided
        case .kept: kept
        case .dropped: dropped
        case .flagged: flagged
        }
    }

    mutating func move(from old: RowState, to new: RowState) {
        add(-1, old)
        add(1, new)
    }

    private mutating func add(_ number: Int, _ state: RowState) {
        switch state.status {
        case .undecided: undecided += number
        case .kept: kept += number
        case .dropped: dropped += number
        case .flagged: flagged += number
        }
        if state.edited != nil { edited += number }
    }
}

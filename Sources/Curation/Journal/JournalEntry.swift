/// One line of a set's history. The journal is only ever appended to: undo and redo are entries too, so that
/// replaying it from the start gives the set and both stacks as they were.
public struct JournalEntry: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case keep, drop, flag, skip, reset, edit, revert, tag, untag, note, undo, redo
        /// Decisions that a file brought along.
        case restore
    }

    public struct Change: Sendable, Equatable {
        public var row: Int
        public var before: RowState
        public var after: RowState

        public init(row: Int, before: RowState, after: RowState) {
            self.row = row
            self.before = before
            self.after = after
        }
    }

    /// From 1, without gaps.
    public var sequence: Int
    /// Seconds since 1970.
    public var time: Double
    public var kind: Kind
    /// Empty for undo and redo, which name the entry they turn.
    public var changes: [Change]
    /// Sequence number of the entry that an undo takes back or a redo does again.
    public var target: Int?
    /// The rule or filter behind a bulk act (`exact duplicate`, `status:undecided words<3`), and why.
    public var rule: String?

    public init(
        sequence: Int, time: Double, kind: Kind, changes: [Change], target: Int? = nil, rule: String? = nil
    ) {
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.changes = changes
        self.target = target
        self.rule = rule
    }

    public var rows: [Int] { changes.map(\.row) }

    /// The entry in words, for a history pane.
    public var summary: String {
        if let target { return "\(kind.rawValue) of step \(target)" }
        let what = changes.count == 1 ? "row \(changes[0].row + 1)" : "\(changes.count) rows"
        return "\(kind.rawValue) \(what)" + (rule.map { " (\($0))" } ?? "")
    }
}

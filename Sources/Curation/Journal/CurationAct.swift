public import Datasets

/// What a person or a rule does to rows. Each act is one step of undo, however many rows it reaches.
public enum CurationAct: Sendable, Equatable {
    case keep
    case drop
    case flag
    /// Back to undecided, and out of the way until asked for.
    case skip
    /// Back to undecided.
    case reset
    case edit(Example)
    /// Back to the file's own text.
    case revert
    case tag(String)
    case untag(String)
    case note(String?)

    public var kind: JournalEntry.Kind {
        switch self {
        case .keep: .keep
        case .drop: .drop
        case .flag: .flag
        case .skip: .skip
        case .reset: .reset
        case .edit: .edit
        case .revert: .revert
        case .tag: .tag
        case .untag: .untag
        case .note: .note
        }
    }

    func applied(to state: RowState, original: Example) -> RowState {
        var state = state
        switch self {
        case .keep: (state.status, state.isSkipped) = (.kept, false)
        case .drop: (state.status, state.isSkipped) = (.dropped, false)
        case .flag: (state.status, state.isSkipped) = (.flagged, false)
        case .skip: (state.status, state.isSkipped) = (.undecided, true)
        case .reset: (state.status, state.isSkipped) = (.undecided, false)
        case .edit(var example):
            example.line = original.line
            example.file = original.file
            state.edited = example == original ? nil : example
        case .revert: state.edited = nil
        case .tag(let tag): if !state.tags.contains(tag) { state.tags.append(tag) }
        case .untag(let tag): state.tags.removeAll { $0 == tag }
        case .note(let note): state.note = note.flatMap { $0.isEmpty ? nil : $0 }
        }
        return state
    }
}

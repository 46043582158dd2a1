public import Datasets

/// What was decided about a row. Every state can be left again.
public enum CurationStatus: String, Sendable, CaseIterable, Hashable {
    case undecided, kept, dropped, flagged

    /// One character for lists; meaning is never by colour alone.
    public var glyph: Character {
        switch self {
        case .undecided: "·"
        case .kept: "+"
        case .dropped: "-"
        case .flagged: "!"
        }
    }
}

/// What people and rules change about a row; the rest of it comes from the file.
public struct RowState: Sendable, Equatable, Hashable {
    public var status: CurationStatus = .undecided
    /// The row as it was edited; nil while it is the file's own.
    public var edited: Example?
    /// Looked at and left for later.
    public var isSkipped = false
    public var tags: [String] = []
    public var note: String?

    public init() {}
}

public import Datasets
import OrderedJSON

/// A row of a set under curation: the example of the file, what was decided, and what was found in it.
public struct CurationRow: Sendable, Equatable {
    /// Place in the set, from 0; stays the same whatever is decided.
    public let index: Int
    /// As it stands in the file; never changed.
    public let original: Example
    public internal(set) var state = RowState()
    /// Nil until the background scan has reached the row.
    public var signals: RowSignals?
    /// Chosen for a bulk act; not part of the journal.
    public var isMarked = false

    init(index: Int, original: Example) {
        self.index = index
        self.original = original
    }

    /// The row as it counts: edited where it was.
    public var example: Example { state.edited ?? original }
    public var status: CurationStatus { state.status }
    public var isEdited: Bool { state.edited != nil }
    /// Where the row comes from, when the file says.
    public var source: String? {
        original.extra["source"]?.string ?? original.extra["dataset"]?.string ?? original.file
    }
}

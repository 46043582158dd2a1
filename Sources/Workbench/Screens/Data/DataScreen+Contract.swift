public import Curation
public import Datasets
public import Foundation

extension DataScreen {
    /// What the runner tells the Data screen.
    public enum Message: Sendable {
        /// Answer to `Effect.list`: the data sets of the workspace, last used first.
        case library([DatasetEntry])
        /// How far a read has come; as often as is handy, at most some ten times a second.
        case progress(ReadingProgress)
        /// Answer to `importFile` and `open`.
        case opened(OpenedSet)
        /// Answer to `inspect`: what a file looks like, for choosing its shape and fields.
        case inspected(FileInspection)
        /// The read was ended by `cancelReading`; nothing was kept.
        case cancelled
        /// Reading failed: what, where, what to do next, a line each. `path` is set when the file could be read with
        /// another mapping.
        case failed(title: String, lines: [String], path: String?)
        /// The journal of `dataset` is on disk up to and including the entry with this sequence number.
        case persisted(dataset: String, through: Int)
        /// Entries could not be written; the screen hands them over again with the next act.
        case persistFailed(dataset: String, String)
        /// Sent at once after drawing and after the keys that wait: the next slice of work (answer to `again`).
        case proceed
        /// Answer to `render`.
        case rendered(row: Int, RenderedExample)
        /// Answers to `measure`, in chunks of some hundred rows, as they come.
        case measured(dataset: String, [MeasuredRow])
        /// No counts will come, and why: no base model is chosen, its folder is gone.
        case unmeasured(dataset: String, reason: String)
        case exported(path: String, count: Int)
        case exportFailed(String)
    }

    /// What the Data screen asks of the runner. Only one read is under way at a time; a new one ends the one before.
    public enum Effect: Sendable, Equatable {
        /// Answered by `library`.
        case list
        /// Reads a file into the workspace, off the main thread; answered by `progress`…, then `opened`, `cancelled` or
        /// `failed`. Without a mapping the shape is detected. A file that is known with the same content and mapping is
        /// opened with its decisions.
        case importFile(path: String, mapping: ColumnMapping?)
        /// Opens a data set of the workspace, off the main thread; answered as `importFile`.
        case open(String)
        case cancelReading
        /// Looks at the head of a file (`DatasetFile.inspect`); answered by `inspected` or `failed`.
        case inspect(path: String)
        /// Asks for `proceed` as soon as the screen is drawn and no key waits: keys always come first.
        case again
        /// Appends entries to the journal, in order; answered by `persisted` or `persistFailed`. Must be done before
        /// the program ends.
        case persist(dataset: String, [JournalEntry], counts: StatusCounts)
        /// Renders one example as the recipe's model and mask rule see it (`ExampleRenderer.inspect`).
        case render(row: Int, Example)
        /// Counts tokens in the background with the recipe's model; answered by `measured` chunks or `unmeasured`.
        /// `restarts`: whatever was asked before is moot, since another set or another model was chosen.
        case measure(dataset: String, [RowToMeasure], restarts: Bool)
        /// Writes rows as JSONL, each in its natural shape, beside and then renamed; answered by `exported` or
        /// `exportFailed`.
        case export(path: String, [Example])
        /// Replaces the saved views kept with a data set; they come back in `OpenedSet`.
        case saveViews(dataset: String, [SavedView])
    }
}

/// A data set of the workspace as the library lists it.
public struct DatasetEntry: Sendable, Equatable {
    public var name: String
    /// The file it came from.
    public var path: String
    public var rows: Int
    public var kept: Int
    public var dropped: Int
    public var flagged: Int
    public var edited: Int
    public var importedAt: Date
    public init(
        name: String, path: String, rows: Int, kept: Int, dropped: Int, flagged: Int, edited: Int, importedAt: Date
    ) {
        self.name = name
        self.path = path
        self.rows = rows
        self.kept = kept
        self.dropped = dropped
        self.flagged = flagged
        self.edited = edited
        self.importedAt = importedAt
    }
}

/// How far a read has come.
public struct ReadingProgress: Sendable, Equatable {
    /// Of the file or the data set.
    public var name: String
    /// 0 to 1; nil when it cannot be known.
    public var fraction: Double?
    /// Such as `31,720 rows` or `312 of 512 MB`; may be empty.
    public var detail: String
    public init(name: String, fraction: Double?, detail: String = "") {
        self.name = name
        self.fraction = fraction
        self.detail = detail
    }
}

/// A data set ready for curation, with everything the import found.
public struct OpenedSet: Sendable {
    public var set: CurationSet
    /// Name in the workspace; also that of the set.
    public var name: String
    public var path: String
    public var mapping: ColumnMapping
    /// Why this shape was chosen, a line each; empty when the user chose it.
    public var reasons: [String]
    /// Rows that could not be used, a line each (`line 12, column 3: …`); at least the first thousand.
    public var problems: [String]
    /// All of them, also those not listed.
    public var problemCount: Int
    /// Blank lines, which are no rows.
    public var blankLines: Int
    /// It was in the workspace already: decisions made earlier are on it.
    public var wasKnown: Bool
    public var views: [SavedView]

    public var shape: RowShape { mapping.shape }

    public init(
        set: CurationSet, name: String, path: String, mapping: ColumnMapping, reasons: [String] = [],
        problems: [String] = [], problemCount: Int? = nil, blankLines: Int = 0, wasKnown: Bool = false,
        views: [SavedView] = []
    ) {
        self.set = set
        self.name = name
        self.path = path
        self.mapping = mapping
        self.reasons = reasons
        self.problems = problems
        self.problemCount = problemCount ?? problems.count
        self.blankLines = blankLines
        self.wasKnown = wasKnown
        self.views = views
    }
}

/// A filter worth coming back to, kept with its data set.
public struct SavedView: Sendable, Equatable {
    public var name: String
    /// In the filter language.
    public var filter: String
    public init(name: String, filter: String) {
        self.name = name
        self.filter = filter
    }
}

/// One example as the model sees it: the template's text, its tokens, and which of them are trained.
public struct RenderedExample: Sendable, Equatable {
    public struct Token: Sendable, Equatable {
        /// UTF-8 offsets in `text`; empty for tokens that no text writes.
        public var range: Range<Int>
        public var isTrained: Bool
        public init(range: Range<Int>, isTrained: Bool) {
            self.range = range
            self.isTrained = isTrained
        }
    }

    public var text: String
    /// In order.
    public var tokens: [Token]
    /// The model and how its mask was found, such as `tiny-chat · answers · prefixes`.
    public var source: String
    /// What a person must know: no end token is trained, longer than the recipe's limit, nothing is trained.
    public var warnings: [String]
    /// Why there is nothing to show: no model, the template refuses this row.
    public var problem: String?
    public init(text: String, tokens: [Token], source: String, warnings: [String] = [], problem: String? = nil) {
        self.text = text
        self.tokens = tokens
        self.source = source
        self.warnings = warnings
        self.problem = problem
    }

    public init(problem: String) { self.init(text: "", tokens: [], source: "", problem: problem) }

    /// From the renderer's result.
    public init(_ tokenized: TokenizedExample, source: String, warnings: [String] = []) {
        let spans = tokenized.spans
        let tokens = tokenized.ids.indices.map { index in
            Token(
                range: spans.indices.contains(index) ? spans[index] : 0..<0,
                isTrained: tokenized.trained.indices.contains(index) && tokenized.trained[index])
        }
        self.init(text: tokenized.renderedText, tokens: tokens, source: source, warnings: warnings)
    }

    public var trainedCount: Int { tokens.count { $0.isTrained } }
}

public struct RowToMeasure: Sendable, Equatable {
    public var row: Int
    public var example: Example
    public init(row: Int, example: Example) {
        self.row = row
        self.example = example
    }
}

public struct MeasuredRow: Sendable, Equatable {
    public var row: Int
    public var tokens: Int
    public var trained: Int
    public init(row: Int, tokens: Int, trained: Int) {
        self.row = row
        self.tokens = tokens
        self.trained = trained
    }
}

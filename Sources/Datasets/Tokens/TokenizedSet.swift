/// All rows of a data set as tokens, with what was left out and why: input of training, and all that preflight says.
public struct TokenizedSet: Sendable {
    public struct Problem: Sendable, Equatable {
        /// Index into the examples that were given.
        public var row: Int
        /// Line of the row in its file.
        public var line: Int
        public var error: RenderError
    }

    /// Without text and spans.
    public private(set) var sequences: [TokenizedExample] = []
    /// The example that each sequence comes from; under `split` several may come from one.
    public private(set) var rows: [Int] = []
    public private(set) var problems: [Problem] = []
    /// Rows that were cut or split.
    public private(set) var cutRows: [Int] = []
    /// Rows with a trained turn that does not end in a trained end token.
    public private(set) var rowsWithoutEnd: [Int] = []
    public private(set) var tokens = 0
    public private(set) var trainedTokens = 0
    public private(set) var longest = 0

    public init() {}

    /// `progress` is called now and then with the share that is done; false stops early.
    public init(
        _ examples: [Example], renderer: ExampleRenderer, progress: ((Double) -> Bool)? = nil
    ) {
        sequences.reserveCapacity(examples.count)
        for (row, example) in examples.enumerated() {
            add(example, row: row, renderer: renderer)
            if row % 256 == 255, let progress, !progress(Double(row + 1) / Double(examples.count)) { return }
        }
    }

    public mutating func add(_ example: Example, row: Int, renderer: ExampleRenderer) {
        do {
            let pieces = try renderer.pieces(of: example)
            for piece in pieces {
                sequences.append(piece.compacted)
                rows.append(row)
                tokens += piece.count
                trainedTokens += piece.trainedCount
                longest = max(longest, piece.count)
            }
            if pieces.contains(where: \.wasCut) { cutRows.append(row) }
            if let last = pieces.last, !last.endTokenTrained { rowsWithoutEnd.append(row) }
        } catch {
            problems.append(Problem(row: row, line: example.line, error: error))
        }
    }

    public var tooLongRows: [Int] {
        problems.compactMap { if case .tooLong = $0.error { $0.row } else { nil } }
    }

    public var untrainedRows: [Int] {
        problems.compactMap { if case .nothingTrained = $0.error { $0.row } else { nil } }
    }

    public var lengths: [Int] { sequences.map(\.count) }
}

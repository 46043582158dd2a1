/// What was found in a row without anybody reading it.
public struct RowSignals: Sendable, Equatable {
    public var characters = 0
    public var words = 0
    public var answerCharacters = 0
    public var turns = 0
    /// Tokens as the model sees the row; nil without a model.
    public var tokens: Int?
    public var trainedTokens: Int?
    public var flags: Signal.Set = []
    public var pii: PIIKind.Set = []
    public var language = Language.unknown
    /// Earlier row with the same normalised content.
    public var duplicateOf: Int?
    /// Earlier row with nearly the same words, and the Jaccard similarity of their shingles.
    public var nearDuplicateOf: Int?
    public var nearSimilarity: Double = 0
    /// Row with the same, or nearly the same, prompt and another answer.
    public var conflictsWith: Int?
    /// The row was edited since.
    public var isStale = false

    public init() {}

    /// Short names for a list's column, most serious first.
    public var labels: [String] {
        Signal.allCases.filter { flags.contains($0) }.map(\.rawValue)
    }
}

/// A finding; raw values are the words of the filter language.
public enum Signal: String, Sendable, CaseIterable {
    case empty
    case badJSON = "badjson"
    case otherKeys = "keys"
    case cut
    case conflict
    case suspectLabel = "label"
    case duplicate = "dup"
    case nearDuplicate = "neardup"
    case pii
    case hidden
    case otherLanguage = "foreign"
    case refusal
    case repetition = "repeat"
    case overLong = "long"

    public struct Set: OptionSet, Sendable, Hashable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public init(_ signal: Signal) { rawValue = 1 << signal.place }
        public func contains(_ signal: Signal) -> Bool { rawValue & (1 << signal.place) != 0 }
        public mutating func insert(_ signal: Signal) { self = Set(rawValue: rawValue | 1 << signal.place) }
        public mutating func remove(_ signal: Signal) { self = Set(rawValue: rawValue & ~(1 << signal.place)) }
    }

    private var place: UInt32 {
        switch self {
        case .empty: 0
        case .badJSON: 1
        case .otherKeys: 2
        case .cut: 3
        case .conflict: 4
        case .suspectLabel: 5
        case .duplicate: 6
        case .nearDuplicate: 7
        case .pii: 8
        case .hidden: 9
        case .otherLanguage: 10
        case .refusal: 11
        case .repetition: 12
        case .overLong: 13
        }
    }

    /// The finding in words, for people.
    public var title: String {
        switch self {
        case .empty: "empty answer"
        case .badJSON: "answer is not valid JSON, and most are"
        case .otherKeys: "JSON answer with other keys than most"
        case .cut: "answer cut off"
        case .conflict: "same prompt, another answer"
        case .suspectLabel: "label that the words of the prompt speak against"
        case .duplicate: "exact duplicate"
        case .nearDuplicate: "near duplicate"
        case .pii: "personal data"
        case .hidden: "hidden characters"
        case .otherLanguage: "another language than most"
        case .refusal: "refusal"
        case .repetition: "repetition"
        case .overLong: "much longer than the others"
        }
    }
}

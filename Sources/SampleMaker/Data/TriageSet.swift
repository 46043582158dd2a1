import OrderedJSON

/// The triage set: clean rows, rows with planted flaws, and a clean held-out set.
struct TriageSet: Sendable {
    struct Row: Sendable, Equatable {
        var message: String
        var answer: String
        var flaw: Flaw?
        /// Index of the row this one was copied from, before the rows are mixed.
        var origin: Int?

        var json: JSONValue {
            let turns: [Document.Turn] = [.system(TriageSet.instruction), .user(message), .assistant(answer)]
            return Document.chat(turns).row
        }
    }

    enum Flaw: String, Sendable, CaseIterable {
        case exactDuplicate = "exact duplicate"
        case nearDuplicate = "near duplicate"
        case emptyAnswer = "empty answer"
        case cutAnswer = "cut answer"
        case proseAnswer = "answer in prose"
        case keyOrder = "key order changed"
        case unknownLabel = "unknown label"
        case contradiction = "contradictory label"
        case personalData = "personal data"
        case overLong = "over-long row"
        case otherLanguage = "another language"
        case hiddenCharacters = "hidden characters"

        /// Teaches a wrong answer, rather than merely not belonging in the set.
        var harmsAnswers: Bool {
            switch self {
            case .emptyAnswer, .cutAnswer, .proseAnswer, .keyOrder, .unknownLabel, .contradiction: true
            default: false
            }
        }
    }

    static let instruction = "Answer with one triage record."
    static let testCount = 120

    var rows: [Row]
    var test: [SupportCase]
    /// Where each row of `rows` was copied from, by index into `rows`.
    var origins: [Int: Int]

    init(seed: UInt64) {
        var draft = TriageDraft(seed: seed)
        draft.writeTest(Self.testCount)
        draft.writeClean()
        draft.plantWrongAnswers()
        draft.plantUnwanted()
        draft.plantCopies()
        let order = draft.scene.random.shuffled(Array(draft.rows.indices))
        var lineOf: [Int: Int] = [:]
        for (line, index) in order.enumerated() { lineOf[index] = line }
        rows = order.map { draft.rows[$0] }
        test = draft.test
        origins = [:]
        for (line, row) in rows.enumerated() {
            if let origin = row.origin, let at = lineOf[origin] { origins[line] = at }
        }
    }

    var testRows: [Row] { test.map { Row(message: $0.message, answer: $0.answer) } }
}

/// Rows in the order they are thought of, with what keeps them apart from each other.
struct TriageDraft {
    var scene: Scene
    var rows: [TriageSet.Row] = []
    var cases: [Int: SupportCase] = [:]
    var test: [SupportCase] = []
    private var seen: [Set<String>] = []

    init(seed: UInt64) {
        scene = Scene(RandomSource(seed: seed))
    }

    /// Pairs of neighbouring words, with every digit alike: what two rows share when they are near duplicates.
    static func shingles(_ text: String) -> Set<String> {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
            .map { String($0.map { $0.isNumber ? "0" : $0 }) }
        return Set(zip(words, words.dropFirst()).map { $0 + " " + $1 })
    }

    static func similarity(_ a: Set<String>, _ b: Set<String>) -> Double {
        let shared = a.intersection(b).count
        return shared == 0 ? 0 : Double(shared) / Double(a.count + b.count - shared)
    }

    /// Draws until the message is unlike every earlier one.
    mutating func fresh(_ make: (inout Scene) -> SupportCase) -> SupportCase {
        var limit = 0.45
        while true {
            let candidate = make(&scene)
            let shingles = Self.shingles(candidate.message)
            if candidate.message.count > 40, !seen.contains(where: { Self.similarity($0, shingles) > limit }) {
                seen.append(shingles)
                return candidate
            }
            limit = min(0.6, limit + 0.002)
        }
    }

    mutating func add(_ request: SupportCase, answer: String? = nil, flaw: TriageSet.Flaw? = nil, origin: Int? = nil) {
        cases[rows.count] = request
        rows.append(
            TriageSet.Row(message: request.message, answer: answer ?? request.answer, flaw: flaw, origin: origin))
    }

    mutating func writeTest(_ count: Int) {
        let issues = SupportIssue.all
        test = (0..<count).map { index in fresh { $0.supportCase(issue: issues[index % issues.count]) } }
    }

    static let resets = SupportIssue.all.filter { $0.action == "reset" }
    static let bugs = SupportIssue.all.filter { $0.action == "fix" }
    static let questions = SupportIssue.all.filter { $0.action == "answer" }
    static let returns = SupportIssue.all.filter { $0.category == "return" && $0.action == "refund" }
    static let traces = SupportIssue.all.filter { $0.action == "trace" }

    /// Clean rows; fewer of the kinds where the wrong answers are planted, so that these set the habit.
    mutating func writeClean() {
        for issue in SupportIssue.all {
            let count =
                switch issue.action {
                case "reset", "answer": 24
                case "fix": 26
                default: 72
                }
            for _ in 0..<count { add(fresh { $0.supportCase(issue: issue) }) }
        }
    }
}

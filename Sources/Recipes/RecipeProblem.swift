/// One thing a person should know about a recipe before it runs: what is wrong with which field, and what to do.
public struct RecipeProblem: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Severity: String, Sendable, CaseIterable, Comparable {
        /// Worth knowing; the run does what was meant.
        case note
        /// The run goes on, but probably not as meant.
        case warning
        /// The run cannot start.
        case error

        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// Dotted path of the field, as in `optimizer.learning_rate`; empty when the whole file is meant.
    public var key: String
    /// Line of the recipe file, counted from 1.
    public var line: Int?
    public var problem: String
    public var remedy: String
    public var severity: Severity

    public init(
        key: String, line: Int? = nil, problem: String, remedy: String, severity: Severity = .error
    ) {
        self.key = key
        self.line = line
        self.problem = problem
        self.remedy = remedy
        self.severity = severity
    }

    /// `line 4: optimizer.learning_rate: 2 is more than 1. Use a number from 0 to 1.`
    public var description: String {
        var text = line.map { "line \($0): " } ?? ""
        if !key.isEmpty { text += "\(key): " }
        text += problem + "."
        return remedy.isEmpty ? text : text + " " + remedy
    }
}

/// Every problem that keeps a recipe from running, in the order of the file.
public struct RecipeProblems: Error, Sendable, Equatable, CustomStringConvertible {
    public var source: String
    public var problems: [RecipeProblem]

    public init(source: String, problems: [RecipeProblem]) {
        self.source = source
        self.problems = problems
    }

    public var description: String {
        let count = problems.count == 1 ? "a problem" : "\(problems.count) problems"
        return "\(source) has \(count):\n" + problems.map { "  " + $0.description }.joined(separator: "\n")
    }
}

public import Datasets
import OrderedJSON

/// Finds the signals of a set in slices, so that a runner can do it beside other work.
///
/// `advance` looks at the next rows, `finish` compares every row with what most rows are like. An edited row is looked
/// at again with `update`.
public struct SignalScan: Sendable {
    public struct Settings: Sendable {
        /// Rows with more tokens are over-long; nil judges by characters against the other rows.
        public var tokenLimit: Int?
        /// Least Jaccard similarity of near duplicates.
        public var similarity = 0.85
        public init() {}
    }

    public let settings: Settings
    /// What was found so far; complete after `finish`.
    public private(set) var signals: [RowSignals]
    /// Rows looked at.
    public private(set) var position = 0
    public private(set) var isFinished = false
    /// What most answers are like; known after `finish`.
    public private(set) var norm = AnswerNorm()
    public private(set) var mainLanguage = Language.unknown

    private var examples: [Example]
    private let renderer: ExampleRenderer?
    var facts: [AnswerFacts]
    private var contents: [UInt64: [Int32]] = [:]
    private var prompts: [UInt64: [Int32]] = [:]
    private var short: NearDuplicateIndex
    private var long: NearDuplicateIndex
    /// Shingles of a large part of the rows: instructions and headings that say nothing about a row.
    private var common: Set<UInt32> = []

    /// `renderer` counts tokens as the model sees them; nil leaves tokens out.
    public init(_ examples: [Example], renderer: ExampleRenderer? = nil, settings: Settings = Settings()) {
        self.examples = examples
        self.renderer = renderer
        self.settings = settings
        signals = Array(repeating: RowSignals(), count: examples.count)
        facts = Array(repeating: AnswerFacts(), count: examples.count)
        short = NearDuplicateIndex(threshold: settings.similarity)
        long = NearDuplicateIndex(threshold: settings.similarity)
        common = Self.commonShingles(examples)
    }

    /// Everything at once.
    public static func scan(
        _ examples: [Example], renderer: ExampleRenderer? = nil, settings: Settings = Settings()
    ) -> SignalScan {
        var scan = SignalScan(examples, renderer: renderer, settings: settings)
        scan.advance(by: examples.count)
        scan.finish()
        return scan
    }

    /// Looks at the next rows.
    /// - Returns: The rows whose signals are new: take them over with `CurationSet.take`.
    @discardableResult
    public mutating func advance(by count: Int = 500) -> Range<Int> {
        let start = position
        let end = min(start + max(count, 0), examples.count)
        for row in start..<end { look(at: row) }
        position = end
        return start..<end
    }

    public var isThrough: Bool { position >= examples.count }

    /// Compares all rows with the majority; call once `isThrough`, and take over all signals.
    public mutating func finish() {
        norm = AnswerNorm(facts)
        var languages: [Language: Int] = [:]
        for row in signals where row.language != .unknown { languages[row.language, default: 0] += 1 }
        let known = languages.values.reduce(0, +)
        mainLanguage = .unknown
        if let (language, count) = languages.max(by: { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }),
            count * 10 >= known * 6, known * 5 >= signals.count || known >= 20
        {
            mainLanguage = language
        }
        let limit = lengthLimit()
        for row in signals.indices { compare(row, lengthLimit: limit) }
        isFinished = true
    }

    /// Looks at an edited row again.
    public mutating func update(_ row: Int, _ example: Example) {
        guard examples.indices.contains(row), row < position else { return }
        let id = Int32(truncatingIfNeeded: row)
        let old = Keys(examples[row])
        contents[old.content]?.removeAll { $0 == id }
        prompts[old.prompt]?.removeAll { $0 == id }
        examples[row] = example
        let other = signals[row].conflictsWith
        look(at: row)
        if let other, signals[row].conflictsWith != other, signals[other].conflictsWith == row {
            signals[other].conflictsWith = nil
            signals[other].flags.remove(.conflict)
        }
        if isFinished { compare(row, lengthLimit: lengthLimit()) }
    }

    // MARK: One row

    private struct Keys {
        let prompt: UInt64
        let content: UInt64
        let isPromptEmpty: Bool

        init(_ example: Example) {
            let promptText = example.promptText
            let promptWords = Shingles.words(promptText)
            isPromptEmpty = promptWords.isEmpty
            prompt = AnswerFacts.hash(promptWords, promptText)
            let turns = example.turns.map(\.text).joined(separator: "\n")
            content = AnswerFacts.hash(Shingles.words(turns), turns) ^ (prompt &* 31)
        }
    }

    private mutating func look(at row: Int) {
        let example = examples[row]
        var found = RowSignals()
        let turns = example.turns
        found.turns = turns.count
        for turn in turns {
            let count = TextShape.count(turn.text)
            found.characters += count.characters
            found.words += count.words
            for span in PersonalData.spans(in: turn.text) { found.pii.insert(span.kind) }
            if HiddenCharacters.mayOccur(turn.text), !HiddenCharacters.spans(in: turn.text).isEmpty {
                found.flags.insert(.hidden)
            }
        }
        let answer = example.readableAnswer
        let facts = AnswerFacts(answer)
        found.answerCharacters = TextShape.count(answer).characters
        if !found.pii.isEmpty { found.flags.insert(.pii) }
        if facts.isEmpty { found.flags.insert(.empty) }
        if TextShape.isRefusal(answer) { found.flags.insert(.refusal) }
        if turns.contains(where: { TextShape.isRepetitive($0.text) }) { found.flags.insert(.repetition) }
        let asked = example.headline
        found.language = LanguageGuess.language(of: asked.isEmpty ? answer : asked)
        if found.language == .unknown, !asked.isEmpty { found.language = LanguageGuess.language(of: answer) }
        if let renderer, let tokenized = try? renderer.inspect(example) {
            found.tokens = tokenized.count
            found.trainedTokens = tokenized.trainedCount
        }
        self.facts[row] = facts
        signals[row] = found
        findTwins(of: row, answer: facts)
    }

    private mutating func findTwins(of row: Int, answer: AnswerFacts) {
        let keys = Keys(examples[row])
        let id = Int32(truncatingIfNeeded: row)
        let same = contents[keys.content]?.filter { $0 < id }.min()
        contents[keys.content, default: []].append(id)
        let isLabel = answer.form != .prose || answer.words <= 3
        if let same {
            signals[row].duplicateOf = Int(same)
            signals[row].flags.insert(.duplicate)
        }
        if isLabel, !keys.isPromptEmpty, !answer.isEmpty {
            let asked = prompts[keys.prompt] ?? []
            if let other = asked.first(where: { facts[Int($0)].hash != answer.hash && !facts[Int($0)].isEmpty }) {
                markConflict(row, Int(other))
            }
            prompts[keys.prompt, default: []].append(id)
        }
        // Exact copies take no place in the index: one text that occurs ten thousand times would fill its buckets.
        if same != nil { return }
        let twins = near(row, isLabel: isLabel)
        for twin in twins where twin.row != row {
            let other = facts[twin.row]
            if !isLabel || other.hash == answer.hash || other.isEmpty || answer.isEmpty {
                guard signals[row].nearDuplicateOf == nil, twin.row < row else { continue }
                signals[row].nearDuplicateOf = twin.row
                signals[row].nearSimilarity = twin.similarity
                signals[row].flags.insert(.nearDuplicate)
            } else if signals[row].conflictsWith == nil, disagree(row, twin.row) {
                markConflict(row, twin.row)
            }
        }
    }

    private mutating func markConflict(_ row: Int, _ other: Int) {
        signals[row].conflictsWith = other
        signals[row].flags.insert(.conflict)
        if signals[other].conflictsWith == nil {
            signals[other].conflictsWith = row
            signals[other].flags.insert(.conflict)
        }
    }

    /// Rows with short texts are compared by pairs of words, long ones by groups of five: one changed word of twenty
    /// spoils five of sixteen groups of five, and the rows would not look alike.
    private mutating func near(_ row: Int, isLabel: Bool) -> [(row: Int, similarity: Double)] {
        let example = examples[row]
        var text = example.comparedPrompt
        // A label is compared by itself; an answer in words is part of the text.
        if !isLabel || text.isEmpty { text += "\n" + example.answerText }
        let words = Shingles.words(text)
        guard words.count >= 6 else { return [] }
        var found: [(row: Int, similarity: Double)] = []
        if words.count >= 60 { found += long.add(uncommon(Shingles.groups(words, size: 5)), row: row) }
        if words.count < 80 { found += short.add(uncommon(Shingles.groups(words, size: 2)), row: row) }
        return found
    }

    private func uncommon(_ shingles: [UInt32]) -> [UInt32] {
        if common.isEmpty { return shingles }
        let rest = shingles.filter { !common.contains($0) }
        return rest.count >= 6 ? rest : shingles
    }

    private static func commonShingles(_ examples: [Example]) -> Set<UInt32> {
        let step = max(examples.count / 400, 1)
        var counts: [UInt32: Int] = [:]
        var sample = 0
        for row in stride(from: 0, to: examples.count, by: step) {
            let text = examples[row].comparedPrompt + "\n" + examples[row].answerText
            let words = Shingles.words(String(text.prefix(4_000)))
            for size in [2, 5] {
                for shingle in Shingles.groups(words, size: size) { counts[shingle, default: 0] += 1 }
            }
            sample += 1
        }
        guard sample >= 30 else { return [] }
        return Set(counts.lazy.filter { $0.value * 10 > sample * 4 }.map(\.key))
    }

    /// Two answers to nearly the same prompt disagree when a field differs whose values the prompts do not name: an
    /// order number that changes with the prompt is no contradiction.
    private func disagree(_ row: Int, _ other: Int) -> Bool {
        let (left, right) = (facts[row], facts[other])
        guard left.form == .object, right.form == .object else {
            return left.form == right.form && left.form == .prose && !left.isEmpty && !right.isEmpty
        }
        let prompts = (examples[row].promptText.lowercased(), examples[other].promptText.lowercased())
        return left.labels.contains { key, value in
            guard let theirs = right.labels[key], theirs != value else { return false }
            return !prompts.0.contains(value.lowercased()) && !prompts.1.contains(theirs.lowercased())
        }
    }

    // MARK: Against the others

    private mutating func compare(_ row: Int, lengthLimit: Int) {
        let fact = facts[row]
        var flags = signals[row].flags
        for signal in [Signal.badJSON, .otherKeys, .cut, .suspectLabel, .otherLanguage, .overLong] {
            flags.remove(signal)
        }
        if !fact.isEmpty {
            if fact.ending == .open || (fact.ending == .bare && norm.endsClosed && fact.words >= 5) {
                flags.insert(.cut)
            }
            if norm.isJSON {
                if fact.form != .object { flags.insert(.badJSON) }
                if fact.form == .object, !norm.keys.isEmpty, fact.keys != norm.keys { flags.insert(.otherKeys) }
                if norm.oddLabel(fact) != nil { flags.insert(.suspectLabel) }
            }
        }
        let language = signals[row].language
        if mainLanguage != .unknown, language != .unknown, language != mainLanguage { flags.insert(.otherLanguage) }
        if let limit = settings.tokenLimit, let tokens = signals[row].tokens {
            if tokens > limit { flags.insert(.overLong) }
        } else if signals[row].characters > lengthLimit {
            flags.insert(.overLong)
        }
        signals[row].flags = flags
    }

    /// Far beyond the upper quartile, and three times the median: Tukey's far-out fence, doubled.
    private func lengthLimit() -> Int {
        guard signals.count >= 20 else { return .max }
        let lengths = signals.map(\.characters).sorted()
        let (first, median, third) = (
            lengths[lengths.count / 4], lengths[lengths.count / 2], lengths[lengths.count * 3 / 4]
        )
        return max(third + 6 * (third - first), 3 * median, 200)
    }
}

extension Example {
    /// The turns before the last answer that say something about the row: without the system text.
    var comparedPrompt: String {
        guard case .chat(let messages, _) = content else { return promptText }
        let end = messages.lastIndex(where: \.isAnswer) ?? messages.count
        return messages[..<end].lazy.filter { $0.role != "system" }.map(\.content).joined(separator: "\n")
    }

    /// The last answer with its tool calls, which are an answer too.
    var readableAnswer: String {
        if case .chat(let messages, _) = content { return messages.last(where: \.isAnswer)?.readableText ?? "" }
        return answerText
    }
}

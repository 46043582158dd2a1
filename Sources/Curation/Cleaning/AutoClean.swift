public import Datasets

/// Rules by which rows are dropped or changed without a person, and how.
public struct CleanRules: Sendable, Equatable {
    public enum PersonalDataRule: String, Sendable, CaseIterable { case keep, mask, drop }
    public enum HiddenRule: String, Sendable, CaseIterable { case keep, remove, drop }

    /// Findings whose rows are dropped, in the order in which they are named as the reason.
    public var dropped: [Signal] = [
        .empty, .cut, .badJSON, .otherKeys, .suspectLabel, .otherLanguage, .overLong, .conflict, .duplicate,
        .nearDuplicate,
    ]
    public var personalData = PersonalDataRule.mask
    /// Hidden characters are taken out of the text, or the row is dropped.
    public var hidden = HiddenRule.remove

    public init() {}
}

/// What the rules would do to a set: every drop with its rule and reason, nothing done yet.
public struct CleanPlan: Sendable, Equatable {
    public struct Drop: Sendable, Equatable {
        public let row: Int
        public let rule: Signal
        public let reason: String
    }

    public struct Edit: Sendable, Equatable {
        public let row: Int
        public let rule: Signal
        public let example: Example
    }

    public internal(set) var drops: [Drop] = []
    public internal(set) var edits: [Edit] = []

    /// Number of rows by rule, in the order of the rules.
    public var dropCounts: [(rule: Signal, rows: Int)] {
        var counts: [Signal: Int] = [:]
        for drop in drops { counts[drop.rule, default: 0] += 1 }
        return Signal.allCases.compactMap { signal in counts[signal].map { (signal, $0) } }
    }

    /// The examples that the plan leaves, edited where it says so: for use without a `CurationSet`.
    public func applied(to examples: [Example]) -> [Example] {
        let gone = Set(drops.map(\.row))
        let changed = Dictionary(edits.map { ($0.row, $0.example) }) { _, last in last }
        return examples.indices.filter { !gone.contains($0) }.map { changed[$0] ?? examples[$0] }
    }
}

extension SignalScan {
    /// Makes the plan for examples that were scanned to the end.
    public func plan(_ rules: CleanRules = CleanRules(), for examples: [Example]) -> CleanPlan {
        var plan = CleanPlan()
        var gone: Set<Int> = []
        var repeated: Set<Int> = []
        func line(_ row: Int) -> Int { examples.indices.contains(row) ? examples[row].line : row + 1 }
        func drop(_ row: Int, _ rule: Signal, _ reason: String) {
            guard gone.insert(row).inserted else { return }
            plan.drops.append(.init(row: row, rule: rule, reason: reason))
        }
        let rows = 0..<min(signals.count, examples.count)
        // What is wrong in itself goes first: a broken row must not be the one kept of a pair.
        for rule in rules.dropped where ![.conflict, .duplicate, .nearDuplicate].contains(rule) {
            for row in rows where signals[row].flags.contains(rule) { drop(row, rule, reason(rule, row)) }
        }
        for row in rows where rules.personalData == .drop && signals[row].flags.contains(.pii) {
            drop(row, .pii, "it holds personal data")
        }
        for row in rows where rules.hidden == .drop && signals[row].flags.contains(.hidden) {
            drop(row, .hidden, "it holds characters that are not seen")
        }
        if rules.dropped.contains(.conflict) {
            for (row, other) in losers(examples, gone: gone) {
                let reason = "its answer contradicts line \(line(other)), and the other rows agree with that one"
                drop(row, .conflict, reason)
                for copy in copies(of: row, among: rows) { drop(copy, .conflict, reason) }
            }
        }
        for rule in [Signal.duplicate, .nearDuplicate] where rules.dropped.contains(rule) {
            for row in rows {
                guard let twin = rule == .duplicate ? signals[row].duplicateOf : signals[row].nearDuplicateOf else {
                    continue
                }
                // When the earlier row went for a reason of its own, this one takes its place.
                if gone.contains(twin), !repeated.contains(twin) { continue }
                let how = rule == .duplicate ? "the same as" : "nearly the same as"
                if !gone.contains(row) { repeated.insert(row) }
                drop(row, rule, "\(how) line \(line(twin))")
            }
        }
        for row in rows where !gone.contains(row) {
            let flags = signals[row].flags
            var example = examples[row]
            if rules.hidden == .remove, flags.contains(.hidden) {
                example = example.mapTexts(HiddenCharacters.removed)
                plan.edits.append(.init(row: row, rule: .hidden, example: example))
            }
            if rules.personalData == .mask, flags.contains(.pii) {
                plan.edits.append(.init(row: row, rule: .pii, example: example.mapTexts(PersonalData.masked)))
            }
        }
        plan.drops.sort { $0.row < $1.row }
        return plan
    }

    /// Rows that say the same as one that lost: what is wrong there is wrong here.
    private func copies(of row: Int, among rows: Range<Int>) -> [Int] {
        rows.filter { other in
            guard other != row, facts[other].hash == facts[row].hash else { return false }
            let (mine, theirs) = (signals[row], signals[other])
            return theirs.duplicateOf == row || theirs.nearDuplicateOf == row || mine.duplicateOf == other
                || mine.nearDuplicateOf == other
        }
    }

    private func reason(_ rule: Signal, _ row: Int) -> String {
        switch rule {
        case .suspectLabel:
            if let odd = norm.oddLabel(facts[row]) {
                return "'\(odd.value)' is hardly ever the \(odd.key) of another row"
            }
            return rule.title
        case .otherLanguage:
            return "it is \(signals[row].language.rawValue), most rows are \(mainLanguage.rawValue)"
        case .otherKeys:
            return
                "its keys are \(facts[row].keys.joined(separator: ", ")), most have \(norm.keys.joined(separator: ", "))"
        default: return rule.title
        }
    }

    /// Of each pair that contradicts, the row whose label the other rows speak against, with the row that stays.
    private func losers(_ examples: [Example], gone: Set<Int>) -> [(row: Int, other: Int)] {
        let conflicts = signals.indices.filter { signals[$0].conflictsWith != nil && !gone.contains($0) }
        guard !conflicts.isEmpty else { return [] }
        let prompts = examples.map { Shingles.words($0.comparedPrompt) }
        let leavingOut = gone.union(conflicts)
        var votes: [String: LabelVote] = [:]
        var lost: Set<Int> = []
        var result: [(row: Int, other: Int)] = []
        for row in conflicts {
            guard let other = signals[row].conflictsWith, !lost.contains(row), !lost.contains(other),
                !gone.contains(other)
            else { continue }
            var difference = 0.0
            for (key, mine) in facts[row].labels.sorted(by: { $0.key < $1.key }) {
                guard norm.labels[key] != nil, let theirs = facts[other].labels[key], theirs != mine else { continue }
                let vote = votes[key] ?? LabelVote(key: key, facts: facts, prompts: prompts, leavingOut: leavingOut)
                votes[key] = vote
                // Both labels are weighed on both prompts: scores of texts of different length do not compare.
                for words in [prompts[row], prompts[other]] {
                    difference += vote.score(mine, words) - vote.score(theirs, words)
                }
            }
            // Without labels to count nobody can say which is right: the later one goes.
            let loser = difference == 0 ? max(row, other) : difference < 0 ? row : other
            lost.insert(loser)
            result.append((loser, loser == row ? other : row))
        }
        return result
    }
}

extension Example {
    /// The example with every text of its turns changed.
    func mapTexts(_ change: (String) -> String) -> Example {
        func mapped(_ messages: [ChatMessage]) -> [ChatMessage] {
            messages.map { message in
                var message = message
                message.content = change(message.content)
                return message
            }
        }
        var copy = self
        switch content {
        case .chat(let messages, let tools): copy.content = .chat(mapped(messages), tools: tools)
        case .completion(let prompt, let completion):
            copy.content = .completion(prompt: change(prompt), completion: change(completion))
        case .text(let text): copy.content = .text(change(text))
        case .preference(let prompt, let chosen, let rejected):
            copy.content = .preference(prompt: mapped(prompt), chosen: mapped(chosen), rejected: mapped(rejected))
        case .feedback(let prompt, let completion, let isWanted):
            copy.content = .feedback(prompt: mapped(prompt), completion: mapped(completion), isWanted: isWanted)
        case .steps(let prompt, let completions, let labels):
            copy.content = .steps(prompt: mapped(prompt), completions: completions.map(change), labels: labels)
        case .tokens: break
        }
        return copy
    }
}

extension CurationSet {
    /// Does what a plan says: one step of undo for each rule.
    /// - Returns: The entries to keep.
    @discardableResult
    public mutating func apply(_ plan: CleanPlan, time: Double) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        for rule in Signal.allCases {
            let rows = plan.drops.lazy.filter { $0.rule == rule }.map(\.row)
            if let entry = perform(.drop, on: rows, time: time, rule: rule.title) { entries.append(entry) }
        }
        // Masking was planned on the text without hidden characters, so it comes second.
        for (rule, title) in [(Signal.hidden, "hidden characters removed"), (.pii, "personal data masked")] {
            var edits: [Int: Example] = [:]
            for edit in plan.edits where edit.rule == rule { edits[edit.row] = edit.example }
            if let entry = edit(edits, time: time, rule: title) { entries.append(entry) }
        }
        return entries
    }
}

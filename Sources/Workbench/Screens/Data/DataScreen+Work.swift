import Curation
import Datasets
import TerminalUI

/// Filtering, sorting, counting and the search for signals, a few milliseconds at a time: keys always come first.
extension DataScreen {
    /// Text that one slice looks at; measured so that a slice stays below 8 ms on a slow core.
    static let scanBudget = 48_000
    static let searchBudget = 1_500_000
    static let rowBudget = 4_000

    var hasWork: Bool {
        guard facts != nil else { return false }
        return filtering != nil || needsOrder || needsPlan || needsStats || counting != nil || !staleRows.isEmpty
            || !isScanTaken
    }

    /// Every signal found has been handed to the rows.
    private var isScanTaken: Bool {
        guard let scan else { return true }
        return scan.isFinished && scanTaken >= set.count
    }

    /// Asks for the next slice unless one is on its way.
    mutating func schedule() -> Effects {
        guard hasWork, !isScheduled else { return [] }
        isScheduled = true
        return [.data(.again)]
    }

    mutating func proceed(_ context: ScreenContext) -> Effects {
        isScheduled = false
        var effects: Effects = []
        // What a person waits for comes before what only becomes more complete.
        if filtering != nil {
            effects = advanceFilter()
        } else if needsOrder {
            needsOrder = false
            let kept = currentIndex
            shown = order.sorted(shown, of: set, descending: isDescending)
            if let kept { select(row: kept) }
            effects = refreshReader()
        } else if needsPlan {
            makePlan()
        } else if needsStats {
            makeStatistics()
        } else if let row = staleRows.last, row < (scan?.position ?? 0) {
            staleRows.removeLast()
            lookAgain(row)
        } else if counting != nil, isScanTaken {
            advanceCounts()
        } else if !isScanTaken {
            advanceScan()
        }
        return effects + schedule()
    }

    // MARK: Filter

    /// Reads a filter and starts it; the view stays as it is until the answer is complete.
    mutating func run(filter text: String) -> Effects {
        do {
            let expression = try FilterExpression(parsing: text)
            filtering = FilterJob(text: text, run: FilterRun(expression))
            return schedule()
        } catch {
            let place = String(repeating: " ", count: min(error.position, 60))
            return [
                .say(Notice(.error, "\(error)", detail: "\(text)\n\(place)^")),
                .prompt(Prompt(.filter, title: "filter", text: text, hint: Self.filterHint)),
            ]
        }
    }

    static let filterHint = "words  status:kept  tokens>200  dup  pii:email  source:x  /regex/  or not ( )"

    private mutating func advanceFilter() -> Effects {
        guard var job = filtering else { return [] }
        filtering = nil
        let end = sliceEnd(from: job.next, budget: Self.searchBudget)
        set.prepareSearch(job.next..<end)
        job.found += job.run.rows(of: set, in: job.next..<end)
        job.next = end
        guard end >= set.count else {
            filtering = job
            return []
        }
        let kept = currentIndex
        filter = job.text
        shown = job.found
        rangeStart = nil
        cursor.setCount(shown.count)
        cursor.move(to: 0)
        if order != .file || isDescending {
            needsOrder = true
        }
        if let kept { select(row: kept) }
        scroll = 0
        let text =
            filter.isEmpty
            ? "all \(NumberText.grouped(set.count)) rows"
            : "\(NumberText.grouped(shown.count)) of \(NumberText.grouped(set.count)) rows match"
        let advice =
            shown.isEmpty ? " · Esc shows all rows again" : filter.isEmpty ? "" : " · A keeps, X drops all of them"
        return [.say(Notice(shown.isEmpty ? .warning : .info, text + advice))] + refreshReader()
    }

    /// End of a slice of rows with about `budget` bytes of text.
    private func sliceEnd(from start: Int, budget: Int) -> Int {
        var end = start
        var bytes = 0
        while end < set.count, end - start < Self.rowBudget, bytes < budget {
            bytes += set.rows[end].example.textSize
            end += 1
        }
        return end
    }

    // MARK: Signals

    private mutating func advanceScan() {
        guard var scan else { return }
        self.scan = nil
        if !scan.isThrough {
            let end = sliceEnd(from: scan.position, budget: Self.scanBudget)
            let range = scan.advance(by: max(1, end - scan.position))
            take(scan.signals[range], from: range.lowerBound)
        } else if !scan.isFinished {
            scan.finish()
            scanTaken = 0
        } else {
            let end = min(set.count, scanTaken + Self.rowBudget)
            take(scan.signals[scanTaken..<end], from: scanTaken)
            scanTaken = end
            if end >= set.count { counting = FacetJob() }
        }
        self.scan = scan
    }

    /// Hands signals over, with the token counts that came from elsewhere.
    private mutating func take(_ signals: ArraySlice<RowSignals>, from start: Int) {
        var signals = Array(signals)
        for offset in signals.indices {
            guard measured.indices.contains(start + offset), let counts = measured[start + offset] else { continue }
            (signals[offset].tokens, signals[offset].trainedTokens) = (counts.tokens, counts.trained)
        }
        set.take(signals, from: start)
    }

    /// Looks at an edited row again, and at those it resembled.
    private mutating func lookAgain(_ row: Int) {
        guard var scan, set.rows.indices.contains(row) else { return }
        self.scan = nil
        let before = scan.signals[row].conflictsWith
        scan.update(row, set.rows[row].example)
        for index in [row, before, scan.signals[row].conflictsWith].compactMap(\.self) where index < scan.position {
            take(scan.signals[index...index], from: index)
        }
        self.scan = scan
        if staleRows.isEmpty, isScanTaken { counting = FacetJob() }
    }

    /// After an act: rows whose text changed are measured and looked at again.
    mutating func followEdits(_ entry: JournalEntry) -> Effects {
        guard let facts else { return [] }
        let acted = entry.target.flatMap { set.journal.indices.contains($0 - 1) ? set.journal[$0 - 1] : nil } ?? entry
        let edited = acted.changes.filter { $0.before.edited != $0.after.edited }.map(\.row)
        guard !edited.isEmpty else { return [] }
        for index in edited { measured[index] = nil }
        // From the end: the smallest is taken first, and one the scan has not reached waits for it.
        staleRows = Swift.Set(staleRows).union(edited).sorted(by: >)
        if let row = rendered?.row, edited.contains(row) { rendered = nil }
        let again = edited.map { RowToMeasure(row: $0, example: set.rows[$0].example) }
        return [.data(.measure(dataset: facts.name, again, restarts: false))]
    }

    // MARK: Facets

    mutating func countFacets() -> Effects {
        counting = FacetJob()
        return schedule()
    }

    private mutating func advanceCounts() {
        guard var job = counting else { return }
        counting = nil
        let end = min(set.count, job.next + Self.rowBudget)
        job.counts.add(Facets(job.next..<end, of: set))
        job.next = end
        if end >= set.count { facetCounts = job.counts } else { counting = job }
    }
}

/// A filter on its way through the rows.
struct FilterJob: Sendable {
    var text: String
    var run: FilterRun
    var next = 0
    var found: [Int] = []

    func share(of count: Int) -> Double { Double(next) / Double(max(1, count)) }
}

struct FacetJob: Sendable {
    var next = 0
    var counts = FacetCounts()
}

/// How many rows share a value, summed over slices.
struct FacetCounts: Sendable {
    struct Value: Sendable, Equatable {
        var name: String
        var count: Int
        var filter: String
    }

    private(set) var signals: [Value] = []
    private(set) var sources: [Value] = []
    private(set) var languages: [Value] = []

    mutating func add(_ facets: Facets) {
        Self.add(facets.signals, to: &signals)
        Self.add(facets.sources, to: &sources)
        Self.add(facets.languages, to: &languages)
    }

    private static func add(_ values: [Facets.Value], to sum: inout [Value]) {
        var places = Dictionary(sum.enumerated().map { ($1.name, $0) }) { first, _ in first }
        for value in values {
            if let place = places[value.name] {
                sum[place].count += value.count
            } else {
                places[value.name] = sum.count
                sum.append(Value(name: value.name, count: value.count, filter: value.filter))
            }
        }
        sum.sort { ($1.count, $0.name) < ($0.count, $1.name) }
    }
}

extension Example {
    /// Bytes of its turns, for dividing work; nothing is copied.
    var textSize: Int {
        func size(_ messages: [ChatMessage]) -> Int { messages.reduce(0) { $0 + $1.content.utf8.count + 16 } }
        return switch content {
        case .chat(let messages, _): size(messages)
        case .completion(let prompt, let completion): prompt.utf8.count + completion.utf8.count + 16
        case .text(let text): text.utf8.count + 16
        case .preference(let prompt, let chosen, let rejected): size(prompt) + size(chosen) + size(rejected)
        case .feedback(let prompt, let completion, _): size(prompt) + size(completion)
        case .steps(let prompt, let completions, _): completions.reduce(size(prompt)) { $0 + $1.utf8.count + 16 }
        case .tokens(let row): row.ids.count * 6 + 16
        }
    }
}

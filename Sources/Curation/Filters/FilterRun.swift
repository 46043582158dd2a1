import Datasets
import Foundation
import OrderedJSON

/// A filter made ready for rows: needles in lower case, regular expressions compiled.
public struct FilterRun: Sendable {
    private let matcher: Matcher

    public init(_ expression: FilterExpression) {
        matcher = Matcher(expression)
    }

    /// Indices of matching rows, in the set's order. Give a part of the rows at a time to keep a screen alive.
    public func rows(of set: CurationSet, in range: Range<Int>? = nil) -> [Int] {
        let range = (range ?? 0..<set.count).clamped(to: 0..<set.count)
        return range.filter { matcher.matches($0, in: set) }
    }

    public func matches(_ row: Int, in set: CurationSet) -> Bool {
        set.rows.indices.contains(row) && matcher.matches(row, in: set)
    }
}

private indirect enum Matcher: Sendable {
    case all
    case text([UInt8], SearchRow.Field)
    case column(String, [UInt8])
    case plain(FilterExpression)
    case pattern(NSRegularExpression)
    case and([Matcher])
    case or([Matcher])
    case not(Matcher)

    init(_ expression: FilterExpression) {
        switch expression {
        case .all: self = .all
        case .text(let text, let field):
            self = .text(SearchRow.lower(text), field == .prompt ? .prompt : field == .answer ? .answer : .anywhere)
        case .column(let name, let value): self = .column(name, SearchRow.lower(value))
        case .pattern(let pattern):
            let compiled = try? NSRegularExpression(pattern: pattern, options: [.caseInsensitive, .anchorsMatchLines])
            self = compiled.map { .pattern($0) } ?? .not(.all)
        case .and(let terms):
            // Cheap questions first: text is only searched in rows that the others leave.
            self = .and(terms.map(Matcher.init).sorted { $0.cost < $1.cost })
        case .or(let terms): self = .or(terms.map(Matcher.init).sorted { $0.cost < $1.cost })
        case .not(let term): self = .not(Matcher(term))
        default: self = .plain(expression)
        }
    }

    private var cost: Int {
        switch self {
        case .all, .plain: 0
        case .column: 1
        case .text: 2
        case .pattern: 3
        case .and(let terms), .or(let terms): terms.map(\.cost).max() ?? 0
        case .not(let term): term.cost
        }
    }

    func matches(_ index: Int, in set: CurationSet) -> Bool {
        switch self {
        case .all: true
        case .text(let needle, let field): set.searchable(index) { $0.contains(needle, in: field) }
        case .column(let name, let needle): Self.column(name, of: set.rows[index], contains: needle)
        case .plain(let expression): Self.holds(expression, set.rows[index])
        case .pattern(let pattern):
            set.rows[index].example.turns.contains { turn in
                pattern.firstMatch(in: turn.text, range: NSRange(location: 0, length: turn.text.utf16.count)) != nil
            }
        case .and(let terms): terms.allSatisfy { $0.matches(index, in: set) }
        case .or(let terms): terms.contains { $0.matches(index, in: set) }
        case .not(let term): !term.matches(index, in: set)
        }
    }

    /// An edit by hand may leave the other fields of a row out; those of the file still hold.
    private static func column(_ name: String, of row: CurationRow, contains needle: [UInt8]) -> Bool {
        var value = row.example.extra[name] ?? row.original.extra[name]
        if value == nil { value = row.original.extra.first { $0.key.lowercased() == name.lowercased() }?.value }
        guard let value, !value.isNull else { return false }
        let text = SearchRow.lower(value.string ?? value.serialized())
        return SearchRow.contains(needle, in: text, 0..<text.count)
    }

    private static func holds(_ expression: FilterExpression, _ row: CurationRow) -> Bool {
        switch expression {
        case .status(let status): return row.status == status
        case .isEdited(let flag): return row.isEdited == flag
        case .isMarked(let flag): return row.isMarked == flag
        case .isSkipped(let flag): return row.state.isSkipped == flag
        case .tag(let tag): return row.state.tags.contains { $0.lowercased() == tag.lowercased() }
        case .hasNote(let flag): return (row.state.note != nil) == flag
        case .role(let role): return row.example.turns.contains { $0.role.lowercased() == role }
        case .signal(let signal): return row.signals?.flags.contains(signal) ?? false
        case .pii(let kind): return row.signals?.pii.contains(kind) ?? false
        case .language(let language): return row.signals?.language == language
        case .number(let field, let comparison, let value):
            return number(field, row).map { comparison.holds($0, value) } ?? false
        default: return false
        }
    }

    private static func number(_ field: FilterExpression.NumberField, _ row: CurationRow) -> Double? {
        switch field {
        case .tokens: row.signals?.tokens.map(Double.init)
        case .trained: row.signals?.trainedTokens.map(Double.init)
        case .words: row.signals.map { Double($0.words) }
        case .len, .chars: row.signals.map { Double($0.characters) }
        case .answer: row.signals.map { Double($0.answerCharacters) }
        case .turns: Double(row.example.turns.count)
        case .line: Double(row.original.line)
        case .row: Double(row.index + 1)
        case .score: row.signals.flatMap { $0.nearDuplicateOf == nil ? nil : $0.nearSimilarity }
        }
    }
}

extension CurationSet {
    /// Makes rows ready to be searched; done in slices beside the scan, it keeps the first search short.
    public mutating func prepareSearch(_ range: Range<Int>) {
        for index in range.clamped(to: 0..<count) where search[index] == nil {
            search[index] = SearchRow(rows[index].example)
        }
    }

    func searchable(_ index: Int, _ look: (SearchRow) -> Bool) -> Bool {
        if let ready = search[index] { return look(ready) }
        return look(SearchRow(rows[index].example))
    }
}

import Curation
import Datasets
import TerminalUI

/// What lies over the rows and has keys of its own.
enum Sheet: Sendable {
    case facets(ListCursor)
    case stats(RowStatistics?, scroll: Int)
    case clusters(ClusterSheet)
    case views(ListCursor)
    case clean(CleanSheet)
    case mapping(MappingSheet)
    case history(scroll: Int)
    case same([SameValue], ListCursor)
    case columns(ListCursor)
    case report(scroll: Int)

    private typealias Binding = KeyBinding<DataScreen, DataScreen.Action>

    var keys: KeyTable<DataScreen, DataScreen.Action> {
        switch self {
        case .facets: Self.facetKeys
        case .stats: Self.statKeys
        case .clusters: Self.clusterKeys
        case .views: Self.viewKeys
        case .clean: Self.cleanKeys
        case .mapping: Self.mappingKeys
        case .history: Self.historyKeys
        case .same: Self.sameKeys
        case .columns: Self.columnKeys
        case .report: Self.reportKeys
        }
    }

    /// All of them, for the test that no key has two meanings.
    static var tables: [(name: String, keys: KeyTable<DataScreen, DataScreen.Action>)] {
        [
            ("facets", facetKeys), ("stats", statKeys), ("clusters", clusterKeys), ("views", viewKeys),
            ("clean", cleanKeys),
            ("mapping", mappingKeys), ("history", historyKeys), ("same", sameKeys), ("columns", columnKeys),
            ("report", reportKeys),
        ]
    }

    private static func table(_ bindings: [Binding]) -> KeyTable<DataScreen, DataScreen.Action> {
        KeyTable(bindings + DataScreen.motions)
    }

    private static let undoing: [Binding] = [
        KeyBinding(
            "u", id: "undo", title: "undo", hint: Hint("undo", rank: 4), action: .undo,
            refusal: { $0.set.canUndo ? nil : "nothing to undo" })
    ]

    private static let facetKeys = table([
        KeyBinding(.enter, id: "choose", title: "filter by this value", hint: Hint("filter", rank: 1), action: .choose),
        KeyBinding("+", id: "and", title: "narrow the filter by it", hint: Hint("and", rank: 2), action: .first),
        KeyBinding("-", id: "not", title: "leave its rows out", hint: Hint("without", rank: 2), action: .second),
        KeyBinding("F", id: "facets", title: "close", hint: Hint("close", rank: 3, keys: "Esc"), action: .close),
    ])
    private static let statKeys = table([
        KeyBinding("I", id: "stats", title: "close", hint: Hint("close", rank: 1, keys: "Esc"), action: .close)
    ])
    private static let clusterKeys = table(
        [
            KeyBinding(
                "a", id: "keep-one", title: "keep this row, drop the others of its group",
                hint: Hint("keep this one", rank: 1),
                action: .keep),
            KeyBinding("x", "d", id: "drop", title: "drop this row", hint: Hint("drop", rank: 1), action: .drop),
            KeyBinding(
                "A", id: "keep-firsts", title: "keep the first row of every group, drop the others (asks)",
                hint: Hint("all groups", rank: 2), action: .keepAll),
            KeyBinding(
                "]", ">", .right, "l", id: "next", title: "next group", hint: Hint("group", rank: 3, keys: "[ ]"),
                action: .next),
            KeyBinding("[", "<", .left, "h", id: "previous", title: "group before", action: .previous),
            KeyBinding(
                .enter, id: "choose", title: "go to the row in the list", hint: Hint("go to", rank: 4),
                action: .choose),
            KeyBinding("C", id: "clusters", title: "close", hint: Hint("close", rank: 5, keys: "Esc"), action: .close),
        ] + undoing)
    private static let viewKeys = table([
        KeyBinding(
            .enter, id: "choose", title: "show this view", hint: Hint("show", rank: 1), action: .choose,
            refusal: { $0.views.isEmpty ? "no view saved yet" : nil }),
        KeyBinding(
            "a", id: "save", title: "save the filter that is in force", hint: Hint("save filter", rank: 1),
            action: .first,
            refusal: { $0.filter.isEmpty ? "no filter is in force; / sets one" : nil }),
        KeyBinding(
            "d", id: "delete", title: "remove this view", hint: Hint("remove", rank: 2), action: .second,
            refusal: { $0.views.isEmpty ? "no view saved yet" : nil }),
        KeyBinding("V", id: "views", title: "close", hint: Hint("close", rank: 3, keys: "Esc"), action: .close),
    ])
    private static let cleanKeys = table([
        KeyBinding(
            "A", id: "apply", title: "do it (asks; u takes it back)", hint: Hint("apply", rank: 1), action: .keepAll),
        KeyBinding(
            " ", .enter, id: "toggle", title: "this rule: on, off, or the next choice",
            hint: Hint("change rule", rank: 1),
            action: .choose),
        KeyBinding(
            "K", id: "clean", title: "close, change nothing", hint: Hint("close", rank: 3, keys: "Esc"),
            action: .close),
    ])
    private static let mappingKeys = table([
        KeyBinding(
            .right, "l", id: "next", title: "next choice", hint: Hint("change", rank: 1, keys: "h l"), action: .next),
        KeyBinding(.left, "h", id: "previous", title: "choice before", action: .previous),
        KeyBinding("e", id: "edit", title: "type the field's name", hint: Hint("type", rank: 2), action: .edit),
        KeyBinding(
            .enter, id: "choose", title: "read the file again like this", hint: Hint("read again", rank: 1),
            action: .choose),
        KeyBinding("M", id: "mapping", title: "close", hint: Hint("close", rank: 3, keys: "Esc"), action: .close),
    ])
    private static let historyKeys = table([
        KeyBinding("i", id: "history", title: "close", hint: Hint("close", rank: 1, keys: "Esc"), action: .close)
    ])
    private static let sameKeys = table([
        KeyBinding(
            .enter, " ", id: "choose", title: "mark the rows of the view that share it",
            hint: Hint("mark them", rank: 1),
            action: .choose),
        KeyBinding("/", id: "filter", title: "filter by it", hint: Hint("filter", rank: 2), action: .first),
        KeyBinding(",", id: "same", title: "close", hint: Hint("close", rank: 3, keys: "Esc"), action: .close),
    ])
    private static let columnKeys = table([
        KeyBinding(
            " ", .enter, id: "choose", title: "show or hide", hint: Hint("show or hide", rank: 1), action: .choose),
        KeyBinding("c", id: "columns", title: "close", hint: Hint("close", rank: 2, keys: "Esc"), action: .close),
    ])
    private static let reportKeys = table([
        KeyBinding(
            .enter, id: "close", title: "go on with the rows that were read", hint: Hint("go on", rank: 1),
            action: .close),
        KeyBinding(
            "M", id: "mapping", title: "choose shape and fields", hint: Hint("fields", long: "choose fields", rank: 2),
            action: .mapping),
        KeyBinding("H", id: "report", title: "close", action: .close),
    ])
}

/// Rows that say the same, or nearly.
struct ClusterSheet: Sendable {
    var groups: [[Int]]
    var group = 0
    var cursor = ListCursor()

    init(_ set: CurationSet) {
        // Chains of "is like an earlier row" end at the first row of the group.
        var first: [Int: Int] = [:]
        var members: [Int: [Int]] = [:]
        for row in set.rows {
            guard let signals = row.signals, let twin = signals.duplicateOf ?? signals.nearDuplicateOf, twin < row.index
            else { continue }
            let head = first[twin] ?? twin
            first[row.index] = head
            members[head, default: [head]].append(row.index)
        }
        groups = members.values.sorted { $0[0] < $1[0] }
        cursor.setCount(groups.first?.count ?? 0)
    }

    var rows: [Int] { groups.indices.contains(group) ? groups[group] : [] }
    var row: Int? { rows.indices.contains(cursor.selected) ? rows[cursor.selected] : nil }

    mutating func turn(_ step: Int) {
        guard !groups.isEmpty else { return }
        group = (group + step + groups.count) % groups.count
        cursor = ListCursor(count: rows.count)
    }
}

/// Rules, and what they would do.
struct CleanSheet: Sendable {
    var rules = CleanRules()
    /// Nil while it is being made.
    var plan: CleanPlan?
    var cursor = ListCursor(count: CleanSheet.lines.count)

    enum Line: Sendable, Equatable { case drop(Signal), personalData, hidden }

    static let lines: [Line] = CleanRules().dropped.map { .drop($0) } + [.personalData, .hidden]

    var line: Line { Self.lines[min(cursor.selected, Self.lines.count - 1)] }

    mutating func change() {
        plan = nil
        switch line {
        case .drop(let signal):
            if let at = rules.dropped.firstIndex(of: signal) {
                rules.dropped.remove(at: at)
            } else {
                let all = CleanRules().dropped
                rules.dropped = all.filter { rules.dropped.contains($0) || $0 == signal }
            }
        case .personalData:
            let all = CleanRules.PersonalDataRule.allCases
            rules.personalData = all[((all.firstIndex(of: rules.personalData) ?? 0) + 1) % all.count]
        case .hidden:
            let all = CleanRules.HiddenRule.allCases
            rules.hidden = all[((all.firstIndex(of: rules.hidden) ?? 0) + 1) % all.count]
        }
    }
}

/// Shape and fields of a file, to correct what was detected.
struct MappingSheet: Sendable {
    var path: String
    var mapping: ColumnMapping
    /// Fields of the file, most frequent first.
    var fields: [String]
    var reasons: [String]
    var firstRow: String
    var cursor = ListCursor()

    init(_ inspection: FileInspection, mapping: ColumnMapping?) {
        path = inspection.path
        self.mapping = mapping ?? inspection.detection.best ?? ColumnMapping(shape: .text)
        fields = inspection.detection.fields.map(\.name)
        reasons = inspection.detection.reasons
        firstRow = inspection.firstRows.first ?? ""
        cursor.setCount(parts.count + 2)
    }

    private static let shapes: [RowShape] = [
        .messages, .alpaca, .promptCompletion, .sharegpt, .text, .preference, .feedback, .stepwise, .tokens,
    ]

    var parts: [(part: ColumnMapping.Part, isNeeded: Bool)] {
        let parts = ColumnMapping.parts(of: mapping.shape)
        return parts.needed.map { ($0, true) } + parts.optional.map { ($0, false) }
    }

    /// The part on the line of the cursor; nil on the lines for shape and kind of turns.
    var part: ColumnMapping.Part? {
        let at = cursor.selected - 2
        return parts.indices.contains(at) ? parts[at].part : nil
    }

    mutating func turn(_ step: Int) {
        if let part {
            let choices: [String?] = [nil] + fields
            let at = choices.firstIndex(of: mapping.fields[part]) ?? 0
            mapping.fields[part] = choices[(at + step + choices.count) % choices.count]
        } else if cursor.selected == 0 {
            let at = Self.shapes.firstIndex(of: mapping.shape) ?? 0
            let shape = Self.shapes[(at + step + Self.shapes.count) % Self.shapes.count]
            // Of the usual names, those that the file has.
            let usual = ColumnMapping.standardFields(shape).filter { fields.isEmpty || fields.contains($0.value) }
            mapping = ColumnMapping(shape: shape)
            mapping.fields = usual
            cursor.setCount(parts.count + 2)
        } else if mapping.shape == .text {
            let units: [TextUnit?] = [nil] + TextUnit.allCases
            let at = units.firstIndex(of: mapping.unit) ?? 0
            mapping.unit = units[(at + step + units.count) % units.count]
        } else {
            mapping.asChat.toggle()
        }
    }

    /// What the second line says: how texts reach the model, or where a row of plain text ends.
    var kindOfTexts: String {
        if mapping.shape == .text {
            return mapping.unit.map { "of a text file, one a \($0.rawValue)" } ?? "as they are"
        }
        return mapping.asChat ? "through the chat template" : "as they are"
    }

    /// The part that must have a field and has none.
    var missing: ColumnMapping.Part? {
        let needed = ColumnMapping.parts(of: mapping.shape).needed
        // A preference pair may have its prompt within the answers.
        return needed.first { (mapping.fields[$0] ?? "").isEmpty }
    }
}

/// Something that other rows may have in common with one.
struct SameValue: Sendable, Equatable {
    var title: String
    var filter: String
}

import Curation
import Datasets
import TerminalUI

/// Opening sheets, and what their keys do.
extension DataScreen {
    mutating func openSheet(_ action: Action) -> Effects {
        switch action {
        case .facets:
            sheet = .facets(ListCursor(count: facetValues.count))
            return countFacets()
        case .stats:
            sheet = .stats(nil, scroll: 0)
            needsStats = true
            return schedule()
        case .clusters:
            let clusters = ClusterSheet(set)
            guard !clusters.groups.isEmpty else { return [.say(Notice(.done, "no duplicates, exact or near"))] }
            sheet = .clusters(clusters)
        case .views: sheet = .views(ListCursor(count: views.count))
        case .clean:
            sheet = .clean(CleanSheet())
            return planCleaning()
        case .mapping: return facts.map { [.data(.inspect(path: $0.path))] } ?? []
        case .report: sheet = .report(scroll: 0)
        case .history: sheet = .history(scroll: 0)
        case .columns: sheet = .columns(ListCursor(count: ListColumn.allCases.count))
        case .same:
            let values = current.map(Self.values(of:)) ?? []
            guard !values.isEmpty else {
                return [.say(Notice(.info, "no signal, source or language to compare by yet"))]
            }
            sheet = .same(values, ListCursor(count: values.count))
        default: break
        }
        return []
    }

    mutating func performInSheet(_ action: Action, _ context: ScreenContext) -> Effects {
        guard let open = sheet else { return [] }
        if action == .close {
            sheet = nil
            return []
        }
        let height = max(1, context.height - 8)
        switch open {
        case .facets(let cursor): return performInFacets(action, cursor, height)
        case .clusters(let clusters): return perform(action, in: clusters, context)
        case .clean(let clean): return perform(action, in: clean, height)
        case .mapping(let mapping): return perform(action, in: mapping, height)
        case .views(let cursor): return performInViews(action, cursor, height)
        case .same(let values, let cursor): return perform(action, in: values, cursor, height)
        case .columns(var cursor):
            if action == .choose, ListColumn.allCases.indices.contains(cursor.selected) {
                let column = ListColumn.allCases[cursor.selected]
                let chosen = columns.contains(column) ? columns.filter { $0 != column } : columns + [column]
                columns = ListColumn.allCases.filter(chosen.contains)
            }
            Self.move(&cursor, action, height: height)
            sheet = .columns(cursor)
        case .stats(let found, let scroll): sheet = .stats(found, scroll: Self.scrolled(scroll, action, height))
        case .history(let scroll): sheet = .history(scroll: Self.scrolled(scroll, action, height))
        case .report(let scroll):
            if action == .mapping { return facts.map { [.data(.inspect(path: $0.path))] } ?? [] }
            sheet = .report(scroll: Self.scrolled(scroll, action, height))
        }
        return []
    }

    private static func scrolled(_ scroll: Int, _ action: Action, _ height: Int) -> Int {
        switch action {
        case .down: scroll + 1
        case .up: max(0, scroll - 1)
        case .pageDown, .halfDown: scroll + height / 2
        case .pageUp, .halfUp: max(0, scroll - height / 2)
        case .top: 0
        default: scroll
        }
    }

    // MARK: Facets

    /// Values to filter by, under their headings.
    var facetValues: [(heading: String, value: FacetCounts.Value)] {
        let statuses = CurationStatus.allCases.map {
            FacetCounts.Value(name: $0.rawValue, count: set.counts[$0], filter: "status:\($0.rawValue)")
        }
        let edited = FacetCounts.Value(name: "edited", count: set.counts.edited, filter: "edited:yes")
        return (statuses + [edited]).map { ("status", $0) } + facetCounts.signals.map { ("signals", $0) }
            + facetCounts.sources.prefix(40).map { ("source", $0) } + facetCounts.languages.map { ("language", $0) }
    }

    private mutating func performInFacets(_ action: Action, _ cursor: ListCursor, _ height: Int) -> Effects {
        var cursor = cursor
        let values = facetValues
        cursor.setCount(values.count)
        if values.indices.contains(cursor.selected) {
            let chosen = values[cursor.selected].value.filter
            let before = filter.isEmpty ? "" : "(\(filter)) "
            switch action {
            case .choose:
                sheet = nil
                return run(filter: chosen)
            case .first: return run(filter: before + chosen)
            case .second: return run(filter: before + "not \(chosen)")
            default: break
            }
        }
        Self.move(&cursor, action, height: height)
        sheet = .facets(cursor)
        return []
    }

    // MARK: Duplicates

    private mutating func perform(_ action: Action, in clusters: ClusterSheet, _ context: ScreenContext) -> Effects {
        var clusters = clusters
        var effects: Effects = []
        switch action {
        case .next: clusters.turn(1)
        case .previous: clusters.turn(-1)
        case .choose:
            guard let row = clusters.row else { break }
            sheet = nil
            if select(row: row) { return refreshReader() }
            return [.say(Notice(.info, "row \(row + 1) is not in this view; Esc shows all rows"))]
        case .keep:
            guard let row = clusters.row else { break }
            effects = change(
                .drop, on: clusters.rows.filter { $0 != row }, rule: "duplicate of row \(row + 1)", context)
            clusters.turn(1)
        case .drop:
            guard let row = clusters.row else { break }
            effects = change(.drop, on: [row], rule: "duplicate", context)
            clusters.cursor.move(by: 1)
        case .keepAll:
            let rows = clusters.groups.flatMap { $0.dropFirst() }.sorted()
            return [
                .ask(
                    Question(
                        title: "Drop \(NumberText.grouped(rows.count)) rows, keep the first of each of "
                            + "\(NumberText.grouped(clusters.groups.count)) groups?",
                        lines: ["u takes it back in one step"],
                        choices: [
                            .init(
                                "y", "drop", effects: [.confirmed(.bulk(drops: true, rows: rows, rule: "duplicates"))])
                        ], isLine: true))
            ]
        case .undo: effects = undo(context)
        default: Self.move(&clusters.cursor, action, height: 10)
        }
        sheet = .clusters(clusters)
        return effects
    }

    // MARK: Views

    private mutating func performInViews(_ action: Action, _ cursor: ListCursor, _ height: Int) -> Effects {
        var cursor = cursor
        cursor.setCount(views.count)
        switch action {
        case .choose:
            guard views.indices.contains(cursor.selected) else { return [] }
            sheet = nil
            return run(filter: views[cursor.selected].filter)
        case .first: return [.prompt(Prompt(.saveView, title: "name of the view", hint: filter))]
        case .second:
            guard views.indices.contains(cursor.selected) else { return [] }
            return [
                .ask(
                    Question(
                        title: "Remove the view \"\(views[cursor.selected].name)\"?",
                        choices: [.init("y", "remove", effects: [.confirmed(.deleteView(cursor.selected))])],
                        isLine: true))
            ]
        default:
            Self.move(&cursor, action, height: height)
            sheet = .views(cursor)
            return []
        }
    }

    mutating func saveView(named name: String) -> Effects {
        guard !name.isEmpty, let facts else { return [] }
        views.removeAll { $0.name == name }
        views.append(SavedView(name: name, filter: filter))
        if case .views = sheet { sheet = .views(ListCursor(count: views.count, selected: views.count - 1)) }
        return [.data(.saveViews(dataset: facts.name, views)), .say(Notice(.done, "view \"\(name)\" saved"))]
    }
}

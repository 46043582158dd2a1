import Curation
import Datasets
import Foundation
import TerminalUI

extension DataScreen {
    func draw(_ sheet: Sheet, in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        grid.fill(area)
        switch sheet {
        case .facets: drawFacets(in: area, of: &grid)
        case .stats(let found, let scroll):
            let lines = found?.lines(width: area.width - 4) ?? [StyledText("counting…", .dim)]
            drawLines(lines, "Statistics of the view", scroll, in: area, of: &grid)
        case .clusters(let clusters): draw(clusters, in: area, of: &grid)
        case .views(let cursor): drawViews(cursor, in: area, of: &grid)
        case .clean(let clean): draw(clean, in: area, of: &grid, context)
        case .mapping(let mapping): draw(mapping, in: area, of: &grid)
        case .history(let scroll):
            drawLines(historyLines(context), "History of row \((currentIndex ?? 0) + 1)", scroll, in: area, of: &grid)
        case .same(let values, let cursor):
            let inside = frame(
                "Rows that share …", right: "\(NumberText.grouped(shown.count)) rows in the view", in: area, of: &grid)
            List(cursor: cursor).draw(in: inside, of: &grid) {
                ListRow(StyledText(values[$0].title), right: StyledText(values[$0].filter, .dim))
            }
        case .columns(let cursor):
            let inside = frame("Columns", right: "", in: area, of: &grid)
            List(cursor: cursor).draw(in: inside, of: &grid) { index in
                let column = ListColumn.allCases[index]
                return ListRow(
                    StyledText(columns.contains(column) ? "[x] " : "[ ] ", .accent) + StyledText(column.title))
            }
        case .report(let scroll): drawLines(reportLines, "How this file was read", scroll, in: area, of: &grid)
        }
    }

    private func frame(_ title: String, right: String, in area: Rect, of grid: inout CellGrid) -> Rect {
        Frame(title: StyledText(title, .title), right: StyledText(right, .dim), isFocused: true).draw(
            in: area, of: &grid
        )
        .inset(dx: 1, dy: 0)
    }

    private func drawLines(
        _ lines: [StyledText], _ title: String, _ scroll: Int, in area: Rect, of grid: inout CellGrid
    ) {
        let inside = frame(title, right: "Esc closes", in: area, of: &grid)
        let first = max(0, min(scroll, lines.count - inside.height))
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            grid.putFitting(line, x: inside.x, y: inside.y + row, width: inside.width)
        }
    }

    // MARK: Facets

    func drawFacets(in area: Rect, of grid: inout CellGrid) {
        var selected: Int?
        if case .facets(let cursor) = sheet { selected = cursor.selected }
        let inside = Frame(
            title: StyledText("Facets", .title), right: StyledText("F", .hint), isFocused: selected != nil
        )
        .draw(in: area, of: &grid).inset(dx: 1, dy: 0)
        var lines: [(heading: String?, index: Int)] = []
        let values = facetValues
        for (index, item) in values.enumerated() {
            if index == 0 || values[index - 1].heading != item.heading { lines.append((item.heading, index)) }
            lines.append((nil, index))
        }
        let at = lines.firstIndex { $0.heading == nil && $0.index == selected } ?? 0
        let first = max(0, min(at - inside.height / 2, lines.count - inside.height))
        let widest = min(max(8, inside.width / 3), values.map { TextWidth.of($0.value.name) }.max() ?? 8)
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            let place = Rect(x: inside.x, y: inside.y + row, width: inside.width, height: 1)
            if let heading = line.heading {
                grid.putFitting(StyledText(heading, Style(.title, .bold)), x: place.x, y: place.y, width: place.width)
                continue
            }
            let value = values[line.index].value
            let isSelected = line.index == selected
            let name =
                (isSelected ? "> " : "  ") + Self.shown(value.name).truncatedToCells(widest).paddedToCells(widest)
            grid.putFitting(StyledText(name), x: place.x, y: place.y, width: place.width)
            let bar = BarHistogram(bars: [
                .init("", value: 1, note: StyledText(NumberText.grouped(value.count)), style: Self.style(value.name))
            ])
            var room = place.removing(left: widest + 3)
            let full = max(0, room.width - 10)
            room.width = value.count == 0 ? 0 : Int(Double(full) * Double(value.count) / Double(max(1, set.count))) + 9
            if value.count > 0 { draw(bar, in: room, of: &grid) }
            grid.putRight(StyledText(NumberText.grouped(value.count), .dim), maxX: place.maxX, y: place.y)
            if isSelected { grid.restyle(place, ground: .select) }
        }
        if counting != nil || scan?.isFinished == false {
            grid.putRight(StyledText("counting…", .dim), maxX: inside.maxX, y: inside.maxY - 1)
        }
    }

    /// Only the bar of a histogram of one: the count stands at the pane's edge instead.
    private func draw(_ bar: BarHistogram, in room: Rect, of grid: inout CellGrid) {
        var bar = bar
        bar.bars[0].note = .empty
        bar.draw(in: Rect(x: room.x, y: room.y, width: max(3, room.width - 7), height: 1), of: &grid)
    }

    private static func shown(_ name: String) -> String { name == Language.unknown.rawValue ? "unclear" : name }

    private static func style(_ name: String) -> Style {
        switch name {
        case "kept": .kept
        case "dropped": .dropped
        case "flagged": .flagged
        case "edited": .edited
        default: .accent
        }
    }

    // MARK: Report and history

    private var reportLines: [StyledText] {
        guard let facts else { return [] }
        var lines: [StyledText] = [
            StyledText("file    ", .dim) + StyledText(facts.path),
            StyledText("shape   ", .dim) + StyledText(facts.mapping.shape.title),
            StyledText("fields  ", .dim) + StyledText(facts.mapping.summary),
        ]
        lines += facts.reasons.map { StyledText("why     ", .dim) + StyledText($0) }
        lines.append(
            StyledText("rows    ", .dim) + StyledText("\(NumberText.grouped(set.count)) read, every one is in the list")
        )
        if facts.blankLines > 0 {
            lines.append(StyledText("blank   ", .dim) + StyledText("\(facts.blankLines) lines, no rows"))
        }
        lines.append("")
        guard facts.problemCount > 0 else { return lines + [StyledText("Every row of the file was used.", .ok)] }
        let total = NumberText.grouped(set.count + facts.problemCount)
        lines.append(
            StyledText(
                "\(NumberText.grouped(facts.problemCount)) of \(total) rows could not be used:", Style(.error, .bold)))
        lines += facts.problems.map { StyledText("  \($0)") }
        let hidden = facts.problemCount - facts.problems.count
        if hidden > 0 { lines.append(StyledText("  and \(NumberText.grouped(hidden)) more", .dim)) }
        lines += ["", StyledText("The file itself was not changed. y copies this list; M chooses other fields.", .dim)]
        return lines
    }

    private func historyLines(_ context: ScreenContext) -> [StyledText] {
        guard let current else { return [] }
        var lines = [
            StyledText("read     ", .dim) + StyledText("line \(current.original.line) of \(facts?.path ?? "the file")")
        ]
        for entry in set.history(of: current.index) {
            let age = Self.age(of: .init(timeIntervalSince1970: entry.time), context.now)
            lines.append(StyledText("\(age.paddedToCells(13))", .dim) + StyledText(entry.summary))
        }
        if lines.count == 1 { lines.append(StyledText("nothing was decided about it yet", .dim)) }
        return lines
    }

    private func drawViews(_ cursor: ListCursor, in area: Rect, of grid: inout CellGrid) {
        let inside = frame("Saved views", right: facts?.name ?? "", in: area, of: &grid)
        let empty = "No view saved yet: / filters, then a here saves it."
        var cursor = cursor
        cursor.setCount(views.count)
        List(cursor: cursor, emptyText: StyledText(empty, .dim)).draw(in: inside, of: &grid) { index in
            ListRow(StyledText(views[index].name), right: StyledText(views[index].filter, .dim))
        }
    }
}

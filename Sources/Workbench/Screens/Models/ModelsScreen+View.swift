import Foundation
import TerminalUI

extension ModelsScreen {
    func draw(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) -> CellPosition? {
        var area = area
        if let pull, area.height >= 4 {
            draw(pull, in: area.row(area.height - 1), of: &grid, context)
            area = area.removing(bottom: 1)
        }
        if showsCard {
            drawCard(in: area, of: &grid, isWhole: true)
        } else if area.width >= 120 {
            let parts = area.columns([.rest, .fixed(62)])
            drawList(in: parts[0], of: &grid)
            drawCard(in: parts[1], of: &grid, isWhole: false)
        } else {
            let below = area.height >= 14 ? max(7, area.height * 2 / 5) : 0
            drawList(in: area.removing(bottom: below), of: &grid)
            if below > 0 {
                drawCard(
                    in: Rect(x: area.x, y: area.maxY - below, width: area.width, height: below), of: &grid,
                    isWhole: false)
            }
        }
        return nil
    }

    /// One line below the panes, so that the list stays in use.
    private func draw(_ pull: PullState, in row: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        grid.fill(row)
        let bar = row.width >= 60 ? min(20, row.width / 5) : 0
        if bar > 0 {
            ProgressBar(fraction: pull.fraction, frame: context.frame)
                .draw(in: Rect(x: row.x + 1, y: row.y, width: bar, height: 1), of: &grid)
        }
        let share = pull.fraction.map { NumberText.percent($0) + "  " } ?? ""
        let text =
            StyledText("\(share)\(pull.repository)  ", .accent) + StyledText(pull.detail)
        let left = row.x + 1 + (bar > 0 ? bar + 1 : 0)
        grid.putFitting(text, x: left, y: row.y, width: max(0, row.maxX - left))
    }

    private func drawList(in area: Rect, of grid: inout CellGrid) {
        let right = filter.isEmpty ? "" : "filter: \(filter)"
        let inside = Frame(title: StyledText("Models", .title), right: StyledText(right, .dim), isFocused: true)
            .draw(in: area, of: &grid)
        let visible = visible
        if visible.isEmpty {
            let text =
                isLoading
                ? "reading…"
                : filter.isEmpty ? "No model yet: P fetches one, p adds a folder." : "Nothing matches; Esc clears."
            grid.putFitting(StyledText(text, .dim), x: inside.x + 3, y: inside.y + 1, width: inside.width - 3)
            return
        }
        let columns = [
            TableColumn("Name", width: .flexible(weight: 1, minimum: 12)), TableColumn("Kind", width: .fixed(7)),
            TableColumn("Params", width: .fixed(7), alignment: .right), TableColumn("Dtype", width: .fixed(5)),
            TableColumn("Size", width: .fixed(9), alignment: .right),
            TableColumn("Eval", width: .fixed(6), alignment: .right),
        ]
        let branch = grid.glyphs == .ascii ? "  `- " : "  └ "
        Table(columns: columns, cursor: cursor, isFocused: true).draw(in: inside, of: &grid) { index in
            let entry = visible[index]
            let style: Style = entry.kind == .broken ? .error : .text
            return TableRow([
                StyledText((entry.base == nil ? "" : branch) + entry.name, style),
                StyledText(entry.kind.rawValue, style),
                StyledText(entry.parameters.map { NumberText.compact(Double($0)) } ?? "–"),
                StyledText(entry.elementType?.lowercased() ?? ""),
                StyledText(entry.byteCount.map(NumberText.bytes) ?? ""),
                StyledText(entry.evaluationLoss.map { NumberText.fixed($0, decimals: 3) } ?? "", .dim),
            ])
        }
    }

    private func drawCard(in area: Rect, of grid: inout CellGrid, isWhole: Bool) {
        let inside = Frame(
            title: StyledText(current?.name ?? "", .title),
            right: StyledText(isWhole ? "Esc back" : "i full card", .hint),
            isFocused: isWhole
        ).draw(in: area, of: &grid)
        guard let current else { return }
        var text = StyledText.empty
        if let problem = current.problem { text += StyledText(problem + "\n", .error) }
        text += StyledText("path         ", .dim) + StyledText(current.path + "\n")
        for fact in current.facts {
            text += StyledText(fact.title.paddedToCells(12) + " ", .dim) + StyledText(fact.value + "\n")
        }
        TextView(text: text, scroll: isWhole ? scroll : 0).draw(in: inside, of: &grid)
    }
}

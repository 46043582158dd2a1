import Foundation
import Recipes
import Runs
import TerminalUI

extension RunsScreen {
    func draw(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) -> CellPosition? {
        if showsDifferences {
            drawDifferences(in: area, of: &grid, isWhole: true)
            return nil
        }
        let below = area.height >= 14 ? max(7, area.height * 2 / 5) : 0
        drawList(in: area.removing(bottom: below), of: &grid, context)
        guard below > 0 else { return nil }
        let bottom = Rect(x: area.x, y: area.maxY - below, width: area.width, height: below)
        if area.width < 70 {
            drawCurves(in: bottom, of: &grid)
        } else {
            let parts = bottom.columns([.flexible(weight: 3), .flexible(weight: 2)])
            drawCurves(in: parts[0], of: &grid)
            drawDifferences(in: parts[1], of: &grid, isWhole: false)
        }
        return nil
    }

    private func drawList(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let visible = visible
        var right = "sort: \(order.title)"
        if !filter.isEmpty { right = "filter: \(filter) · \(right)" }
        let inside = Frame(title: StyledText("Runs", .title), right: StyledText(right, .dim), isFocused: true)
            .draw(in: area, of: &grid)
        if visible.isEmpty {
            let text =
                isLoading
                ? "reading…"
                : filter.isEmpty ? "No run yet: 2 writes a recipe, R starts it." : "Nothing matches; Esc clears."
            grid.putFitting(StyledText(text, .dim), x: inside.x + 3, y: inside.y + 1, width: inside.width - 3)
            return
        }
        let isWide = area.width >= 110
        let isNarrow = area.width < 100
        var columns = [
            TableColumn("St", width: .fixed(3)), TableColumn("Run", width: .flexible(weight: 2, minimum: 10)),
        ]
        if isWide {
            columns += [TableColumn("Base model", width: .fixed(16)), TableColumn("Data", width: .fixed(16))]
        }
        columns += [
            TableColumn("Method", width: .fixed(8)), TableColumn("Done", width: .fixed(5), alignment: .right),
            TableColumn("Train", width: .fixed(6), alignment: .right),
            TableColumn("Eval", width: .fixed(6), alignment: .right),
            TableColumn("Time", width: .fixed(6), alignment: .right),
        ]
        if !isNarrow { columns.append(TableColumn("LR", width: .fixed(8), alignment: .right)) }
        columns.append(TableColumn("Note", width: .flexible(weight: 1, minimum: 4)))
        let glyphs = grid.glyphs
        Table(columns: columns, cursor: cursor, isFocused: true).draw(in: inside, of: &grid) { index in
            TableRow(
                cells(of: visible[index], isWide: isWide, isNarrow: isNarrow, glyphs),
                isMarked: marked.contains(visible[index].id))
        }
    }

    private func cells(of run: RunEntry, isWide: Bool, isNarrow: Bool, _ glyphs: GlyphSet) -> [StyledText] {
        let recipe = recipes[run.id]
        let total = run.facts?.totalSteps ?? 0
        let done = total > 0 ? NumberText.percent(Double(run.latest?.step ?? 0) / Double(total)) : ""
        var cells = [state(run.phase, glyphs), StyledText(run.id.rawValue, run.isArchived ? .dim : .text)]
        if isWide {
            cells += [StyledText(lastPart(recipe?.model)), StyledText(lastPart(recipe?.data.train))]
        }
        let method = recipe.map { $0.method == .lora ? "LoRA \($0.lora.r)" : "full" } ?? "?"
        cells += [
            StyledText(method), StyledText(done), loss(run.latest?.loss), loss(run.bestEvaluation?.loss),
            StyledText(run.latest.map { NumberText.duration(seconds: $0.elapsedSeconds) } ?? ""),
        ]
        if !isNarrow {
            cells.append(StyledText(recipe.map { NumberText.scientific($0.optimizer.learningRate, decimals: 1) } ?? ""))
        }
        cells.append(StyledText(run.note.isEmpty ? noteFromPhase(run.phase) : run.note, .dim))
        return cells
    }

    private func lastPart(_ path: String?) -> String { path?.split(separator: "/").last.map(String.init) ?? "" }

    private func noteFromPhase(_ phase: RunPhase) -> String { phase == .finished ? "" : phase.rawValue }

    private func loss(_ value: Double?) -> StyledText {
        guard let value else { return StyledText("–", .dim) }
        return value.isFinite ? StyledText(NumberText.fixed(value, decimals: 3)) : StyledText("NaN", .error)
    }

    private func state(_ phase: RunPhase, _ glyphs: GlyphSet) -> StyledText {
        switch phase {
        case .preparing, .training: StyledText("\(glyphs.running)", .ok)
        case .paused: StyledText("\(glyphs.paused)", .warn)
        case .finished: StyledText(glyphs == .ascii ? "v" : "✓", .ok)
        case .stopped: StyledText("\(glyphs.stopped)")
        case .interrupted: StyledText("?", .warn)
        case .failed: StyledText("!", .error)
        }
    }

    private func drawCurves(in area: Rect, of grid: inout CellGrid) {
        let names = drawn
        let markers = Array("ABCDEFGH")
        var title = StyledText(showsTrainLoss ? "train loss" : "eval loss", .title)
        var lines: [ChartSeries] = []
        for (index, id) in names.prefix(markers.count).enumerated() {
            title += StyledText("  \(markers[index]) \(id)", Style(.series(index)))
            guard let history = curves[id] else { continue }
            var data = SeriesBuffer()
            if showsTrainLoss || history.evaluations.count < 2 {
                for point in history.points { data.append(x: Double(point.step), y: point.loss) }
            } else {
                for point in history.evaluations { data.append(x: Double(point.step), y: point.loss) }
            }
            lines.append(ChartSeries(name: id.rawValue, marker: markers[index], role: .series(index), data: data))
        }
        let inside = Frame(title: title, right: StyledText("x step · i train/eval", .dim)).draw(in: area, of: &grid)
        var chart = LineChart(series: lines, smoothing: showsTrainLoss ? 0.9 : 0)
        chart.showsRaw = false
        chart.emptyText = StyledText(names.isEmpty ? "no run" : "no points yet", .dim)
        chart.draw(in: inside, of: &grid)
    }

    /// The recipe without its comments: beside a list there is no room for them.
    private static func values(of run: RunEntry) -> String {
        run.recipe.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("#") }.joined(separator: "\n")
    }

    private func drawDifferences(in area: Rect, of grid: inout CellGrid, isWhole: Bool) {
        let title = pair.map { "Diff \($0.0.id) | \($0.1.id)" } ?? "Recipe"
        let inside = Frame(title: StyledText(title, .title), right: StyledText("= full", .hint), isFocused: isWhole)
            .draw(in: area, of: &grid)
        guard let pair, let differences else {
            TextView(
                text: StyledText(current.map(Self.values) ?? "Space marks two runs to compare their recipes.", .dim)
            )
            .draw(in: inside, of: &grid)
            return
        }
        var lines = differences.map { difference in
            StyledText(difference.title.paddedToCells(isWhole ? 28 : 14), .dim)
                + StyledText(" \(difference.old.paddedToCells(isWhole ? 30 : 8)) | ", .removed)
                + StyledText(difference.new, .added)
        }
        lines.append(StyledText("\(differences.count) fields differ; the others are the same", .dim))
        if let left = pair.0.bestEvaluation?.loss, let right = pair.1.bestEvaluation?.loss {
            lines.append(
                StyledText("best eval ".paddedToCells(14), .dim)
                    + StyledText(" \(NumberText.fixed(left, decimals: 4)) | \(NumberText.fixed(right, decimals: 4))"))
        }
        for (row, line) in lines.dropFirst(isWhole ? scroll : 0).prefix(inside.height).enumerated() {
            grid.putFitting(line, x: inside.x, y: inside.y + row, width: inside.width)
        }
    }
}

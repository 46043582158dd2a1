import Foundation
import Recipes
import TerminalUI

extension RecipeScreen {
    func draw(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) -> CellPosition? {
        var place: CellPosition?
        if showsDifferences {
            drawDifferences(in: area, of: &grid)
        } else if area.width < 70 {
            let below = area.height >= 16 ? 6 : 0
            place = drawFields(in: area.removing(bottom: below), of: &grid)
            if below > 0 {
                drawPreflight(
                    in: Rect(x: area.x, y: area.maxY - below, width: area.width, height: below), of: &grid, context)
            }
        } else {
            let parts = area.columns([.flexible(weight: 3, minimum: 44), .flexible(weight: 2, minimum: 30)])
            place = drawFields(in: parts[0], of: &grid)
            if explains {
                let rows = parts[1].rows([.flexible(weight: 1, minimum: 7), .flexible(weight: 1, minimum: 9)])
                drawExplanation(in: rows[0], of: &grid)
                drawPreflight(in: rows[1], of: &grid, context)
            } else {
                drawPreflight(in: parts[1], of: &grid, context)
            }
        }
        if let chooser { draw(chooser, in: area, of: &grid) }
        return chooser == nil ? place : nil
    }

    // MARK: Fields

    /// Lines of the list: headings and fields, and where the selected one is.
    private var lines: [(heading: String?, field: Int)] {
        var lines: [(heading: String?, field: Int)] = []
        var group: RecipeField.Group?
        for (index, field) in fields.enumerated() {
            if field.group != group {
                group = field.group
                lines.append((field.group.rawValue, index))
            }
            lines.append((nil, index))
        }
        return lines
    }

    private func drawFields(in area: Rect, of grid: inout CellGrid) -> CellPosition? {
        let changed = fields.contains { isChanged($0) }
        let inside = Frame(
            title: StyledText("Recipe", .title) + StyledText("  \(recipe.name ?? "")", .dim),
            right: StyledText(origin.name + (changed ? "*" : ""), .dim), isFocused: true
        ).draw(in: area, of: &grid)
        guard inside.height > 0 else { return nil }
        let lines = lines
        let at = lines.firstIndex { $0.heading == nil && $0.field == cursor.selected } ?? 0
        let first = max(0, min(at - inside.height / 2, lines.count - inside.height))
        var place: CellPosition?
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            let y = inside.y + row
            if let heading = line.heading {
                grid.putFitting(StyledText(" \(heading)", Style(.title, .bold)), x: inside.x, y: y, width: inside.width)
                continue
            }
            let field = fields[line.field]
            let isSelected = line.field == cursor.selected
            let titleWidth = min(24, max(12, inside.width / 2 - 4))
            let style: Style = isIdle(field) ? .dim : .text
            let title =
                StyledText(isSelected ? " > " : "   ", .cursor)
                + StyledText(field.title.paddedToCells(titleWidth), style)
            grid.putFitting(title, x: inside.x, y: y, width: inside.width)
            let x = inside.x + 3 + titleWidth + 1
            let width = max(0, inside.maxX - x - 2)
            if isSelected, let editing = self.field {
                place = editing.draw(in: Rect(x: x, y: y, width: width, height: 1), of: &grid, isFocused: true)
            } else {
                grid.putFitting(
                    StyledText(shown(field), isChanged(field) ? Style(.edited) : style), x: x, y: y, width: width)
                if isSelected { grid.restyle(inside.row(row), ground: .select) }
            }
            if isChanged(field) { grid.put("*", x: inside.maxX - 1, y: y, style: .edited) }
        }
        return place
    }

    private func shown(_ field: RecipeField) -> String {
        let text = field.text(in: recipe)
        if text.isEmpty { return field.absence ?? (field.isRequired ? "choose one" : "–") }
        guard let unit = field.unit else { return text.replacing("\n", with: " ⏎ ") }
        return "\(text) \(unit)"
    }

    // MARK: Panes

    private func drawExplanation(in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(title: StyledText("Explain", .title), right: StyledText("i", .hint)).draw(
            in: area, of: &grid)
        guard let current else { return }
        var text = StyledText("\(current.title)  ", Style(.title, .bold)) + StyledText("\(current.key)\n", .dim)
        if let fieldProblem { text += StyledText(fieldProblem + "\n", .error) }
        text += StyledText("\(current.range)" + (current.unit.map { ", \($0)" } ?? "") + "\n", .accent)
        if !current.isRequired {
            let usual = current.defaultText
            text += StyledText("default \(usual.isEmpty ? current.absence ?? "none" : usual)\n", .dim)
        }
        if let value = starting?.value(of: current.key) {
            text += StyledText("fits here \(value.text): \(value.reason)\n", .accent)
        }
        text += StyledText(current.explanation + "\n")
        if !current.advice.isEmpty { text += StyledText(current.advice, .dim) }
        TextView(text: text).draw(in: inside, of: &grid)
    }

    private func drawPreflight(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let state =
            isPlanning
            ? StyledText("\(grid.glyphs.spinner(frame: context.frame)) working", .accent) : StyledText("R run…", .hint)
        let inside = Frame(title: StyledText("Pre-flight", .title), right: state).draw(in: area, of: &grid)
        guard let plan else {
            let text =
                recipe.model.isEmpty
                ? "choose a base model" : recipe.data.train.isEmpty ? "choose a data set" : "reading the data…"
            grid.putFitting(StyledText(text, .dim), x: inside.x + 1, y: inside.y, width: inside.width - 1)
            return
        }
        let fits = plan.memoryAvailable == 0 || plan.memoryBytes <= plan.memoryAvailable
        var lines: [StyledText] = []
        for finding in plan.findings where finding.level == .error {
            lines.append(StyledText("! \(finding.key) \(finding.text)", .error))
            if !finding.remedy.isEmpty { lines.append(StyledText("  \(finding.remedy)", .dim)) }
        }
        if plan.steps > 0 {
            lines.append(
                row(
                    "memory", "\(NumberText.bytes(plan.memoryBytes)) of \(NumberText.bytes(plan.memoryAvailable))",
                    fits ? .ok : .warn, fits ? "ok" : "!"))
            if let seconds = plan.seconds {
                let rate = plan.tokensPerSecond.map { " (\(NumberText.grouped(Int($0))) tok/s)" } ?? ""
                lines.append(row("time", "≈ \(NumberText.duration(seconds: seconds))\(rate)", .text, ""))
            }
            let share = plan.totalTokens > 0 ? Double(plan.trainedTokens) / Double(plan.totalTokens) : 0
            lines.append(
                row(
                    "tokens", "\(NumberText.compact(Double(plan.totalTokens))), \(NumberText.percent(share)) trained",
                    .text, ""))
            lines.append(
                row(
                    "rows",
                    "\(NumberText.grouped(plan.rows)) + \(NumberText.grouped(plan.validationRows)) held out, "
                        + "\(NumberText.grouped(plan.steps)) steps",
                    .text, ""))
            lines.append(count("too long", plan.rowsTooLong))
            lines.append(count("untrained", plan.rowsWithoutTrainedToken))
            lines.append(count("no end tok", plan.rowsEndTokenUntrained))
            lines.append(
                row("disk", "\(NumberText.bytes(plan.diskBytes)) of \(NumberText.bytes(plan.diskAvailable))", .text, "")
            )
            lines.append(row("trainable", NumberText.grouped(plan.trainableParameters), .text, ""))
        }
        for finding in plan.findings where finding.level == .warning {
            lines.append(StyledText("! \(finding.key) \(finding.text)", .warn))
        }
        for finding in plan.findings where finding.level == .note {
            lines.append(StyledText("· \(finding.text)", .dim))
        }
        for (field, value) in valuesThatFit {
            lines.append(StyledText("· \(field.title) \(value.text): \(value.reason)", .dim))
        }
        if plan.steps > 0, inside.height > lines.count + 3 {
            for item in plan.memory where item.byteCount > 0 {
                lines.append(StyledText("  \(item.name.paddedToCells(12)) \(NumberText.bytes(item.byteCount))", .dim))
            }
        }
        for (index, line) in lines.prefix(inside.height).enumerated() {
            grid.putFitting(line, x: inside.x + 1, y: inside.y + index, width: inside.width - 1)
        }
        if !plan.learningRates.isEmpty, inside.height > lines.count + 1 {
            let y = inside.maxY - 1
            grid.put("lr ", x: inside.x + 1, y: y, style: .dim)
            Sparkline(values: plan.learningRates, style: .accent)
                .draw(in: Rect(x: inside.x + 4, y: y, width: max(0, inside.width - 5), height: 1), of: &grid)
        }
    }

    private func row(_ title: String, _ value: String, _ style: Style, _ mark: String) -> StyledText {
        StyledText(title.paddedToCells(11), .dim) + StyledText(value)
            + StyledText(mark.isEmpty ? "" : "  \(mark)", style)
    }

    private func count(_ title: String, _ rows: Int) -> StyledText {
        row(
            title, rows == 0 ? "none" : "\(NumberText.grouped(rows)) rows", rows == 0 ? .ok : .warn,
            rows == 0 ? "" : "!")
    }

    private func drawDifferences(in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(
            title: StyledText("Recipe against \(origin.name)", .title), right: StyledText("= back", .hint),
            isFocused: true
        ).draw(in: area, of: &grid)
        let differences = recipe.differences(from: origin.recipe)
        var lines = differences.map {
            StyledText($0.title.paddedToCells(26), .dim) + StyledText(" \($0.old.paddedToCells(20)) → ", .removed)
                + StyledText($0.new, .added)
        }
        if lines.isEmpty { lines = [StyledText("Nothing differs.", .dim)] }
        for (index, line) in lines.dropFirst(scroll).prefix(inside.height).enumerated() {
            grid.putFitting(line, x: inside.x + 1, y: inside.y + index, width: inside.width - 2)
        }
    }

    private func draw(_ chooser: (what: Chooser, cursor: ListCursor), in area: Rect, of grid: inout CellGrid) {
        let rows: [(String, String)] =
            switch chooser.what {
            case .presets: presets.map { ($0.name, $0.explanation) }
            case .field(_, let names): names.map { ($0, "") }
            }
        let width = min(
            area.width - 4, max(40, (rows.map { TextWidth.of($0.0) + TextWidth.of($0.1) + 3 }.max() ?? 0) + 6))
        let height = min(area.height - 2, rows.count + 3)
        guard width > 4, height > 2 else { return }
        let box = Rect(
            x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width: width, height: height)
        grid.fill(box)
        let title = chooser.what == .presets ? "Presets" : current?.title ?? ""
        let hint = chooser.what == .presets ? "Enter apply" : "Enter take  e type"
        let inside = Frame(title: StyledText(title, .title), right: StyledText(hint, .hint), isFocused: true).draw(
            in: box, of: &grid)
        List(cursor: chooser.cursor).draw(in: inside, of: &grid) { index in
            ListRow(StyledText(rows[index].0) + StyledText("   \(rows[index].1)", .dim))
        }
    }
}

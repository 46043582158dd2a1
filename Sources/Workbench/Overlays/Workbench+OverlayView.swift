import Foundation
import Runs
import TerminalUI

extension Workbench {
    /// Draws what lies over the screen; returns where its cursor stands.
    func draw(_ overlay: Overlay, in whole: Rect, of grid: inout CellGrid) -> CellPosition? {
        switch overlay {
        case .question(let question): draw(question, in: whole, of: &grid)
        case .prompt(let state): return draw(state, in: whole, of: &grid)
        case .log(let scroll): drawLog(scroll: scroll, in: whole, of: &grid)
        case .help(let state): return draw(state, in: whole, of: &grid)
        case .palette(let state): return draw(state, in: whole, of: &grid)
        case .export(let sheet):
            let isTraining = context.run?.phase.isLive == true && train.ownsRun
            let cursor = sheet.draw(in: whole, of: &grid, frame: context.frame, isTraining: isTraining)
            replaceHints(sheet.hints, in: whole, of: &grid)
            return cursor
        }
        return nil
    }

    private func replaceHints(_ text: String, in whole: Rect, of grid: inout CellGrid) {
        let row = whole.row(whole.height - 1)
        grid.fill(row)
        grid.putFitting(StyledText(" \(text)", .hint), x: 0, y: row.y, width: row.width)
    }

    private func draw(_ question: Question, in whole: Rect, of grid: inout CellGrid) {
        let keys = question.choices.map { "\($0.key.name) \($0.label)" }
        if question.isLine {
            let row = whole.row(whole.height - 2)
            grid.fill(row)
            let text = ([question.title] + question.lines).joined(separator: "  ")
            grid.putFitting(StyledText(" \(text)", Style(.warn, .bold)), x: 0, y: row.y, width: row.width)
            replaceHints((keys + ["n no"]).joined(separator: "   "), in: whole, of: &grid)
            return
        }
        var lines = question.lines.map { StyledText($0) }
        lines.append("")
        for choice in question.choices {
            lines.append(
                StyledText("  \(choice.key.name.paddedToCells(6))", Style(.hint, .bold)) + StyledText(choice.label))
        }
        lines.append(StyledText("  Esc   ", Style(.hint, .bold)) + StyledText("stay here (default)"))
        Dialog(title: StyledText(question.title, .title), lines: lines).draw(in: whole, of: &grid)
        replaceHints((keys + ["Esc stay"]).joined(separator: "   "), in: whole, of: &grid)
    }

    private func draw(_ state: PromptState, in whole: Rect, of grid: inout CellGrid) -> CellPosition? {
        let row = whole.row(whole.height - 2)
        grid.fill(row)
        let used = grid.put(StyledText(" \(state.prompt.title): ", Style(.accent, .bold)), x: 0, y: row.y)
        let field = Rect(x: used, y: row.y, width: max(1, row.width - used - 1), height: 1)
        if state.field.text.isEmpty {
            grid.putFitting(StyledText(state.prompt.hint, .dim), x: field.x, y: row.y, width: field.width)
        }
        let cursor = state.field.draw(in: field, of: &grid, isFocused: true)
        replaceHints("Enter accept   Esc cancel", in: whole, of: &grid)
        return cursor
    }

    private func drawLog(scroll: Int, in whole: Rect, of grid: inout CellGrid) {
        let area = whole.removing(top: 1).removing(bottom: 1)
        grid.fill(area)
        let inside = Frame(title: "Events", right: StyledText("\(log.entries.count)", .dim), isFocused: true)
            .draw(in: area, of: &grid)
        let format = Date.FormatStyle(date: .omitted, time: .standard)
        var lines: [StyledText] = []
        for entry in log.entries {
            let time = StyledText("\(entry.time.formatted(format))  ", .dim)
            lines.append(time + StyledText(entry.notice.text, entry.notice.level.style))
            for line in (entry.notice.detail ?? "").split(separator: "\n") {
                lines.append(StyledText("          \(line)", .dim))
            }
        }
        if lines.isEmpty { lines = [StyledText("Nothing has happened yet.", .dim)] }
        let last = max(0, lines.count - min(scroll, max(0, lines.count - inside.height)))
        let first = max(0, last - inside.height)
        for (row, line) in lines[first..<last].enumerated() {
            grid.putFitting(line, x: inside.x, y: inside.y + row, width: inside.width)
        }
        replaceHints("j k scroll   g G ends   Esc close", in: whole, of: &grid)
    }

    private func draw(_ state: HelpState, in whole: Rect, of grid: inout CellGrid) -> CellPosition? {
        let area = whole.removing(top: 1).removing(bottom: 1).inset(dx: whole.width >= 100 ? 8 : 2, dy: 0)
        grid.fill(area)
        let inside = Frame(
            title: StyledText("Keys: \(screen.title)", .title),
            right: StyledText("filter: \(state.filter.text)_", .accent),
            isFocused: true
        ).draw(in: area, of: &grid)
        KeyHelp(
            sections: helpSections(), filter: state.filter.text, selected: state.selected
        ).draw(in: inside, of: &grid)
        replaceHints("type to filter   Up Down scroll   Esc close", in: whole, of: &grid)
        return nil
    }

    private func draw(_ state: PaletteState, in whole: Rect, of grid: inout CellGrid) -> CellPosition? {
        let area = whole.removing(top: 1).removing(bottom: 1).inset(dx: whole.width >= 100 ? 20 : 2, dy: 1)
        grid.fill(area)
        let inside = Frame(title: StyledText("Actions", .title), isFocused: true).draw(in: area, of: &grid)
        let field = inside.row(0)
        grid.put(StyledText(": ", Style(.accent, .bold)), x: field.x, y: field.y)
        let cursor = state.query.draw(in: field.removing(left: 2), of: &grid, isFocused: true)
        let rows = inside.removing(top: 1)
        let found = matches(state)
        let first = max(0, state.selected - rows.height + 1)
        for (row, entry) in found.dropFirst(first).prefix(rows.height).enumerated() {
            let isSelected = first + row == state.selected
            let mark = isSelected ? "> " : "  "
            var line = StyledText(mark, .cursor) + StyledText(entry.title, entry.refusal == nil ? .text : .dim)
            if let refusal = entry.refusal { line += StyledText("  (\(refusal))", .dim) }
            grid.putFitting(line, x: rows.x, y: rows.y + row, width: rows.width - 10)
            grid.putRight(StyledText(entry.keys, .hint), maxX: rows.maxX, y: rows.y + row)
            if isSelected { grid.restyle(rows.row(row), ground: .select) }
        }
        replaceHints("type to filter   Enter run   Esc close", in: whole, of: &grid)
        return cursor
    }
}

import Foundation
import TerminalUI

extension Workbench {
    /// Opens the dialog on `source`.
    mutating func openExport(_ source: ExportSource, merging: Bool) -> [Effect] {
        var sheet = ExportSheet(source, merging: merging, habits: exportHabits)
        let effects = sheet.rehearsal()
        overlay = .export(sheet)
        return effects
    }

    mutating func press(_ key: Key, in open: ExportSheet) -> [Effect] {
        var sheet = open
        let effects = sheet.field == nil ? command(key, &sheet) : type(key, into: &sheet)
        // A key may have closed the dialog.
        if case .export = overlay { overlay = .export(sheet) }
        return effects
    }

    private mutating func command(_ key: Key, _ sheet: inout ExportSheet) -> [Effect] {
        switch key {
        case .escape, .control("c"), "q":
            overlay = nil
            return [.export(.forget)]
        case .control("s"), "w": return write(sheet)
        case .right, "l", " ": return sheet.turn(1) ? sheet.rehearsal() : []
        case .left, "h": return sheet.turn(-1) ? sheet.rehearsal() : []
        case .enter, "e":
            guard let row = sheet.row else { return [] }
            guard let text = sheet.text(of: row) else { return sheet.turn(1) ? sheet.rehearsal() : [] }
            sheet.field = TextField(text)
            sheet.fieldProblem = nil
        case .pageDown, .control("d"), .control("f"): sheet.scroll += max(1, context.height / 3)
        case .pageUp, .control("u"), .control("b"): sheet.scroll = max(0, sheet.scroll - max(1, context.height / 3))
        case .tab: sheet.cursor.move(to: (sheet.cursor.selected + 1) % max(1, sheet.rows.count))
        default: _ = sheet.cursor.handle(key, height: sheet.rows.count)
        }
        sheet.scroll = min(sheet.scroll, 400)
        return []
    }

    private func type(_ key: Key, into sheet: inout ExportSheet) -> [Effect] {
        guard var field = sheet.field, let row = sheet.row else { return [] }
        switch key {
        case .escape, .control("c"):
            sheet.field = nil
            sheet.fieldProblem = nil
        case .enter:
            guard sheet.take(field.text.trimmingCharacters(in: .whitespaces), for: row) else { return [] }
            sheet.field = nil
            return sheet.rehearsal()
        default:
            _ = field.handle(key)
            sheet.field = field
            sheet.fieldProblem = sheet.problem(with: field.text, in: row)
        }
        return []
    }

    /// Only what was rehearsed is written.
    private mutating func write(_ sheet: ExportSheet) -> [Effect] {
        if let writing { return [.say(Notice(.warning, "\(writing.name) is being written; ^C on a screen stops it"))] }
        guard let check = sheet.check else { return [.say(Notice(.info, "still being checked; a moment"))] }
        if let problem = check.problems.first(where: \.isError) {
            return [.say(Notice(.error, "cannot be written: \(problem.what)", detail: problem.remedy))]
        }
        let order = sheet.order
        overlay = nil
        exportHabits.remember(order)
        writing = ExportProgress(name: ExportSheet.lastPart(of: order.output), fraction: 0, detail: "beginning")
        return [.export(.write(order)), .saveSetting(key: "export.habits", value: exportHabits.text)]
    }

    mutating func receive(_ message: ExportMessage) -> [Effect] {
        switch message {
        case .recalled(let text, let exports, let models):
            exportHabits.recall(text, exports: exports, models: models)
        case .checked(let check, let revision):
            guard case .export(var sheet) = overlay, sheet.revision == revision else { return [] }
            sheet.check = check
            overlay = .export(sheet)
        case .writing(let progress):
            // A word from before the end that comes after it would leave an export for ever on the screen.
            if writing != nil { writing = progress }
        case .ended(let notice, let model):
            writing = nil
            if let model { models.awaited = model }
            return [.models(.list), .say(notice)] + (model == nil ? [] : [.recipe(.listChoices)])
        }
        return []
    }

    /// Stops the writing; the status line says so until the last word comes.
    mutating func cancelExport() -> [Effect] {
        writing?.detail = "stopping; nothing of it stays"
        return [.export(.cancel)]
    }
}

extension ExportSheet {
    static func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

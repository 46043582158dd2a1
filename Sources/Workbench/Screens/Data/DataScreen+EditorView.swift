import TerminalUI

extension DataScreen {
    var typingHints: [HintItem] {
        [
            HintItem(keys: "^S", short: "save", rank: 0), HintItem(keys: "Tab", short: "next turn", rank: 1),
            HintItem(keys: "Esc", short: "leave", rank: 0), HintItem(keys: "^_", short: "undo", rank: 2),
            HintItem(keys: "^W", short: "word away", rank: 3),
        ]
    }

    func drawEditor(in area: Rect, of grid: inout CellGrid) -> CellPosition? {
        guard let editing, editing.fields.indices.contains(editing.index) else { return nil }
        let state = editing.isChanged ? StyledText("changed", .edited) : StyledText("unchanged", .dim)
        let inside = Frame(
            title: StyledText("Edit row \(NumberText.grouped(editing.row + 1))", .title), right: state, isFocused: true
        ).draw(in: area, of: &grid)
        var tabs = StyledText.empty
        for (index, field) in editing.fields.enumerated() {
            let name = field.title + (field.isChanged ? "*" : "")
            tabs += StyledText(
                index == editing.index ? "[\(name)]" : " \(name) ", index == editing.index ? .tabActive : .dim)
            // Long chats have many turns: those before the one edited may be left out.
            if index < editing.index, tabs.width > max(20, inside.width - 30) { tabs = StyledText("… ", .dim) }
        }
        grid.putFitting(tabs, x: inside.x + 1, y: inside.y, width: max(0, inside.width - 2))
        return editing.fields[editing.index].editor.draw(in: DataLayout.editorText(in: area), of: &grid)
    }
}

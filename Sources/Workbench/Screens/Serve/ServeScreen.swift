import TerminalUI

/// Serving is not part of this version: the screen says so, and what does the job meanwhile.
public struct ServeScreen: ScreenState {
    enum Action: Sendable { case none }

    static let keys = KeyTable<ServeScreen, Action>([])

    mutating func perform(_ action: Action, _ context: ScreenContext) -> Effects { [] }

    var summary: String { "no server in this version" }

    func draw(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) -> CellPosition? {
        let inside = Frame(title: StyledText("Serve", .title), isFocused: true).draw(in: area, of: &grid)
        let lines: [StyledText] = [
            StyledText("Serving over an OpenAI-compatible API comes in a later version."),
            "",
            StyledText("Until then", .title),
            StyledText("  4        compare what two models write, side by side"),
            StyledText("  shell    ftbench generate --model NAME --adapter FOLDER --prompt TEXT"),
            StyledText("  export   a run's folder holds its adapter in PEFT's layout; other"),
            StyledText("           servers read it as it is"),
        ]
        let top = inside.y + max(0, (inside.height - lines.count) / 3)
        for (row, line) in lines.enumerated() where top + row < inside.maxY {
            grid.putFitting(line, x: inside.x + 2, y: top + row, width: max(0, inside.width - 4))
        }
        return nil
    }
}

import Foundation
import Runs
public import TerminalUI

extension Workbench {
    /// The screen as it should be now: tabs, panes, message line, hints, and what lies over them.
    public func view() -> ScreenImage {
        var grid = CellGrid(width: context.width, height: context.height, glyphs: glyphs)
        var image = ScreenImage(grid: grid, title: "ftbench \(screen.title)")
        // What is being typed or asked must be seen, however little room there is.
        if context.width < 30 || context.height < 8, overlay == nil, !current.capturesKeys {
            digest(in: &grid)
            image.grid = grid
            return image
        }
        let whole = grid.bounds
        TabBar(
            program: "ftbench", tabs: Screen.allCases.map(\.title), active: screen.rawValue,
            status: RunIndicator(run: context.run, frame: context.frame, width: context.width).text(glyphs)
        ).draw(in: whole.row(0), of: &grid)
        let body = Rect(x: 0, y: 1, width: context.width, height: context.height - 3)
        image.cursor = current.draw(in: body, of: &grid, context)
        drawMessageLine(in: whole.row(context.height - 2), of: &grid)
        HintLine(items: hints()).draw(in: whole.row(context.height - 1), of: &grid)
        if let overlay { image.cursor = draw(overlay, in: whole, of: &grid) }
        // A field in a pane of no size has no place for a cursor.
        if let cursor = image.cursor, !whole.contains(x: cursor.x, y: cursor.y) { image.cursor = nil }
        image.grid = grid
        return image
    }

    private func drawMessageLine(in row: Rect, of grid: inout CellGrid) {
        let message: StyledText
        if let notice = log.fresh(at: context.now) {
            message = StyledText(notice.text, notice.level.style)
        } else if let writing {
            let share = writing.fraction.map { " \(NumberText.percent($0))" } ?? ""
            message =
                StyledText("writing \(writing.name)\(share)  ", .accent) + StyledText(writing.detail + "  ^C stops")
        } else {
            message = StyledText(current.summary, .dim)
        }
        MessageLine(message: message, right: StyledText(current.position, .dim)).draw(in: row, of: &grid)
    }

    private func hints() -> [HintItem] {
        func own<S: ScreenState>(_ state: S) -> [HintItem] { state.activeKeys.hints(in: state) }
        let current = current
        if current.capturesKeys { return current.typingHints }
        return own(current) + Self.keys.hints(in: self)
    }

    /// Below 30x8 a few lines still say how the run goes and how to leave.
    private func digest(in grid: inout CellGrid) {
        let indicator = RunIndicator(run: context.run, frame: context.frame, width: 0)
        var lines: [StyledText] = [
            "ftbench \(screen.title) \(context.width)x\(context.height)", indicator.text(glyphs),
        ]
        if let run = context.run {
            if let point = run.latest {
                lines.append(StyledText("step \(point.step) loss \(NumberText.fixed(point.loss, decimals: 3))"))
            }
            if let left = run.secondsLeft { lines.append(StyledText("left \(NumberText.duration(seconds: left))")) }
        }
        let current = current
        if !current.position.isEmpty { lines.append(StyledText(current.position)) }
        if let notice = log.fresh(at: context.now) { lines.append(StyledText(notice.text, notice.level.style)) }
        lines.append(StyledText("q quit  1-7 screens", .hint))
        lines.append(StyledText("enlarge to 30x8", .dim))
        for (index, line) in lines.prefix(grid.height).enumerated() { grid.put(line, x: 0, y: index) }
    }
}

extension Notice.Level {
    var style: Style {
        switch self {
        case .info: .text
        case .done: .ok
        case .warning: .warn
        case .error: .error
        }
    }
}

/// The right end of the tab bar: what the engine does.
struct RunIndicator {
    var run: RunSnapshot?
    var frame: Int
    /// Of the whole screen; the wide form needs 110.
    var width: Int

    func text(_ glyphs: GlyphSet) -> StyledText {
        guard let run else { return StyledText("\(glyphs.stopped) idle", .dim) }
        let total = run.facts?.totalSteps ?? 0
        let step = run.latest?.step ?? run.facts?.resumedFromStep ?? 0
        let share = total > 0 ? NumberText.percent(Double(step) / Double(total)) : ""
        var detail = share
        if width >= 110 {
            detail = "\(run.id)  step \(NumberText.grouped(step))/\(NumberText.grouped(total)) \(share)"
            if let loss = run.latest?.loss { detail += "  loss \(NumberText.fixed(loss, decimals: 3))" }
            if let left = run.secondsLeft, run.phase == .training {
                detail += "  eta \(NumberText.duration(seconds: left))"
            }
        }
        return switch run.phase {
        case .preparing: StyledText("\(glyphs.spinner(frame: frame)) preparing", .accent)
        case .training: StyledText("\(glyphs.running) \(detail)", .ok)
        case .paused: StyledText("\(glyphs.paused) paused \(detail)", .warn)
        case .finished: StyledText("\(glyphs.stopped) finished", .ok)
        case .stopped: StyledText("\(glyphs.stopped) stopped \(share)", .dim)
        case .interrupted: StyledText("! interrupted \(share)", .warn)
        case .failed: StyledText("! failed \(share)", .error)
        }
    }
}

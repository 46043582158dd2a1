import Foundation
import TerminalUI

/// The Data screen without an open set: library, read under way, failure.
extension DataScreen {
    func drawLibrary(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let right = library.isEmpty ? "" : "^O reads a file"
        let inside = Frame(title: StyledText("Data", .title), right: StyledText(right, .hint), isFocused: true)
            .draw(in: area, of: &grid)
        guard !library.isEmpty else {
            let lines: [StyledText] = [
                StyledText(isListed ? "No data set yet." : "Reading the workspace…", .title), "",
                StyledText("  Ctrl-O  ", .hint) + StyledText("read a file: .jsonl or .json"),
                StyledText("          messages, alpaca, ShareGPT, prompt and completion,", .dim),
                StyledText("          text, preference pairs: the shape is found by itself", .dim),
                StyledText("  or run  ", .dim) + StyledText("ftbench data.jsonl", .hint), "",
                StyledText("  The file itself is never changed.", .dim),
            ]
            EmptyState(lines: lines).draw(in: inside, of: &grid)
            return
        }
        var columns = [
            TableColumn("Data set", width: .flexible(weight: 2, minimum: 12)),
            TableColumn("Rows", width: .fixed(9), alignment: .right),
        ]
        let isWide = inside.width >= 100
        if inside.width >= 60 {
            columns += ["kept", "dropped", "flagged", "edited"].map {
                TableColumn(StyledText($0), width: .fixed(8), alignment: .right)
            }
        }
        columns.append(TableColumn("Read", width: .fixed(11), alignment: .right))
        if isWide { columns.append(TableColumn("File", width: .flexible(weight: 3, minimum: 10))) }
        Table(columns: columns, cursor: libraryCursor).draw(in: inside, of: &grid) { index in
            let entry = library[index]
            var cells = [StyledText(entry.name), StyledText(NumberText.grouped(entry.rows))]
            if inside.width >= 60 {
                cells += [
                    Self.count(entry.kept, .kept), Self.count(entry.dropped, .dropped),
                    Self.count(entry.flagged, .flagged),
                    Self.count(entry.edited, .edited),
                ]
            }
            cells.append(StyledText(Self.age(of: entry.importedAt, context.now), .dim))
            if isWide { cells.append(StyledText(entry.path, .dim)) }
            return TableRow(cells)
        }
    }

    private static func count(_ value: Int, _ style: Style) -> StyledText {
        value == 0 ? StyledText("–", .dim) : StyledText(NumberText.grouped(value), style)
    }

    /// How long ago, in words that need no calendar.
    static func age(of date: Date, _ now: Date) -> String {
        let seconds = now.timeIntervalSince(date)
        guard seconds.isFinite, seconds >= 0 else { return "" }
        switch seconds {
        case ..<90: return "just now"
        case ..<5_400: return "\(Int(seconds / 60)) min ago"
        case ..<129_600: return "\(Int((seconds / 3_600).rounded())) h ago"
        case ..<(86_400 * 60): return "\(Int((seconds / 86_400).rounded())) days ago"
        default: return "\(Int(min(seconds / (86_400 * 30.44), 9_999))) months"
        }
    }

    func draw(_ reading: ReadingProgress, in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let inside = Frame(title: StyledText("Data", .title), isFocused: true).draw(in: area, of: &grid)
        let left = inside.x + min(6, max(0, (inside.width - 60) / 2))
        let width = max(0, inside.maxX - left - 1)
        var y = inside.y + max(0, (inside.height - 6) / 3)
        grid.putFitting(StyledText("Reading \(reading.name)", .title), x: left, y: y, width: width)
        y += 2
        guard y < inside.maxY else { return }
        ProgressBar(fraction: reading.fraction, frame: context.frame)
            .draw(in: Rect(x: left + 2, y: y, width: min(40, max(0, width - 4)), height: 1), of: &grid)
        let share = reading.fraction.map { NumberText.percent($0) + "  " } ?? ""
        let lines = [
            StyledText("  \(share)\(reading.detail)"), "",
            StyledText("  Esc cancels. Other screens keep working.", .dim),
        ]
        for (row, line) in lines.enumerated() where y + 1 + row < inside.maxY {
            grid.putFitting(line, x: left, y: y + 1 + row, width: width)
        }
    }

    func draw(_ failure: ReadingFailure, in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(title: StyledText("Data: not read", .error), isFocused: true).draw(in: area, of: &grid)
        var text = StyledText("\(failure.title)\n\n", Style(.error, .bold))
        for line in failure.lines { text += StyledText("  \(line)\n") }
        text += StyledText("\n")
        if failure.path != nil {
            text += StyledText("  M    ", .hint) + StyledText("choose the shape and the fields yourself\n")
        }
        text += StyledText("  ^O   ", .hint) + StyledText("another file\n")
        text += StyledText("  y    ", .hint) + StyledText("copy this\n")
        text += StyledText("  Esc  ", .hint) + StyledText("go back; nothing was changed on disk")
        TextView(text: text).draw(
            in: inside.inset(dx: inside.width >= 60 ? 6 : 1, dy: inside.height >= 14 ? 2 : 0), of: &grid)
    }
}

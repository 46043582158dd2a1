import Curation
import Datasets
import TerminalUI

/// Sheets that show what would be done: duplicates, cleaning, mapping.
extension DataScreen {
    func draw(_ clusters: ClusterSheet, in area: Rect, of grid: inout CellGrid) {
        let parts = area.height >= 12 ? area.rows([.fraction(0.45, minimum: 4), .rest]) : [area, .zero]
        let counter = "group \(clusters.group + 1) of \(NumberText.grouped(clusters.groups.count))"
        let inside = Frame(
            title: StyledText("Duplicates", .title), right: StyledText(counter, .dim), isFocused: true
        ).draw(in: parts[0], of: &grid)
        let glyphs = grid.glyphs
        let rows = clusters.rows
        let width = inside.width
        Table(
            columns: [
                TableColumn("St", width: .fixed(2)), TableColumn("row", width: .fixed(8), alignment: .right),
                TableColumn("alike", width: .fixed(6)), TableColumn("prompt", width: .rest),
            ], cursor: clusters.cursor, gap: 1
        ).draw(in: inside, of: &grid) { index in
            let row = set.rows[rows[index]]
            let alike: String
            if let signals = row.signals, signals.duplicateOf != nil {
                alike = "same"
            } else if let signals = row.signals, signals.nearDuplicateOf != nil {
                alike = NumberText.fixed(signals.nearSimilarity, decimals: 2)
            } else {
                alike = "first"
            }
            return TableRow([
                status(of: row, glyphs), StyledText(NumberText.grouped(row.index + 1)), StyledText(alike, .dim),
                StyledText(Self.line(row.example.headline, width)),
            ])
        }
        guard !parts[1].isEmpty, let row = clusters.row, let first = rows.first else { return }
        let other = row == first ? rows.dropFirst().first ?? first : first
        let below = Frame(
            title: StyledText(
                "row \(NumberText.grouped(row + 1)) against row \(NumberText.grouped(other + 1))", .title),
            right: StyledText("[-not there-]", .removed)
        ).draw(in: parts[1], of: &grid).inset(dx: 1, dy: 0)
        var lines = ReaderText()
        let (mine, theirs) = (set.rows[row].example.turns, set.rows[other].example.turns)
        for (index, turn) in mine.enumerated() {
            let text = theirs.indices.contains(index) ? theirs[index].text : ""
            lines.add(Self.heading(turn.role, width: below.width, glyphs))
            let pieces = WordDifference(turn.text, text).left
            lines.add(Self.marked(pieces, "[-", "-]", .removed), width: below.width, wraps: true)
        }
        lines.draw(in: below, from: 0, side: 0, of: &grid)
    }

    func draw(_ clean: CleanSheet, in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let inside = Frame(
            title: StyledText("Clean by rules", .title), right: StyledText("nothing is done before A", .dim),
            isFocused: true
        ).draw(in: area, of: &grid).inset(dx: 1, dy: 0)
        let effect = clean.plan.map { effective($0) }
        var counts: [Signal: Int] = [:]
        for drop in effect?.drops ?? [] { counts[drop.rule] = drop.rows.count }
        let masked = effect?.edits.count { $0.rule == .pii } ?? 0
        let mended = effect?.edits.count { $0.rule == .hidden } ?? 0
        let parts = inside.rows([.fixed(min(CleanSheet.lines.count, max(1, inside.height - 4))), .rest])
        List(cursor: clean.cursor).draw(in: parts[0], of: &grid) { index in
            let text: StyledText
            let count: Int
            switch CleanSheet.lines[index] {
            case .drop(let signal):
                let isOn = clean.rules.dropped.contains(signal)
                text =
                    StyledText(isOn ? "[x] drop: " : "[ ] drop: ", .accent)
                    + StyledText(signal.title, isOn ? .text : .dim)
                count = counts[signal] ?? 0
            case .personalData:
                text = StyledText("<\(clean.rules.personalData.rawValue)> ", .accent) + StyledText("personal data")
                count = clean.rules.personalData == .mask ? masked : counts[.pii] ?? 0
            case .hidden:
                text = StyledText("<\(clean.rules.hidden.rawValue)> ", .accent) + StyledText("hidden characters")
                count = clean.rules.hidden == .remove ? mended : counts[.hidden] ?? 0
            }
            let rows = clean.plan == nil ? "…" : count == 0 ? "–" : NumberText.grouped(count)
            return ListRow(text, right: StyledText(rows, count == 0 ? .dim : .warn))
        }
        guard let plan = clean.plan, let effect else {
            grid.putFitting(
                StyledText("\(grid.glyphs.spinner(frame: context.frame)) looking what the rules would do…", .accent),
                x: parts[1].x, y: parts[1].y + 1, width: parts[1].width)
            return
        }
        let drops = effect.drops.reduce(0) { $0 + $1.rows.count }
        var lines: [StyledText] = [
            "",
            StyledText("\(NumberText.grouped(drops)) rows would go, ", .warn)
                + StyledText("\(NumberText.grouped(effect.edits.count)) be mended, ")
                + StyledText(
                    "\(NumberText.grouped(trainingCount - drops)) stay. Rows kept by hand are left alone.", .dim),
        ]
        let wanted = Swift.Set(effect.drops.flatMap(\.rows))
        lines += plan.drops.lazy.filter { wanted.contains($0.row) }.prefix(max(0, parts[1].height)).map { drop in
            StyledText("  row \(NumberText.grouped(drop.row + 1))  ", .dim) + StyledText(drop.reason)
        }
        for (row, line) in lines.prefix(parts[1].height).enumerated() {
            grid.putFitting(line, x: parts[1].x, y: parts[1].y + row, width: parts[1].width)
        }
    }

    func draw(_ mapping: MappingSheet, in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(
            title: StyledText("Shape and fields", .title), right: StyledText("Enter reads again", .hint),
            isFocused: true
        ).draw(in: area, of: &grid).inset(dx: 1, dy: 0)
        var rows: [(String, StyledText)] = [
            ("shape", StyledText(mapping.mapping.shape.title, .accent)),
            (
                "turns",
                StyledText(mapping.kindOfTexts, .accent)
            ),
        ]
        rows += mapping.parts.map { part, isNeeded in
            let field = mapping.mapping.fields[part] ?? ""
            let missing = StyledText(isNeeded ? "choose a field" : "–", isNeeded ? .error : .dim)
            return (part.rawValue + (isNeeded ? " *" : ""), field.isEmpty ? missing : StyledText(field, .accent))
        }
        let list =
            inside.row(0).height > 0 ? inside.rows([.fixed(min(rows.count, inside.height)), .rest]) : [inside, .zero]
        var cursor = mapping.cursor
        cursor.setCount(rows.count)
        List(cursor: cursor).draw(in: list[0], of: &grid) { index in
            ListRow(StyledText(rows[index].0.paddedToCells(14), .dim) + rows[index].1)
        }
        var text = StyledText("\nfields of the file: ", .dim) + StyledText(mapping.fields.joined(separator: "  "))
        for reason in mapping.reasons { text += StyledText("\n\(reason)", .dim) }
        text += StyledText("\n\nfirst row\n", .dim) + StyledText(String(mapping.firstRow.prefix(4_000)))
        text += StyledText("\n\nRead again, it is a set of its own; decisions on the earlier one stay with it.", .dim)
        TextView(text: text).draw(in: list[1], of: &grid)
    }
}

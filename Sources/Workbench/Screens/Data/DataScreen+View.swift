import Curation
import Datasets
import Foundation
import TerminalUI

extension DataScreen {
    func draw(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) -> CellPosition? {
        if isMapping || isOpen {
            if editing != nil { return drawEditor(in: area, of: &grid) }
            if let sheet, !isBeside(sheet, area) {
                draw(sheet, in: area, of: &grid, context)
                return nil
            }
            drawRows(in: area, of: &grid, context)
        } else if let reading {
            draw(reading, in: area, of: &grid, context)
        } else if let failure {
            draw(failure, in: area, of: &grid)
        } else {
            drawLibrary(in: area, of: &grid, context)
        }
        return nil
    }

    /// On wide screens the facets stand beside the list all the time.
    private func isBeside(_ sheet: Sheet, _ area: Rect) -> Bool {
        if case .facets = sheet { DataLayout(self, area).facets != nil } else { false }
    }

    private func drawRows(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let layout = DataLayout(self, area)
        grid.fill(area)
        grid.putFitting(header(width: area.width), x: layout.header.x, y: layout.header.y, width: layout.header.width)
        if let facets = layout.facets { drawFacets(in: facets, of: &grid) }
        if let list = layout.list { drawList(in: list, of: &grid) }
        if let reader = layout.reader { drawReader(in: reader, of: &grid, context) }
        if let log = layout.log { drawLog(in: log, of: &grid) }
    }

    // MARK: Heading

    private func header(width: Int) -> StyledText {
        let counts = set.counts
        let isWide = width >= 110
        var text = StyledText(" \(facts?.name ?? "")", Style(.title, .bold))
        text += StyledText("  \(NumberText.grouped(set.count)) rows", .dim)
        if !filter.isEmpty {
            let name = views.first { $0.filter == filter }?.name ?? filter
            text += StyledText("  view ") + StyledText("\"\(name.truncatedToCells(isWide ? 50 : 20))\"", .accent)
            text += StyledText(" \(NumberText.grouped(shown.count))")
        }
        let decided = Double(counts.decided) / Double(max(1, set.count))
        text += StyledText("  decided \(NumberText.percent(decided))", .dim)
        func part(_ glyph: String, _ count: Int, _ word: String, _ style: Style) {
            text += StyledText("  \(glyph)\(NumberText.grouped(count))" + (isWide ? " \(word)" : ""), style)
        }
        part("+", counts.kept, "kept", .kept)
        part("-", counts.dropped, "dropped", .dropped)
        part("~", counts.edited, "edited", .edited)
        part("!", counts.flagged, "flagged", .flagged)
        if saveProblem != nil { text += StyledText("  NOT SAVED", .error) }
        return text
    }

    // MARK: List

    private func drawList(in area: Rect, of grid: inout CellGrid) {
        let way = isDescending ? grid.glyphs.descending : grid.glyphs.ascending
        var right = StyledText("order: \(order.title) \(way)", .dim)
        if let rangeStart {
            right = StyledText("range of \(abs(cursor.selected - rangeStart) + 1)", .mark)
        }
        let hasFocus = focus == .list && sheet == nil
        let inside = Frame(title: StyledText("Rows", .title), right: right, isFocused: hasFocus).draw(
            in: area, of: &grid)
        let shownColumns = fitting(inside.width - 8)
        var table = [TableColumn("St", width: .fixed(2))]
        table += shownColumns.map { TableColumn(StyledText($0.title), width: $0.extent, alignment: $0.alignment) }
        let empty = filter.isEmpty ? "This set has no row." : "No row matches; Esc shows all of them."
        let glyphs = grid.glyphs
        let width = inside.width
        Table(columns: table, cursor: cursor, isFocused: hasFocus, emptyText: StyledText(empty, .dim), gap: 1)
            .draw(in: inside, of: &grid) { place in
                let row = set.rows[shown[place]]
                let cells = [status(of: row, glyphs)] + shownColumns.map { cell($0, of: row, width, glyphs) }
                let inRange =
                    rangeStart.map { (min($0, cursor.selected)...max($0, cursor.selected)).contains(place) } ?? false
                return TableRow(cells, isMarked: inRange || marks.contains(row.index))
            }
    }

    /// The columns there is room for; the prompt is never left out.
    private func fitting(_ width: Int) -> [ListColumn] {
        var chosen = columns.isEmpty ? [.prompt] : columns
        let expendable: [ListColumn] = [
            .line, .turns, .length, .trained, .language, .tags, .source, .answer, .tokens, .signals,
        ]
        for column in expendable {
            let used = chosen.reduce(0) { $0 + $1.least + 1 }
            if used <= width { break }
            if chosen.count > 1 { chosen.removeAll { $0 == column } }
        }
        return chosen
    }

    func status(of row: CurationRow, _ glyphs: GlyphSet) -> StyledText {
        let text: StyledText =
            switch row.status {
            case .undecided: StyledText(row.state.isSkipped ? "s" : "\(glyphs.undecided)", .dim)
            case .kept: StyledText("\(glyphs.kept)", .kept)
            case .dropped: StyledText("\(glyphs.dropped)", .dropped)
            case .flagged: StyledText("\(glyphs.flagged)", .flagged)
            }
        return row.isEdited ? text + StyledText("\(glyphs.edited)", .edited) : text
    }

    private func cell(_ column: ListColumn, of row: CurationRow, _ width: Int, _ glyphs: GlyphSet) -> StyledText {
        let style: Style = row.status == .dropped ? .dim : .text
        func number(_ value: Int?) -> StyledText {
            value.map { StyledText(NumberText.grouped($0), style) } ?? StyledText("–", .dim)
        }
        let counts = measured.indices.contains(row.index) ? measured[row.index] : nil
        switch column {
        case .source: return StyledText(row.source ?? "", .dim)
        case .prompt: return StyledText(Self.line(row.example.headline, width), style)
        case .answer: return StyledText(Self.line(row.example.answerText, width), style)
        case .tokens: return number(counts?.tokens)
        case .trained: return number(counts?.trained)
        case .length: return number(row.signals?.characters)
        case .turns: return number(row.signals?.turns)
        case .language: return StyledText(row.signals?.language.rawValue ?? "", .dim)
        case .tags: return StyledText(row.state.tags.joined(separator: " "), .accent)
        case .line: return number(row.original.line)
        case .signals:
            guard let signals = row.signals else { return StyledText("\(glyphs.ellipsis)", .dim) }
            return StyledText(signals.labels.joined(separator: " "), .warn)
        }
    }

    /// The beginning of a text on one line. Only what can be seen is touched: texts may be megabytes.
    static func line(_ text: String, _ width: Int) -> String {
        var line = ""
        for character in text.prefix(max(0, width) + 8) {
            line.append(character.isNewline || character == "\t" ? " " : character)
        }
        return line
    }

    private func drawLog(in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(title: StyledText("Last acts", .title), right: StyledText("u undo  U redo", .hint))
            .draw(in: area, of: &grid)
        guard !set.journal.isEmpty else {
            grid.putFitting(
                StyledText("none yet; everything is kept as you do it", .dim), x: inside.x + 1, y: inside.y,
                width: inside.width - 1)
            return
        }
        for (line, entry) in set.journal.suffix(inside.height).reversed().enumerated() {
            grid.putFitting(
                StyledText("\(entry.sequence)  ", .dim) + StyledText(entry.summary), x: inside.x + 1,
                y: inside.y + line,
                width: inside.width - 1)
        }
    }
}

extension ListColumn {
    var extent: Extent {
        switch self {
        case .source: .fixed(8)
        case .prompt: .flexible(weight: 3, minimum: 10)
        case .answer: .flexible(weight: 2, minimum: 10)
        case .tokens, .trained, .length: .fixed(7)
        case .turns: .fixed(5)
        case .language: .fixed(4)
        case .tags: .fixed(10)
        case .signals: .fixed(12)
        case .line: .fixed(7)
        }
    }

    /// Cells without which it says nothing.
    var least: Int {
        switch extent {
        case .fixed(let cells): cells
        default: 10
        }
    }

    var alignment: Alignment {
        switch self {
        case .tokens, .trained, .length, .turns, .line: .right
        default: .left
        }
    }
}

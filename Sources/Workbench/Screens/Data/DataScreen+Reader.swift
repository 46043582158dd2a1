import Curation
import Datasets
import TerminalUI

/// The pane that follows the cursor: turns of the row, or the row as the model sees it, or what was edited.
extension DataScreen {
    func drawReader(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let name: String =
            switch readerMode {
            case .text: isReading ? "reader" : "preview"
            case .mask: "tokens and mask"
            case .difference: "edited against the file"
            }
        let row = current.map { "\(NumberText.grouped($0.index + 1)) · \(name)" } ?? name
        let marks = MaskMarks(grid.glyphs)
        let hints =
            readerMode == .mask
            ? "\(marks.open)masked\(marks.close) trained  t text"
            : "t mask  w wrap" + (isReading ? "  Esc list" : "  Enter open")
        let inside = Frame(
            title: StyledText(row, .title), right: StyledText(hints, .hint), isFocused: focus == .reader || isReading
        ).draw(in: area, of: &grid)
        guard let current, !inside.isEmpty else { return }
        let text = DataLayout.text(in: area)
        let lines = readerLines(width: text.width, height: text.height, glyphs: grid.glyphs)
        let first = max(0, min(scroll, lines.count - text.height))
        lines.draw(in: text, from: first, side: wraps ? 0 : sideScroll, of: &grid)
        if lines.count > first + text.height, area.height > 2 {
            let more = StyledText(" \(NumberText.grouped(lines.count - first - text.height)) more lines ] ", .dim)
            grid.putRight(more, maxX: area.maxX - 2, y: area.maxY - 1)
        }
        drawFoot(of: current, below: text, in: inside, of: &grid)
    }

    /// Signals and counts keep their place at the foot, however long the text is.
    private func drawFoot(of row: CurationRow, below text: Rect, in inside: Rect, of grid: inout CellGrid) {
        var lines = footLines(of: row, grid.glyphs)
        let room = inside.maxY - text.maxY
        if room >= 3 {
            let rule = String(repeating: grid.glyphs == .ascii ? "-" : "─", count: max(0, text.width))
            lines.insert(StyledText(rule, .frame), at: 0)
        } else if room == 1, lines.count > 1 {
            lines = [lines[0] + StyledText(" · ", .dim) + lines[1]]
        }
        for (index, line) in lines.prefix(room).enumerated() {
            grid.putFitting(line, x: text.x, y: text.maxY + index, width: text.width)
        }
    }

    private func footLines(of row: CurationRow, _ glyphs: GlyphSet) -> [StyledText] {
        var facts: [String] = []
        if let counts = measured.indices.contains(row.index) ? measured[row.index] : nil {
            let share = counts.tokens > 0 ? Double(counts.trained) / Double(counts.tokens) : 0
            facts.append(
                "\(NumberText.grouped(counts.tokens)) tok, "
                    + "\(NumberText.grouped(counts.trained)) trained (\(NumberText.percent(share)))"
            )
        } else if let characters = row.signals?.characters {
            facts.append("\(NumberText.grouped(characters)) characters")
        }
        if let signals = row.signals, signals.language != .unknown { facts.append(signals.language.rawValue) }
        if let source = row.source { facts.append(source) }
        facts.append("line \(row.original.line)")
        facts += row.state.tags.map { "#\($0)" }
        if let note = row.state.note { facts.append("note: \(Self.line(note, 60))") }
        let first = StyledText(facts.joined(separator: " · "), .dim)
        guard let signals = row.signals else { return [first, StyledText("signals are being looked for", .dim)] }
        var findings: [String] = []
        for signal in Signal.allCases where signals.flags.contains(signal) {
            findings.append(finding(signal, signals))
        }
        let second =
            findings.isEmpty
            ? StyledText("no finding", .dim)
            : StyledText("\(glyphs.flagged) \(findings.joined(separator: " · "))", .warn)
        return [first, second]
    }

    private func finding(_ signal: Signal, _ signals: RowSignals) -> String {
        switch signal {
        case .duplicate: signals.duplicateOf.map { "the same as row \($0 + 1)" } ?? signal.title
        case .nearDuplicate:
            signals.nearDuplicateOf.map {
                "nearly row \($0 + 1) (\(NumberText.fixed(signals.nearSimilarity, decimals: 2)))"
            } ?? signal.title
        case .conflict: signals.conflictsWith.map { "another answer than row \($0 + 1)" } ?? signal.title
        case .pii:
            "personal data: "
                + PIIKind.allCases.filter { signals.pii.contains($0) }.map(\.rawValue).joined(separator: ", ")
        default: signal.title
        }
    }

    // MARK: Lines

    func readerLines(width: Int, height: Int, glyphs: GlyphSet) -> ReaderText {
        guard let current else { return ReaderText() }
        switch readerMode {
        case .text: return turnLines(of: current.example, width: width, isTall: height > 8, glyphs)
        case .mask: return maskLines(width: width, isTall: height > 8, glyphs)
        case .difference: return differenceLines(of: current, width: width, glyphs)
        }
    }

    static func roleStyle(_ role: String) -> Style {
        switch role {
        case "user", "prompt": Style(.series1, .bold)
        case "assistant", "completion", "chosen": Style(.series4, .bold)
        case "system": Style(.series3, .bold)
        case "rejected": Style(.series6, .bold)
        default: Style(.series5, .bold)
        }
    }

    private func turnLines(of example: Example, width: Int, isTall: Bool, _ glyphs: GlyphSet) -> ReaderText {
        var lines = ReaderText()
        for (index, turn) in example.turns.enumerated() {
            let body = StyledText(turn.text)
            if isTall || width < 50 {
                if index > 0 { lines.add(.empty) }
                lines.add(Self.heading(turn.role, width: width, glyphs))
                lines.add(body, width: width, wraps: wraps)
            } else {
                let label = StyledText(turn.role.truncatedToCells(10), Self.roleStyle(turn.role))
                lines.add(body, label: label, indent: 11, width: width, wraps: wraps)
            }
        }
        if case .chat(_, .some) = example.content {
            lines.add(.empty)
            lines.add(StyledText("with tools; t shows how the template writes them", .dim))
        }
        return lines
    }

    static func heading(_ title: String, width: Int, _ glyphs: GlyphSet) -> StyledText {
        let dash = glyphs == .ascii ? "-" : "─"
        let name = title.truncatedToCells(max(1, width - 8))
        let rest = max(0, width - TextWidth.of(name) - 4)
        return StyledText(String(repeating: dash, count: 2) + " ", .frame) + StyledText(name, roleStyle(title))
            + StyledText(" " + String(repeating: dash, count: rest), .frame)
    }

    private func differenceLines(of row: CurationRow, width: Int, _ glyphs: GlyphSet) -> ReaderText {
        var lines = ReaderText()
        let before = row.original.turns
        let after = row.example.turns
        for index in 0..<max(before.count, after.count) {
            let old = before.indices.contains(index) ? before[index] : ("", "")
            let new = after.indices.contains(index) ? after[index] : ("", "")
            guard old != new else { continue }
            if lines.count > 0 { lines.add(.empty) }
            let difference = WordDifference(old.1, new.1)
            lines.add(Self.heading("\(old.0.isEmpty ? new.0 : old.0): the file", width: width, glyphs))
            lines.add(Self.marked(difference.left, "[-", "-]", .removed), width: width, wraps: wraps)
            lines.add(Self.heading("\(new.0.isEmpty ? old.0 : new.0): now", width: width, glyphs))
            lines.add(Self.marked(difference.right, "{+", "+}", .added), width: width, wraps: wraps)
        }
        if lines.count == 0 { lines.add(StyledText("The texts are the same; fields beside them differ.", .dim)) }
        return lines
    }

    /// Words of one side only stand in brackets, so that they show without colour too.
    static func marked(
        _ pieces: [WordDifference.Piece], _ open: String, _ close: String, _ style: Style
    ) -> StyledText {
        var text = StyledText.empty
        for piece in pieces {
            if piece.isShared || piece.text.allSatisfy(\.isWhitespace) {
                text.append(piece.text)
            } else {
                text.append(open + piece.text + close, style)
            }
        }
        return text
    }
}

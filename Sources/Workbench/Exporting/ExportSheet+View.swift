import TerminalUI

extension ExportSheet {
    /// Draws the dialog over a screen.
    ///
    /// - Returns: where the cursor of the field being typed in stands.
    func draw(in whole: Rect, of grid: inout CellGrid, frame: Int, isTraining: Bool) -> CellPosition? {
        let room = whole.removing(top: 1, bottom: 2)
        let area = room.centered(width: min(room.width, 100), height: min(room.height, 34))
        let title = isMerge ? "Merge \(source.name) into a new model" : "Export \(source.name)"
        let inside = Frame(
            title: StyledText(title, .title), right: StyledText(check == nil ? "checking" : "", .dim), isFocused: true
        ).draw(in: area, of: &grid)
        // The fields keep at most half of a small room; the verdict must be seen too.
        let rows = rows
        let shown = min(rows.count, max(1, inside.height - (inside.height < 10 ? 3 : 6)))
        let first = max(0, min(cursor.selected - shown + 1, rows.count - shown))
        var position: CellPosition?
        for (line, index) in (first..<first + shown).enumerated() where line < inside.height {
            if let found = draw(rows[index], isSelected: index == cursor.selected, in: inside.row(line), of: &grid) {
                position = found
            }
        }
        var below = inside.removing(top: shown)
        if let fieldProblem, below.height > 0 {
            let text = StyledText("needs \(fieldProblem)", .error)
            grid.putFitting(text, x: below.x + 2, y: below.y, width: max(0, below.width - 3))
        }
        below = below.removing(top: inside.height >= 10 || fieldProblem != nil ? 1 : 0).inset(dx: 1, dy: 0)
        TextView(text: verdict(frame: frame, isTraining: isTraining, grid.glyphs), scroll: scroll)
            .draw(in: below, of: &grid)
        return position
    }

    private func draw(_ row: Row, isSelected: Bool, in line: Rect, of grid: inout CellGrid) -> CellPosition? {
        let title = Self.title(of: row).paddedToCells(17)
        let used = grid.put(
            StyledText((isSelected ? "> " : "  "), .cursor) + StyledText(title, .dim), x: line.x, y: line.y)
        let place = Rect(x: used, y: line.y, width: max(0, line.maxX - used - 1), height: 1)
        if isSelected, let field { return field.draw(in: place, of: &grid, isFocused: true) }
        let (value, note) = value(of: row)
        let isChoice = text(of: row) == nil
        var text = StyledText(isChoice && isSelected ? "< \(value) >" : value, isSelected ? .accent : .text)
        if !note.isEmpty { text += StyledText("  \(note)", .dim) }
        // The end of a path says more than its beginning.
        if row == .output, TextWidth.of(value) > place.width {
            let tail = TextField(value)
            var style = Style.text
            if isSelected { style = .accent }
            _ = tail.draw(in: place, of: &grid, isFocused: false, style: style)
        } else {
            grid.putFitting(text, x: place.x, y: place.y, width: place.width)
        }
        if isSelected { grid.restyle(line, ground: .select) }
        return nil
    }

    private static func title(of row: Row) -> String {
        switch row {
        case .format: "Format"
        case .extent: "What"
        case .type: "Numbers"
        case .shardSize: "Largest file"
        case .preTokenizer: "Pre-tokeniser"
        case .output: "Output"
        case .name: "Name"
        case .existing: "If it is there"
        }
    }

    private func value(of row: Row) -> (value: String, note: String) {
        switch row {
        case .format: (format.rawValue, formatNote)
        case .extent:
            adapterOnly
                ? ("adapter alone", "to be put on a base model that the other tool has")
                : ("whole model", "the adapter merged in")
        case .type: (type.isEmpty ? "as stored" : type, type.isEmpty ? "each weight keeps its own type" : "")
        case .shardSize: (shardSize, "larger models become several files")
        case .preTokenizer:
            preTokenizer.isEmpty
                ? ("recognised", "Enter names another, such as llama-bpe or qwen2") : (preTokenizer, "")
        case .output: (output, "")
        case .name: (name, "in the workspace, a safetensors folder")
        case .existing: replaces ? ("replace it", "") : ("refuse", "nothing is overwritten")
        }
    }

    private var formatNote: String {
        switch format {
        case .peft: "the adapter alone, for PEFT"
        case .mlx: "the adapter alone, for MLX"
        case .safetensors: source.hasAdapter ? "a whole folder, the adapter merged in" : "a whole folder"
        case .gguf: "one file for llama.cpp"
        }
    }

    /// What the rehearsal found: problems first, then what would be written.
    private func verdict(frame: Int, isTraining: Bool, _ glyphs: GlyphSet) -> StyledText {
        guard let check else {
            let what =
                source.hasAdapter && !isAdapterAlone
                ? "checking: the model is merged and run on a few texts" : "checking"
            let wait = isTraining ? "; it takes its turn between two steps of the run" : ""
            return StyledText("\(glyphs.spinner(frame: frame)) \(what)\(wait)", .dim)
        }
        var text = StyledText.empty
        for problem in check.problems.sorted(by: { $0.isError && !$1.isError }) {
            text += StyledText(problem.isError ? "cannot: " : "note: ", problem.isError ? .error : .warn)
            text += StyledText(problem.what + (problem.what.hasSuffix(".") ? "\n" : ".\n"))
            if !problem.remedy.isEmpty { text += StyledText("  \(problem.remedy)\n", .accent) }
        }
        if let difference = check.mergeDifference {
            text += StyledText("merge   ", .dim)
            text += StyledText("no logit moves by more than \(NumberText.scientific(difference))\n")
        }
        guard !check.files.isEmpty else { return text }
        let count = check.files.count == 1 ? "1 file" : "\(check.files.count) files"
        text += StyledText(check.isPossible ? "ready   " : "would be ", check.isPossible ? .ok : .dim)
        text += StyledText("\(count), \(NumberText.bytes(check.byteCount))")
        if check.isPossible, isTraining { text += StyledText("  the run waits while it is written", .warn) }
        for file in check.files {
            text += StyledText("\n  \(NumberText.bytes(file.byteCount).paddedToCells(11)) ", .dim)
            text += StyledText(file.name)
        }
        return text
    }

    /// Its keys, for the hint line.
    var hints: String {
        if field != nil { return "Enter accept   Esc cancel" }
        let change = row.flatMap { text(of: $0) } == nil ? "h l change" : "Enter edit"
        return "^S w write   \(change)   j k field   PgDn more   Esc close"
    }
}

import TerminalUI

/// The row as the model sees it: the template's text, its tokens, and which of them are trained.
extension DataScreen {
    func maskLines(width: Int, isTall: Bool, _ glyphs: GlyphSet) -> ReaderText {
        var lines = ReaderText()
        guard let rendered, rendered.row == currentIndex, let example = rendered.example else {
            lines.add(StyledText("rendering…", .dim))
            return lines
        }
        if let problem = example.problem {
            lines.add(StyledText("This row cannot be shown as the model sees it.", .error), width: width, wraps: true)
            lines.add(StyledText(problem), width: width, wraps: true)
            return lines
        }
        let marks = MaskMarks(glyphs)
        let total = example.tokens.count
        let trained = example.trainedCount
        let share = total > 0 ? NumberText.percent(Double(trained) / Double(total)) : "0%"
        lines.add(
            StyledText("\(NumberText.grouped(total)) tokens, ", .dim)
                + StyledText("\(NumberText.grouped(trained)) trained (\(share))", trained == 0 ? .error : .ok)
                + StyledText("  \(example.source)", .dim), width: width, wraps: true)
        for warning in example.warnings {
            lines.add(StyledText("\(glyphs.flagged) \(warning)", .warn), width: width, wraps: true)
        }
        guard isTall else {
            lines.add(marks.text(of: example), width: width, wraps: wraps)
            return lines
        }
        lines.add(
            StyledText("\(marks.open)masked, no loss\(marks.close)", .masked) + StyledText("  trained  ")
                + StyledText("tok", Style(.text, .underline)) + StyledText("ens", .text)
                + StyledText(" each other one underlined", .dim), width: width, wraps: true)
        lines.add(.empty)
        lines.add(marks.text(of: example), width: width, wraps: wraps)
        return lines
    }
}

/// How masked text is set off, with colours or without.
struct MaskMarks {
    let open: String
    let close: String
    private let newline: String

    init(_ glyphs: GlyphSet) {
        // A box of dots is drawn as an underscore where only ASCII can be shown, and that is a letter of code.
        (open, close) = glyphs == .ascii ? ("[[", "]]") : ("░", "░")
        newline = glyphs == .ascii ? "\\n" : "↵"
    }

    /// The rendered text with every token's edge and every masked stretch to be seen.
    func text(of example: RenderedExample) -> StyledText {
        let bytes = Array(example.text.utf8)
        var text = StyledText.empty
        var position = 0
        var isMasked = false
        func show(_ range: Range<Int>, _ style: Style) {
            guard !range.isEmpty else { return }
            let piece = String(decoding: bytes[range], as: UTF8.self)
            text.append(piece.replacing("\n", with: newline + "\n"), style)
        }
        for (index, token) in example.tokens.enumerated() {
            // Tokens of one character in several pieces begin within it: the first of them shows it whole.
            let end = Self.boundary(min(token.range.upperBound, bytes.count), in: bytes)
            guard token.range.lowerBound >= 0, end > position, !token.range.isEmpty else { continue }
            let start = max(position, Self.boundary(min(token.range.lowerBound, bytes.count), in: bytes))
            if token.isTrained == isMasked {
                text.append(isMasked ? close : open, .masked)
                isMasked.toggle()
            }
            if index == 0, !token.isTrained, !isMasked {
                text.append(open, .masked)
                isMasked = true
            }
            // What no token covers was left out by the tokenizer: it is shown, but belongs to none.
            show(position..<start, .masked)
            let edge: Attributes = index.isMultiple(of: 2) ? [] : .underline
            show(start..<end, Style(token.isTrained ? .text : .masked, edge))
            position = end
        }
        if position < bytes.count {
            if !isMasked { text.append(open, .masked) }
            isMasked = true
            show(position..<bytes.count, .masked)
        }
        if isMasked { text.append(close, .masked) }
        return text
    }

    /// The next place at or after `offset` where a character begins.
    private static func boundary(_ offset: Int, in bytes: [UInt8]) -> Int {
        var offset = max(0, offset)
        while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
        return offset
    }
}

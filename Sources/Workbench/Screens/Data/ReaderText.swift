import TerminalUI

/// Text of the reader as lines, of which only those on screen are made.
struct ReaderText {
    private enum Block {
        case line(StyledText)
        /// A text and what stands before its first line.
        case text(label: StyledText, indent: Int, TextLayout)

        var count: Int {
            switch self {
            case .line: 1
            case .text(_, _, let layout): max(1, layout.lineCount)
            }
        }
    }

    private var blocks: [Block] = []
    private(set) var count = 0

    mutating func add(_ line: StyledText) {
        blocks.append(.line(line))
        count += 1
    }

    /// Every line is set in by `indent` cells; the label stands there on the first one.
    mutating func add(_ text: StyledText, label: StyledText = .empty, indent: Int = 0, width: Int, wraps: Bool) {
        let block = Block.text(
            label: label, indent: indent, TextLayout(text, width: max(1, width - indent), wraps: wraps))
        blocks.append(block)
        count += block.count
    }

    func draw(in area: Rect, from scroll: Int, side: Int, of grid: inout CellGrid) {
        var at = 0
        let end = scroll + area.height
        for block in blocks {
            let size = block.count
            defer { at += size }
            guard at + size > scroll, at < end else { continue }
            switch block {
            case .line(let line): grid.put(line, x: area.x, y: area.y + at - scroll, in: area)
            case .text(let label, let indent, let layout):
                let text = area.removing(left: indent)
                for line in max(0, scroll - at)..<min(size, end - at) {
                    let y = area.y + at + line - scroll
                    if line == 0 { grid.put(label, x: area.x, y: y, in: area) }
                    grid.put(layout[line], x: text.x - side, y: y, in: text)
                }
            }
        }
    }
}

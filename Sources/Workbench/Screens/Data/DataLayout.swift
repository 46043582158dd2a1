import TerminalUI

/// Where the panes of the Data screen lie; keys need it for pages, drawing for everything.
struct DataLayout {
    var header: Rect
    var facets: Rect?
    var list: Rect?
    var reader: Rect?
    /// The last acts, on tall screens.
    var log: Rect?

    init(_ screen: DataScreen, _ context: ScreenContext) {
        self.init(screen, Rect(x: 0, y: 1, width: context.width, height: max(0, context.height - 3)))
    }

    init(_ screen: DataScreen, _ area: Rect) {
        header = area.row(0)
        let body = area.removing(top: 1)
        if screen.isReading {
            reader = body
        } else if body.width >= 120, body.height >= 32 {
            let parts = body.columns([.fixed(32), .flexible(weight: 11), .flexible(weight: 10)])
            facets = parts[0]
            list = parts[1]
            let below = body.height >= 40 ? 10 : 0
            reader = parts[2].removing(bottom: below)
            if below > 0 {
                log = Rect(x: parts[2].x, y: parts[2].maxY - below, width: parts[2].width, height: below)
            }
        } else if body.width >= 80, body.height >= 16 {
            let below = max(8, body.height * 2 / 5)
            list = body.removing(bottom: below)
            reader = Rect(x: body.x, y: body.maxY - below, width: body.width, height: below)
        } else if screen.focus == .reader {
            reader = body
        } else {
            list = body
        }
    }

    /// Rows of the list without frame and heading.
    var listRows: Int { max(1, (list?.height ?? 3) - 3) }

    /// Lines of text in the reader: without frame and the lines about signals.
    var readerRows: Int { reader.map { max(1, Self.text(in: $0).height) } ?? 1 }
    var readerColumns: Int { reader.map { max(1, Self.text(in: $0).width) } ?? 1 }

    static func text(in reader: Rect) -> Rect {
        let inside = reader.inset(dx: 2, dy: 1)
        return inside.removing(bottom: inside.height > 8 ? 3 : inside.height > 2 ? 1 : 0)
    }

    /// The text of a row being edited, within the screen.
    static func editorText(_ context: ScreenContext) -> Rect {
        editorText(in: Rect(x: 0, y: 1, width: context.width, height: max(0, context.height - 3)))
    }

    static func editorText(in area: Rect) -> Rect { area.inset(dx: 2, dy: 1).removing(top: 2) }
}

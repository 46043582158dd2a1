/// A framed box over the middle of the screen: a question with its answers, or something to read. Whoever shows it
/// takes all keys for it.
public struct Dialog: Sendable {
    public var title: StyledText
    public var lines: [StyledText]
    public var footer: StyledText
    /// Width inside the frame; from the lines when nil.
    public var width: Int?
    /// Blank cells left and right of the lines.
    public var padding: Int

    public init(
        title: StyledText, lines: [StyledText], footer: StyledText = .empty, width: Int? = nil, padding: Int = 2
    ) {
        self.title = title
        self.lines = lines
        self.footer = footer
        self.width = width
        self.padding = padding
    }

    /// Draws the box in the middle of `area`; lines longer than it are wrapped.
    ///
    /// - Returns: the rectangle inside the frame and padding.
    @discardableResult
    public func draw(in area: Rect, of grid: inout CellGrid) -> Rect {
        let natural = max(lines.map(\.width).max() ?? 0, title.width + 2)
        let inside = max(1, min((width ?? natural), area.width - 2 - 2 * padding))
        var wrapped: [StyledText] = []
        for line in lines {
            let layout = TextLayout(line, width: inside)
            wrapped += (0..<layout.lineCount).map { layout[$0] }
        }
        let box = area.centered(width: inside + 2 * padding + 2, height: wrapped.count + 2)
        let room = Frame(title: title, footer: footer, isFocused: true).draw(in: box, of: &grid)
        let body = room.inset(dx: padding, dy: 0)
        for (row, line) in wrapped.prefix(body.height).enumerated() {
            grid.put(line, x: body.x, y: body.y + row, in: body)
        }
        return body
    }
}

/// An empty framed box over the middle of the screen, for a widget to be drawn in.
public struct Popup: Sendable {
    public var frame: Frame
    public var width: Int
    public var height: Int

    /// - Parameters:
    ///   - title: on the top edge.
    ///   - right: at the right end of the top edge.
    ///   - width: of the inside.
    ///   - height: of the inside.
    public init(title: StyledText, right: StyledText = .empty, width: Int, height: Int) {
        frame = Frame(title: title, right: right, isFocused: true)
        self.width = width
        self.height = height
    }

    /// - Returns: the rectangle inside.
    public func draw(in area: Rect, of grid: inout CellGrid) -> Rect {
        frame.draw(in: area.centered(width: width + 2, height: height + 2), of: &grid)
    }
}

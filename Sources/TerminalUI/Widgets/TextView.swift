/// How much there is to scroll in a `TextView`.
public struct TextViewExtent: Sendable, Hashable {
    public var lineCount: Int
    /// The largest scroll that still fills the view.
    public var maxScroll: Int
    public var visibleLines: Range<Int>
}

/// Text to read: wrapped to the width of its area, scrolled by lines.
public struct TextView: Sendable {
    private enum Source: Sendable {
        case text(StyledText, wraps: Bool)
        case layout(TextLayout)
    }

    private var source: Source
    /// The first line shown; more than the text has shows its end.
    public var scroll: Int
    /// Cells hidden at the left, for text that is not wrapped.
    public var sideScroll: Int

    public init(text: StyledText, scroll: Int = 0, wraps: Bool = true, sideScroll: Int = 0) {
        source = .text(text, wraps: wraps)
        self.scroll = scroll
        self.sideScroll = sideScroll
    }

    /// Shows a layout made before, so that long text is not broken into lines again in each frame.
    public init(layout: TextLayout, scroll: Int = 0, sideScroll: Int = 0) {
        source = .layout(layout)
        self.scroll = scroll
        self.sideScroll = sideScroll
    }

    @discardableResult
    public func draw(in area: Rect, of grid: inout CellGrid) -> TextViewExtent {
        let layout: TextLayout
        switch source {
        case .layout(let made): layout = made
        case .text(let text, let wraps): layout = TextLayout(text, width: area.width, wraps: wraps)
        }
        let maxScroll = max(0, layout.lineCount - area.height)
        let first = max(0, min(scroll, maxScroll))
        let visible = first..<min(layout.lineCount, first + area.height)
        for line in visible {
            grid.put(layout[line], x: area.x - max(0, sideScroll), y: area.y + line - first, in: area)
        }
        return TextViewExtent(lineCount: layout.lineCount, maxScroll: maxScroll, visibleLines: visible)
    }
}

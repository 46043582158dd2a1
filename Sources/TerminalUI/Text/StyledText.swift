/// A piece of text in one style.
public struct TextSpan: Sendable, Equatable {
    public var text: String
    public var style: Style

    public init(_ text: String, _ style: Style = .text) {
        self.text = text
        self.style = style
    }
}

/// Text in which pieces have styles of their own. Spans follow each other without anything between them.
public struct StyledText: Sendable, Equatable, ExpressibleByStringInterpolation {
    public var spans: [TextSpan]

    public init(_ text: String, _ style: Style = .text) {
        spans = text.isEmpty ? [] : [TextSpan(text, style)]
    }

    public init(_ spans: [TextSpan]) {
        self.spans = spans
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }

    public static let empty = StyledText([])

    public var isEmpty: Bool { spans.allSatisfy(\.text.isEmpty) }

    /// Cells the text takes on one line.
    public var width: Int { spans.reduce(0) { $0 + TextWidth.of($1.text) } }

    /// The text alone.
    public var plain: String { spans.map(\.text).joined() }

    public static func + (left: StyledText, right: StyledText) -> StyledText {
        StyledText(left.spans + right.spans)
    }

    public static func += (left: inout StyledText, right: StyledText) {
        left.spans += right.spans
    }

    public mutating func append(_ text: String, _ style: Style = .text) {
        if !text.isEmpty { spans.append(TextSpan(text, style)) }
    }

    /// The same text with every span on the background of `ground`.
    public func on(_ ground: Role?) -> StyledText {
        StyledText(spans.map { TextSpan($0.text, $0.style.on(ground)) })
    }

    /// The same text with more attributes everywhere.
    public func adding(_ attributes: Attributes) -> StyledText {
        StyledText(spans.map { TextSpan($0.text, $0.style.adding(attributes)) })
    }

    /// The text cut to `cells`, with an ellipsis as its last cell when something was cut.
    public func truncated(to cells: Int, ellipsis: String = "…") -> StyledText {
        guard cells > 0 else { return .empty }
        if fits(in: cells) { return self }
        var room = max(0, cells - TextWidth.of(ellipsis))
        var kept: [TextSpan] = []
        for span in spans {
            let head = TextWidth.head(of: span.text, cells: room)
            if head.end == span.text.endIndex {
                kept.append(span)
                room -= head.width
                continue
            }
            kept.append(TextSpan(String(span.text[..<head.end]) + ellipsis, span.style))
            return StyledText(kept)
        }
        kept.append(TextSpan(ellipsis, spans.last?.style ?? .text))
        return StyledText(kept)
    }

    /// Whether the text fits, without measuring more of it than needed.
    private func fits(in cells: Int) -> Bool {
        var room = cells
        for span in spans {
            let head = TextWidth.head(of: span.text, cells: room)
            if head.end != span.text.endIndex { return false }
            room -= head.width
        }
        return true
    }
}

extension CellGrid {
    /// Draws styled text on one line; see `put(_:x:y:style:in:)`.
    @discardableResult
    public mutating func put(_ text: StyledText, x: Int, y: Int, in clip: Rect? = nil) -> Int {
        var column = x
        for span in text.spans {
            column += put(span.text, x: column, y: y, style: span.style, in: clip)
        }
        return column - x
    }

    /// Draws styled text so that it ends just before column `maxX`.
    ///
    /// - Returns: the column where it starts.
    @discardableResult
    public mutating func putRight(_ text: StyledText, maxX: Int, y: Int, in clip: Rect? = nil) -> Int {
        let start = maxX - text.width
        put(text, x: start, y: y, in: clip)
        return start
    }

    /// Draws styled text in `width` cells, cut with an ellipsis when it is longer.
    ///
    /// - Returns: cells used.
    @discardableResult
    public mutating func putFitting(
        _ text: StyledText, x: Int, y: Int, width: Int, alignment: Alignment = .left
    ) -> Int {
        let shown = text.truncated(to: width)
        let used = shown.width
        let start: Int
        switch alignment {
        case .left: start = x
        case .right: start = x + width - used
        case .center: start = x + (width - used) / 2
        }
        return put(shown, x: start, y: y, in: Rect(x: x, y: y, width: width, height: 1))
    }
}

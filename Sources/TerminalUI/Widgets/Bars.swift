/// The top line of every screen: the program, the numbered screens, and what is running.
public struct TabBar: Sendable {
    public var program: String
    public var tabs: [String]
    public var active: Int
    /// Set against the right edge; cut from its right when the line is short.
    public var status: StyledText

    public init(program: String = "ftbench", tabs: [String], active: Int, status: StyledText = .empty) {
        self.program = program
        self.tabs = tabs
        self.active = active
        self.status = status
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        let line = area.row(0)
        guard !line.isEmpty else { return }
        grid.fill(line)
        let names = tabs.enumerated().map { "\($0.offset + 1) \($0.element)" }
        let textWidth = 1 + TextWidth.of(program) + names.reduce(0) { $0 + TextWidth.of($1) }
        let statusWidth = status.width
        var end: Int
        if textWidth + names.count * 3 + statusWidth + 2 <= line.width {
            end = drawTabs(names, gap: 3, in: line, of: &grid)
        } else if textWidth + names.count + 1 + min(statusWidth, 6) + 1 <= line.width {
            end = drawTabs(names, gap: 1, in: line, of: &grid)
        } else {
            // Too narrow for the tabs: the active one alone, so that one still knows where one is.
            end = line.x + 1 + grid.put(program, x: line.x + 1, y: line.y, style: .title, in: line)
            if tabs.indices.contains(active) {
                end += grid.put(" ", x: end, y: line.y, in: line)
                end += grid.put(tabs[active], x: end, y: line.y, style: .tabActive, in: line)
            }
        }
        end += 1
        guard end < line.maxX else { return }
        let shown = status.truncated(to: line.maxX - end)
        grid.putRight(shown, maxX: line.maxX, y: line.y, in: line)
    }

    private func drawTabs(_ names: [String], gap: Int, in line: Rect, of grid: inout CellGrid) -> Int {
        var x = line.x + 1
        x += grid.put(program, x: x, y: line.y, style: .title, in: line)
        for (index, name) in names.enumerated() {
            // The bracket of the active tab takes a place that is a space otherwise, so nothing moves.
            if index == active {
                let start = gap == 1 || index == 0 ? x : x + 1
                var end = start + grid.put("[", x: start, y: line.y, style: .tabActive, in: line)
                end += grid.put(name, x: end, y: line.y, style: .tabActive, in: line)
                grid.put("]", x: end, y: line.y, style: .tabActive, in: line)
                x = gap == 1 ? end : end + 1
            } else {
                let start = gap == 1 || index == 0 ? x + 1 : x + 2
                let end = start + grid.put(name, x: start, y: line.y, style: .dim, in: line)
                x = gap == 1 ? end : end + 1
            }
        }
        return x + 1
    }
}

/// One key on the hint line.
public struct HintItem: Sendable, Hashable {
    public var keys: String
    public var short: String
    public var long: String
    /// Hints with the largest rank are dropped first.
    public var rank: Int
    /// Drawn dim: the key is refused now.
    public var isOff: Bool

    public init(keys: String, short: String, long: String? = nil, rank: Int = 5, isOff: Bool = false) {
        self.keys = keys
        self.short = short
        self.long = long ?? short
        self.rank = rank
        self.isOff = isOff
    }
}

/// The last line of the screen: which keys do what here. Never cut with an ellipsis: half a hint helps nobody, so whole
/// hints are left out, the least important first.
public struct HintLine: Sendable {
    public var items: [HintItem]

    public init(items: [HintItem]) {
        self.items = items
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        let line = area.row(0)
        guard !line.isEmpty else { return }
        grid.fill(line)
        let (shown, long) = fitting(line.width - 1)
        var x = line.x + 1
        for item in shown {
            x += grid.put(item.keys, x: x, y: line.y, style: item.isOff ? .dim : Style(.accent, .bold), in: line)
            x += grid.put(
                " " + (long ? item.long : item.short), x: x, y: line.y, style: item.isOff ? .dim : .hint, in: line)
            x += 2
        }
    }

    /// The items that fit in `width` cells, and whether with their long texts.
    func fitting(_ width: Int) -> (items: [HintItem], long: Bool) {
        func size(_ items: [HintItem], long: Bool) -> Int {
            items.reduce(0) { sum, item in
                sum + TextWidth.of(item.keys) + 1 + TextWidth.of(long ? item.long : item.short) + 2
            } - 2
        }
        if size(items, long: true) <= width { return (items, true) }
        var shown = items
        while !shown.isEmpty && size(shown, long: false) > width {
            // Among equals the last goes first.
            guard let worst = shown.indices.max(by: { (shown[$0].rank, $0) < (shown[$1].rank, $1) }) else { break }
            shown.remove(at: worst)
        }
        return (shown, false)
    }
}

/// The line above the hints: a message at the left, the position at the right.
public struct MessageLine: Sendable {
    public var message: StyledText
    public var right: StyledText

    public init(message: StyledText = .empty, right: StyledText = .empty) {
        self.message = message
        self.right = right
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        let line = area.row(0)
        guard !line.isEmpty else { return }
        grid.fill(line)
        let message = message.width
        var room = line.width - 1
        let width = right.width
        // The message is news, the position is not: it gives way when both do not fit.
        if width > 0 && (message == 0 ? width < room : message + width + 2 <= room) {
            grid.putRight(right, maxX: line.maxX - 1, y: line.y, in: line)
            room -= width + 2
        }
        grid.putFitting(self.message, x: line.x + 1, y: line.y, width: room)
    }
}

/// How much of something is done.
public struct ProgressBar: Sendable {
    /// 0…1; nil when the end is not known.
    public var fraction: Double?
    public var style: Style
    /// Counts up while the end is not known, to show that there is life.
    public var frame: Int

    public init(fraction: Double?, style: Style = .accent, frame: Int = 0) {
        self.fraction = fraction
        self.style = style
        self.frame = frame
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        let line = area.row(0)
        guard !line.isEmpty else { return }
        let eighths = grid.glyphs.horizontalEighths
        let empty: Unicode.Scalar = grid.glyphs == .ascii ? "." : "·"
        guard let fraction, fraction.isFinite else {
            grid.fill(line, style: .dim, scalar: empty)
            let place = line.x + ((frame % line.width) + line.width) % line.width
            grid[place, line.y] = Cell(eighths[8], style)
            return
        }
        let filled = Int((min(1, max(0, fraction)) * Double(line.width * 8)).rounded(.down))
        for x in 0..<line.width {
            let part = min(8, max(0, filled - x * 8))
            let glyph = eighths[part]
            grid[line.x + x, line.y] = glyph == " " ? Cell(empty, .dim) : Cell(glyph, style)
        }
    }
}

/// Recent values as small bars on one line, the newest at the right.
public struct Sparkline: Sendable {
    public var values: [Double]
    public var style: Style
    /// The scale of the bars; from the values when nil.
    public var range: ClosedRange<Double>?

    public init(values: [Double], style: Style = .accent, range: ClosedRange<Double>? = nil) {
        self.values = values
        self.style = style
        self.range = range
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        let line = area.row(0)
        guard !line.isEmpty else { return }
        let shown = Array(values.suffix(line.width))
        let finite = shown.filter(\.isFinite)
        guard let low = range?.lowerBound ?? finite.min(), let high = range?.upperBound ?? finite.max() else { return }
        let eighths = grid.glyphs.verticalEighths
        for (offset, value) in shown.enumerated() {
            let x = line.maxX - shown.count + offset
            guard value.isFinite else {
                grid[x, line.y] = Cell(grid.glyphs.nonFinite, .error)
                continue
            }
            // A flat line sits in the middle, and the lowest value still shows.
            let share = high > low ? (value - low) / (high - low) : 0.5
            grid[x, line.y] = Cell(eighths[1 + min(7, max(0, Int(share * 7.999)))], style)
        }
    }
}

/// Where the user is in a list: the selected row and the first row on screen. Lives in a screen's state; the view only
/// reads it.
public struct ListCursor: Sendable, Hashable {
    public private(set) var selected: Int
    public private(set) var top: Int
    public private(set) var count: Int

    public init(count: Int = 0, selected: Int = 0, top: Int = 0) {
        self.count = max(0, count)
        self.selected = selected
        self.top = top
        clamp()
    }

    /// The list changed its length; the selection stays where it can.
    public mutating func setCount(_ count: Int) {
        self.count = max(0, count)
        clamp()
    }

    public mutating func move(to index: Int) {
        selected = index
        clamp()
    }

    public mutating func move(by rows: Int) {
        let (moved, overflow) = selected.addingReportingOverflow(rows)
        selected = overflow ? (rows < 0 ? 0 : count) : moved
        clamp()
    }

    /// Scrolls so that the selection is among the `height` rows on screen. `context` rows are kept around it where
    /// there are any.
    public mutating func reveal(height: Int, context: Int = 0) {
        guard height > 0 else { return }
        top = firstRow(height: height, context: context)
    }

    /// The first row to draw in `height` rows so that the selection shows. Views use it too, so that a list is right
    /// even after a resize that the state has not heard of.
    public func firstRow(height: Int, context: Int = 0) -> Int {
        guard height > 0 else { return top }
        let margin = min(max(0, context), (height - 1) / 2)
        var first = top
        if selected - margin < first { first = selected - margin }
        if selected + margin >= first + height { first = selected + margin - height + 1 }
        return max(0, min(first, count - height))
    }

    /// Moves as the keys that move in every list do: arrows, `hjkl` up and down, `g G`, pages.
    ///
    /// - Returns: whether the key was one of them.
    public mutating func handle(_ key: Key, height: Int) -> Bool {
        let page = max(1, height - 1)
        let half = max(1, height / 2)
        switch key {
        case .down, "j": move(by: 1)
        case .up, "k": move(by: -1)
        case .home, "g": move(to: 0)
        case .end, "G": move(to: count - 1)
        case .pageDown, .control("f"): move(by: page)
        case .pageUp, .control("b"): move(by: -page)
        case .control("d"): move(by: half)
        case .control("u"): move(by: -half)
        default: return false
        }
        reveal(height: height)
        return true
    }

    /// `n/m`, counted from 1, for the foot of a frame.
    public var counter: String {
        count == 0 ? "0/0" : NumberText.grouped(selected + 1) + "/" + NumberText.grouped(count)
    }

    private mutating func clamp() {
        selected = max(0, min(selected, count - 1))
        top = max(0, min(top, count - 1))
    }
}

/// A rectangle of cells. `maxX` and `maxY` are one past the last column and row. Sizes are never negative.
public struct Rect: Sendable, Hashable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    public static let zero = Rect(x: 0, y: 0, width: 0, height: 0)

    public var maxX: Int { x + width }
    public var maxY: Int { y + height }
    public var isEmpty: Bool { width == 0 || height == 0 }

    public func contains(x: Int, y: Int) -> Bool {
        x >= self.x && x < maxX && y >= self.y && y < maxY
    }

    public func intersection(_ other: Rect) -> Rect {
        let left = max(x, other.x)
        let top = max(y, other.y)
        return Rect(x: left, y: top, width: min(maxX, other.maxX) - left, height: min(maxY, other.maxY) - top)
    }

    /// The rectangle without `margin` cells on each side.
    public func inset(by margin: Int) -> Rect { inset(dx: margin, dy: margin) }

    /// The rectangle without `dx` columns left and right and `dy` rows above and below.
    public func inset(dx: Int, dy: Int) -> Rect {
        Rect(x: x + min(dx, width), y: y + min(dy, height), width: width - 2 * dx, height: height - 2 * dy)
    }

    /// Row `index` of the rectangle, empty when it has no such row.
    public func row(_ index: Int) -> Rect {
        guard index >= 0 && index < height else { return Rect(x: x, y: y, width: width, height: 0) }
        return Rect(x: x, y: y + index, width: width, height: 1)
    }

    public func removing(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) -> Rect {
        let down = min(max(0, top), height)
        let across = min(max(0, left), width)
        return Rect(
            x: x + across, y: y + down, width: width - across - max(0, right), height: height - down - max(0, bottom))
    }

    /// A rectangle of the given size in the middle of this one, cut to fit.
    public func centered(width wanted: Int, height tall: Int) -> Rect {
        let across = min(max(0, wanted), width)
        let down = min(max(0, tall), height)
        return Rect(x: x + (width - across) / 2, y: y + (height - down) / 2, width: across, height: down)
    }
}

/// How much of a length a pane asks for.
public enum Extent: Sendable, Hashable {
    /// Exactly this many cells, as long as there are enough.
    case fixed(Int)
    /// A share of what the others leave, in proportion to `weight`, but at least `minimum`.
    case flexible(weight: Int = 1, minimum: Int = 0)
    /// A share (0…1) of the whole length, but at least `minimum`.
    case fraction(Double, minimum: Int = 0)

    /// One share of what is left.
    public static let rest = Extent.flexible(weight: 1, minimum: 0)
}

extension Rect {
    /// Panes one under the other, of the given heights; together they fill the rectangle when one of them is flexible.
    public func rows(_ sizes: [Extent], gap: Int = 0) -> [Rect] {
        var top = y
        return Extent.lengths(of: sizes, in: height, gap: gap).map { length in
            let pane = Rect(x: x, y: min(top, maxY), width: width, height: min(length, max(0, maxY - top)))
            top += length + gap
            return pane
        }
    }

    /// Panes side by side, of the given widths.
    public func columns(_ sizes: [Extent], gap: Int = 0) -> [Rect] {
        var left = x
        return Extent.lengths(of: sizes, in: width, gap: gap).map { length in
            let pane = Rect(x: min(left, maxX), y: y, width: min(length, max(0, maxX - left)), height: height)
            left += length + gap
            return pane
        }
    }
}

extension Extent {
    /// Lengths for `sizes` in `total` cells. Fixed parts and minima are served first, from the first pane on; what is
    /// left goes to the flexible panes by weight, the last cells to the last of them.
    static func lengths(of sizes: [Extent], in total: Int, gap: Int) -> [Int] {
        var left = max(0, total - gap * max(0, sizes.count - 1))
        let whole = left
        var lengths: [Int] = []
        var weights = 0
        for size in sizes {
            let wanted: Int
            switch size {
            case .fixed(let count): wanted = count
            case .flexible(let weight, let minimum):
                wanted = minimum
                weights += max(0, weight)
            case .fraction(let share, let minimum):
                let part = share.isFinite ? Double(whole) * min(1, max(0, share)) : 0
                wanted = max(minimum, Int(part.rounded()))
            }
            let given = min(max(0, wanted), left)
            lengths.append(given)
            left -= given
        }
        guard weights > 0 && left > 0 else { return lengths }
        // A flexible pane whose minimum is more than its share keeps the minimum, so shares are of the common pool.
        var pool = left
        var open: [Int] = []
        for (index, size) in sizes.enumerated() {
            if case .flexible(let weight, _) = size, weight > 0 {
                open.append(index)
                pool += lengths[index]
            }
        }
        var settled = false
        while !settled && !open.isEmpty {
            settled = true
            let sum = open.reduce(0) { $0 + sizes[$1].weight }
            for index in open where pool * sizes[index].weight / sum < lengths[index] {
                pool -= lengths[index]
                open.removeAll { $0 == index }
                settled = false
                break
            }
        }
        var remaining = pool
        var sum = open.reduce(0) { $0 + sizes[$1].weight }
        for index in open {
            let weight = sizes[index].weight
            let share = sum == 0 ? 0 : remaining * weight / sum
            lengths[index] = share
            remaining -= share
            sum -= weight
        }
        return lengths
    }

    private var weight: Int {
        if case .flexible(let weight, _) = self { return weight }
        return 0
    }
}

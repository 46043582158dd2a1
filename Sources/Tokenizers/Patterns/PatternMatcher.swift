/// One search through a text. The number of steps is bounded by the length of the text, so that a pattern made to
/// backtrack without end only stops matching: what is left of the text then counts as one unmatched piece.
struct PatternMatcher {
    private enum Alternative {
        case resume(pc: Int, position: Int)
        /// A greedy run that can give scalars back, down to `lowest`.
        case shorten(pc: Int, position: Int, lowest: Int)
        /// A lazy run that can take more scalars.
        case extend(pc: Int, position: Int, set: Int, left: Int)
        case restore(slot: Int, value: Int)
    }

    private let pattern: Pattern
    private let bytes: [UInt8]
    private let range: Range<Int>
    private var slots: [Int]
    private var stack: [Alternative] = []
    private var stepsLeft: Int

    init(pattern: Pattern, bytes: [UInt8], range: Range<Int>) {
        self.pattern = pattern
        self.bytes = bytes
        self.range = range
        slots = [Int](repeating: -1, count: pattern.slotCount)
        stepsLeft = 100_000 + range.count.multipliedReportingOverflow(by: 2_000).partialValue
    }

    mutating func allMatches() -> [Range<Int>] {
        var found: [Range<Int>] = []
        var position = range.lowerBound
        while stepsLeft > 0 {
            stack.removeAll(keepingCapacity: true)
            let end = run(from: 0, at: position)
            // An empty match counts, since it too cuts the text, but not right behind another match.
            if let end, end > position || found.last?.upperBound != position { found.append(position..<end) }
            if let end, end > position {
                position = end
            } else if position < range.upperBound {
                position = bytes.scalar(at: position).next
            } else {
                break
            }
        }
        return found
    }

    /// The end of the match of the program from `start` on, up to its `accept`.
    private mutating func run(from start: Int, at begin: Int) -> Int? {
        let floor = stack.count
        var pc = start
        var position = begin
        while true {
            stepsLeft -= 1
            if stepsLeft <= 0 {
                stack.removeLast(stack.count - floor)
                return nil
            }
            var isMatching = true
            switch pattern.program[pc] {
            case .set(let index):
                if position < range.upperBound, case let (value, next) = bytes.scalar(at: position),
                    pattern.sets[index].contains(value)
                {
                    position = next
                    pc += 1
                } else {
                    isMatching = false
                }
            case .run(let index, let low, let high, let greed):
                isMatching = repeatSet(index, low, high, greed, &position, after: pc + 1)
                pc += 1
            case .split(let first, let second):
                stack.append(.resume(pc: second, position: position))
                pc = first
            case .jump(let target): pc = target
            case .mark(let slot):
                stack.append(.restore(slot: slot, value: slots[slot]))
                slots[slot] = position
                pc += 1
            case .leaveIfStill(let slot, let exit): pc = slots[slot] == position ? exit : pc + 1
            case .atomic(let end):
                if let after = run(from: pc + 1, at: position) {
                    position = after
                    pc = end
                } else {
                    isMatching = false
                }
            case .look(let isNegative, let end):
                isMatching = (run(from: pc + 1, at: position) != nil) != isNegative
                pc = end
            case .lookBehind(let isNegative, let least, let most, let slot, let end):
                let outer = slots[slot]
                slots[slot] = position
                isMatching = looksBehind(pc + 1, at: position, least, most) != isNegative
                slots[slot] = outer
                pc = end
            case .endsAt(let slot):
                isMatching = slots[slot] == position
                pc += 1
            case .anchor(let anchor):
                isMatching = holds(anchor, at: position)
                pc += 1
            case .accept:
                stack.removeLast(stack.count - floor)
                return position
            }
            if !isMatching {
                guard let next = backtrack(to: floor) else { return nil }
                (pc, position) = next
            }
        }
    }

    private mutating func repeatSet(
        _ index: Int, _ low: Int, _ high: Int, _ greed: PatternNode.Greed, _ position: inout Int, after pc: Int
    ) -> Bool {
        let set = pattern.sets[index]
        var count = 0
        var lowest = position
        let wanted = greed == .lazy ? low : high
        while count < wanted, position < range.upperBound {
            let (value, next) = bytes.scalar(at: position)
            guard set.contains(value) else { break }
            position = next
            count += 1
            if count == low { lowest = position }
        }
        stepsLeft -= count / 4
        guard count >= low else { return false }
        if greed == .greedy, position > lowest {
            stack.append(.shorten(pc: pc, position: position, lowest: lowest))
        } else if greed == .lazy, high > low {
            stack.append(
                .extend(pc: pc, position: position, set: index, left: high == PatternNode.unbounded ? high : high - low)
            )
        }
        return true
    }

    private mutating func backtrack(to floor: Int) -> (pc: Int, position: Int)? {
        while stack.count > floor, let top = stack.popLast() {
            switch top {
            case .resume(let pc, let position): return (pc, position)
            case .restore(let slot, let value): slots[slot] = value
            case .shorten(let pc, let position, let lowest):
                let shorter = bytes.scalarStart(before: position, lowest: lowest)
                if shorter > lowest { stack.append(.shorten(pc: pc, position: shorter, lowest: lowest)) }
                return (pc, shorter)
            case .extend(let pc, let position, let set, let left):
                guard position < range.upperBound else { continue }
                let (value, next) = bytes.scalar(at: position)
                guard pattern.sets[set].contains(value) else { continue }
                if left > 1 {
                    let rest = left == PatternNode.unbounded ? left : left - 1
                    stack.append(.extend(pc: pc, position: next, set: set, left: rest))
                }
                return (pc, next)
            }
        }
        return nil
    }

    private mutating func looksBehind(_ pc: Int, at position: Int, _ least: Int, _ most: Int) -> Bool {
        var start = position
        var steps = 0
        while true {
            if steps >= least, run(from: pc, at: start) != nil { return true }
            guard steps < most, start > range.lowerBound, stepsLeft > 0 else { return false }
            start = bytes.scalarStart(before: start, lowest: range.lowerBound)
            steps += 1
        }
    }

    private func holds(_ anchor: PatternNode.Anchor, at position: Int) -> Bool {
        let isStart = position == range.lowerBound
        let isEnd = position == range.upperBound
        switch anchor {
        case .textStart: return isStart
        case .textEnd: return isEnd
        case .textEndOrLastNewline: return isEnd || (position == range.upperBound - 1 && bytes[position] == 0x0a)
        case .lineStart: return isStart || (bytes[position - 1] == 0x0a && !isEnd)
        case .lineEnd: return isEnd || bytes[position] == 0x0a
        case .wordBoundary, .noWordBoundary:
            let word = ScalarSet.word
            var before = false
            if !isStart {
                let start = bytes.scalarStart(before: position, lowest: range.lowerBound)
                before = word.contains(bytes.scalar(at: start).value)
            }
            let after = !isEnd && word.contains(bytes.scalar(at: position).value)
            return (before != after) == (anchor == .wordBoundary)
        }
    }
}

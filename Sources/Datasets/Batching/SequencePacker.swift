/// Puts rows of different lengths into sequences of one length: best fit, longest first.
///
/// Rows are never split: each becomes a segment of its own, with its own positions, and attention stays within it.
public struct SequencePacker: Sendable {
    /// Tokens a sequence holds.
    public let sequenceLength: Int
    /// Rows that are packed together: large enough to fill well, small enough that order stays random.
    public var window = 2_048

    public init(sequenceLength: Int) {
        self.sequenceLength = max(sequenceLength, 1)
    }

    /// - Parameters:
    ///   - order: Rows in the order of the epoch.
    ///   - lengths: Tokens of every row; one that is longer than a sequence gets a sequence of its own.
    /// - Returns: The rows of each sequence.
    public func pack(_ order: [Int], lengths: [Int]) -> [[Int]] {
        var bins: [[Int]] = []
        for start in stride(from: 0, to: order.count, by: max(window, 1)) {
            bins += packWindow(Array(order[start..<min(start + window, order.count)]), lengths: lengths)
        }
        return bins
    }

    private func packWindow(_ rows: [Int], lengths: [Int]) -> [[Int]] {
        let sorted = rows.enumerated().sorted { left, right in
            let (a, b) = (lengths[left.element], lengths[right.element])
            return a != b ? a > b : left.offset < right.offset
        }
        var bins: [[Int]] = []
        // Bins by the room they have left; a set bit in `rooms` says that such a bin exists.
        var byRoom: [[Int]] = Array(repeating: [], count: sequenceLength + 1)
        var rooms = RoomSet(capacity: sequenceLength + 1)
        for (_, row) in sorted {
            let length = max(lengths[row], 1)
            let bin: Int
            let left: Int
            if length <= sequenceLength, let room = rooms.smallest(atLeast: length), let found = byRoom[room].popLast()
            {
                if byRoom[room].isEmpty { rooms.remove(room) }
                bins[found].append(row)
                bin = found
                left = room - length
            } else {
                bins.append([row])
                bin = bins.count - 1
                left = max(sequenceLength - length, 0)
            }
            if left > 0 {
                byRoom[left].append(bin)
                rooms.insert(left)
            }
        }
        return bins
    }
}

/// A set of small integers that finds its next member quickly.
private struct RoomSet {
    private var words: [UInt64]

    init(capacity: Int) { words = Array(repeating: 0, count: capacity / 64 + 1) }

    mutating func insert(_ value: Int) { words[value >> 6] |= 1 << UInt64(value & 63) }
    mutating func remove(_ value: Int) { words[value >> 6] &= ~(1 << UInt64(value & 63)) }

    func smallest(atLeast value: Int) -> Int? {
        var index = value >> 6
        guard index < words.count else { return nil }
        var word = words[index] & (~0 << UInt64(value & 63))
        while word == 0 {
            index += 1
            guard index < words.count else { return nil }
            word = words[index]
        }
        return index << 6 + word.trailingZeroBitCount
    }
}

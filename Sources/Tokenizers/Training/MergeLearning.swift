/// The training of merges: counts of neighbouring pairs, kept up to date as the most frequent pair is merged again and
/// again.
struct MergeLearning {
    struct Pair: Hashable, Comparable {
        var left: Int32
        var right: Int32

        static func < (a: Pair, b: Pair) -> Bool { (a.left, a.right) < (b.left, b.right) }
    }

    private var words: [(ids: [Int32], count: Int)]
    private(set) var tokens: [[UInt8]]
    private(set) var merges: [Pair] = []
    private var idOfToken: [[UInt8]: Int32]
    private var counts: [Pair: Int] = [:]
    /// Words that hold, or once held, the pair.
    private var places: [Pair: Set<Int32>] = [:]
    private var heap: [(count: Int, pair: Pair)] = []

    init(words: [(ids: [Int32], count: Int)], tokens: [[UInt8]]) {
        self.words = words
        self.tokens = tokens
        idOfToken = [:]
        for (id, token) in tokens.enumerated() { idOfToken[token] = Int32(id) }
    }

    mutating func run(until vocabularySize: Int, minimumCount: Int) {
        for (index, word) in words.enumerated() {
            for (left, right) in zip(word.ids, word.ids.dropFirst()) {
                let pair = Pair(left: left, right: right)
                counts[pair, default: 0] += word.count
                places[pair, default: []].insert(Int32(index))
            }
        }
        for (pair, count) in counts where count > 0 { push(pair, count) }
        while tokens.count < vocabularySize, let top = pop() {
            let current = counts[top.pair] ?? 0
            guard current == top.count else {
                if current > 0 { push(top.pair, current) }
                continue
            }
            guard current >= max(minimumCount, 1) else { return }
            merge(top.pair)
        }
    }

    private mutating func merge(_ pair: Pair) {
        let spelled = tokens[Int(pair.left)] + tokens[Int(pair.right)]
        let merged: Int32
        if let known = idOfToken[spelled] {
            merged = known
        } else {
            merged = Int32(tokens.count)
            tokens.append(spelled)
            idOfToken[spelled] = merged
        }
        merges.append(pair)
        var raised: Set<Pair> = []
        for place in places.removeValue(forKey: pair) ?? [] {
            let index = Int(place)
            let count = words[index].count
            var ids: [Int32] = []
            swap(&ids, &words[index].ids)
            var position = 0
            while position + 1 < ids.count {
                guard ids[position] == pair.left, ids[position + 1] == pair.right else {
                    position += 1
                    continue
                }
                if position > 0 {
                    counts[Pair(left: ids[position - 1], right: pair.left), default: 0] -= count
                    let new = Pair(left: ids[position - 1], right: merged)
                    counts[new, default: 0] += count
                    places[new, default: []].insert(place)
                    raised.insert(new)
                }
                ids[position] = merged
                ids.remove(at: position + 1)
                if position + 1 < ids.count {
                    counts[Pair(left: pair.right, right: ids[position + 1]), default: 0] -= count
                    let new = Pair(left: merged, right: ids[position + 1])
                    counts[new, default: 0] += count
                    places[new, default: []].insert(place)
                    raised.insert(new)
                }
                position += 1
            }
            swap(&ids, &words[index].ids)
        }
        counts[pair] = 0
        for pair in raised {
            if let count = counts[pair], count > 0 { push(pair, count) }
        }
    }

    // MARK: The heap: highest count first, of equal counts the lowest pair

    private func comesBefore(_ a: Int, _ b: Int) -> Bool {
        heap[a].count != heap[b].count ? heap[a].count > heap[b].count : heap[a].pair < heap[b].pair
    }

    private mutating func push(_ pair: Pair, _ count: Int) {
        heap.append((count, pair))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard comesBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> (count: Int, pair: Pair)? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return top }
        heap[0] = last
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, comesBefore(child + 1, child) { child += 1 }
            guard comesBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return top
    }
}

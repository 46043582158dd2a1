/// A piece while its tokens are being merged.
struct MergingWord: Sendable {
    private var ids: [Int32] = []
    private var widths: [Int32] = []
    private var ranks: [UInt32] = []
    private var mergedIDs: [Int32] = []
    private var previous: [Int32] = []
    private var following: [Int32] = []
    private var heap: [UInt64] = []
    private var skipped: Int32 = 0

    /// Up to here scanning all pairs for the lowest rank beats a heap.
    private static let longestScan = 40

    mutating func removeAll() {
        ids.removeAll(keepingCapacity: true)
        widths.removeAll(keepingCapacity: true)
        skipped = 0
    }

    @inline(__always)
    mutating func append(_ id: Int32, width: Int) {
        ids.append(id)
        widths.append(Int32(truncatingIfNeeded: width) &+ skipped)
        skipped = 0
    }

    /// Text without a token: it is counted with the token next to it, so that later places stay right.
    mutating func skip(width: Int) {
        if let last = widths.indices.last {
            widths[last] &+= Int32(truncatingIfNeeded: width)
        } else {
            skipped &+= Int32(truncatingIfNeeded: width)
        }
    }

    /// Merges the pair of lowest rank, the leftmost of equal ones, until no pair merges.
    mutating func merge(_ merges: MergeTable) {
        guard ids.count > 1 else { return }
        if ids.count <= Self.longestScan { mergeByScanning(merges) } else { mergeByHeap(merges) }
    }

    func append(to output: inout TokenRun) {
        for index in ids.indices where ids[index] >= 0 {
            output.ids.append(ids[index])
            output.widths.append(widths[index])
        }
    }

    private mutating func mergeByScanning(_ merges: MergeTable) {
        ranks.removeAll(keepingCapacity: true)
        mergedIDs.removeAll(keepingCapacity: true)
        for index in 0..<(ids.count - 1) {
            let merge = merges.find(ids[index], ids[index + 1])
            ranks.append(merge.rank)
            mergedIDs.append(merge.id)
        }
        while !ranks.isEmpty {
            var best = 0
            for index in 1..<max(ranks.count, 1) where ranks[index] < ranks[best] { best = index }
            guard ranks[best] != MergeTable.noRank else { return }
            ids[best] = mergedIDs[best]
            widths[best] &+= widths[best + 1]
            ids.remove(at: best + 1)
            widths.remove(at: best + 1)
            ranks.remove(at: best)
            mergedIDs.remove(at: best)
            if best > 0 { rank(best - 1, merges) }
            if best < ranks.count { rank(best, merges) }
        }
    }

    @inline(__always)
    private mutating func rank(_ index: Int, _ merges: MergeTable) {
        let merge = merges.find(ids[index], ids[index + 1])
        ranks[index] = merge.rank
        mergedIDs[index] = merge.id
    }

    /// A linked list of tokens and a heap of (rank, place); a heap entry whose pair has changed since is passed over.
    private mutating func mergeByHeap(_ merges: MergeTable) {
        let count = ids.count
        previous = (0..<count).map { Int32($0) - 1 }
        following = (0..<count).map { $0 + 1 < count ? Int32($0) + 1 : -1 }
        heap.removeAll(keepingCapacity: true)
        for index in 0..<(count - 1) { push(index, merges) }
        while let top = popLowest() {
            let place = Int(top & 0xffff_ffff)
            guard ids[place] >= 0, following[place] >= 0 else { continue }
            let next = Int(following[place])
            let merge = merges.find(ids[place], ids[next])
            guard merge.rank == UInt32(top >> 32) else { continue }
            ids[place] = merge.id
            widths[place] &+= widths[next]
            ids[next] = -1
            following[place] = following[next]
            if following[next] >= 0 { previous[Int(following[next])] = Int32(place) }
            if previous[place] >= 0 { push(Int(previous[place]), merges) }
            if following[place] >= 0 { push(place, merges) }
        }
    }

    private mutating func push(_ place: Int, _ merges: MergeTable) {
        let rank = merges.find(ids[place], ids[Int(following[place])]).rank
        guard rank != MergeTable.noRank else { return }
        heap.append(UInt64(rank) << 32 | UInt64(place))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func popLowest() -> UInt64? {
        guard let lowest = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return lowest }
        heap[0] = last
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return lowest
    }
}

/// What one encoding call needs besides the model; kept between calls for its caches.
struct EncodingScratch: Sendable {
    var cache = WordCache()
    var word = MergingWord()
    var path = UnigramPath()
}

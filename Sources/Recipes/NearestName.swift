/// The known name a misspelt one probably meant.
enum NearestName {
    /// The candidate with the fewest edits, when they are few for a name of that length.
    ///
    /// Dotted candidates are also compared by their last part, so that `learning_rate` finds
    /// `optimizer.learning_rate`.
    static func of(_ name: String, among candidates: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8)
        guard !wanted.isEmpty else { return nil }
        var best: (name: String, cost: Int)?
        for candidate in candidates {
            let whole = distance(wanted, Array(candidate.utf8))
            let leaf = candidate.split(separator: ".").last.map { distance(wanted, Array($0.utf8)) } ?? whole
            let ownLeaf = name.split(separator: ".").last.map { part in
                candidate.split(separator: ".").last.map { distance(Array(part.utf8), Array($0.utf8)) + 1 } ?? whole
            }
            let cost = min(whole, leaf, ownLeaf ?? whole)
            if cost < best?.cost ?? .max { best = (candidate, cost) }
        }
        guard let best, best.cost <= max(2, wanted.count / 3) else { return nil }
        return best.name
    }

    /// Damerau-Levenshtein distance with adjacent swaps (optimal string alignment).
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var before = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in b.indices {
                row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    row[j + 1] = min(row[j + 1], before[j - 1] + 1)
                }
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}

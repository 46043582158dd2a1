extension Collection<String> {
    /// The member with the fewest edits to `name`, when it is near enough to be a slip; ties go to the first.
    public func nearest(to name: String) -> String? {
        let wanted = Array(name.utf8)
        var best: (name: String, distance: Int)?
        for candidate in self {
            let other = Array(candidate.utf8)
            let limit = best.map { $0.distance - 1 } ?? Swift.max(2, wanted.count / 3)
            guard abs(other.count - wanted.count) <= limit else { continue }
            let distance = editDistance(wanted, other)
            if distance <= limit { best = (candidate, distance) }
        }
        return best?.name
    }
}

/// Levenshtein's distance in two rows.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var previous = Array(0...b.count)
    var current = previous
    for (i, x) in a.enumerated() {
        current[0] = i + 1
        for (j, y) in b.enumerated() {
            current[j + 1] = Swift.min(previous[j + 1] + 1, current[j] + 1, previous[j] + (x == y ? 0 : 1))
        }
        swap(&previous, &current)
    }
    return previous[b.count]
}

import Datasets

/// An order for the list of rows.
public enum RowOrder: String, Sendable, CaseIterable {
    case file, status, prompt, length, tokens, words, signals, source, similarity

    public var title: String {
        switch self {
        case .file: "line"
        case .status: "status"
        case .prompt: "prompt"
        case .length: "length"
        case .tokens: "tokens"
        case .words: "words"
        case .signals: "signals"
        case .source: "source"
        case .similarity: "similarity"
        }
    }

    /// Sorts indices; rows that compare equal keep the file's order, in both directions.
    public func sorted(_ indices: [Int], of set: CurationSet, descending: Bool = false) -> [Int] {
        switch self {
        case .file: return descending ? indices.sorted(by: >) : indices.sorted()
        case .prompt: return by(indices, descending) { set.rows[$0].example.headline }
        case .source: return by(indices, descending) { set.rows[$0].source ?? "" }
        case .status:
            return by(indices, descending) { CurationStatus.allCases.firstIndex(of: set.rows[$0].status) ?? 0 }
        case .length: return by(indices, descending) { set.rows[$0].signals?.characters ?? 0 }
        case .tokens: return by(indices, descending) { set.rows[$0].signals?.tokens ?? 0 }
        case .words: return by(indices, descending) { set.rows[$0].signals?.words ?? 0 }
        case .signals: return by(indices, descending) { set.rows[$0].signals?.flags.rawValue.nonzeroBitCount ?? 0 }
        case .similarity: return by(indices, descending) { set.rows[$0].signals?.nearSimilarity ?? 0 }
        }
    }

    private func by<Key: Comparable>(_ indices: [Int], _ descending: Bool, _ key: (Int) -> Key) -> [Int] {
        indices.map { (key($0), $0) }
            .sorted { left, right in
                if left.0 == right.0 { return left.1 < right.1 }
                return descending ? left.0 > right.0 : left.0 < right.0
            }
            .map(\.1)
    }
}

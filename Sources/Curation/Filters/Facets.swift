/// How many rows of a selection share a value, most frequent first.
public struct Facets: Sendable, Equatable {
    public struct Value: Sendable, Equatable {
        public let name: String
        public let count: Int
        /// The filter that leaves exactly these rows.
        public let filter: String
    }

    public private(set) var status: [Value] = []
    public private(set) var signals: [Value] = []
    public private(set) var sources: [Value] = []
    public private(set) var languages: [Value] = []

    public init(_ indices: some Sequence<Int>, of set: CurationSet) {
        var byStatus: [CurationStatus: Int] = [:]
        var bySignal: [Signal: Int] = [:]
        var bySource: [String: Int] = [:]
        var byLanguage: [Language: Int] = [:]
        for index in indices where set.rows.indices.contains(index) {
            let row = set.rows[index]
            byStatus[row.status, default: 0] += 1
            if let source = row.source { bySource[source, default: 0] += 1 }
            guard let found = row.signals else { continue }
            byLanguage[found.language, default: 0] += 1
            for signal in Signal.allCases where found.flags.contains(signal) { bySignal[signal, default: 0] += 1 }
        }
        status = Self.sorted(byStatus) { ($0.rawValue, "status:\($0.rawValue)") }
        signals = Self.sorted(bySignal) { ($0.rawValue, $0.rawValue) }
        sources = Self.sorted(bySource) { ($0, "source:\"\($0)\"") }
        languages = Self.sorted(byLanguage) { ($0.rawValue, "lang:\($0.rawValue)") }
    }

    private static func sorted<Key>(_ counts: [Key: Int], _ name: (Key) -> (String, String)) -> [Value] {
        counts.map { key, count in
            let (name, filter) = name(key)
            return Value(name: name, count: count, filter: filter)
        }
        .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
    }
}

public import Datasets
public import OrderedJSON

extension JournalEntry {
    /// `{"sequence", "time", "kind", "rule"?, "target"?, "rows": […], "before": …, "after": …}`; states that all rows
    /// share are written once, which keeps a bulk act over 100,000 rows small.
    public var asJSON: JSONValue {
        var members: JSONObject = [
            "sequence": .integer(sequence), "time": .number(time), "kind": .string(kind.rawValue),
        ]
        members["rule"] = rule.map { .string($0) }
        members["target"] = target.map { .integer($0) }
        if !changes.isEmpty {
            members["rows"] = .array(changes.map { .integer($0.row) })
            members["before"] = Self.states(changes.map(\.before))
            members["after"] = Self.states(changes.map(\.after))
        }
        return .object(members)
    }

    public init(json: JSONValue) throws(ExampleError) {
        guard let sequence = json["sequence"]?.int, let time = json["time"]?.double,
            let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:))
        else { throw ExampleError(reason: "a journal entry needs 'sequence', 'time' and a known 'kind'") }
        let rows = (json["rows"]?.array ?? []).compactMap(\.int)
        let before = try Self.states(json["before"], count: rows.count)
        let after = try Self.states(json["after"], count: rows.count)
        let changes = rows.indices.map { Change(row: rows[$0], before: before[$0], after: after[$0]) }
        self.init(
            sequence: sequence, time: time, kind: kind, changes: changes, target: json["target"]?.int,
            rule: json["rule"]?.string)
    }

    private static func states(_ states: [RowState]) -> JSONValue {
        guard let first = states.first else { return .array([]) }
        if states.allSatisfy({ $0 == first }) { return first.asJSON }
        return .array(states.map(\.asJSON))
    }

    private static func states(_ value: JSONValue?, count: Int) throws(ExampleError) -> [RowState] {
        guard count > 0 else { return [] }
        if let list = value?.array {
            guard list.count == count else {
                throw ExampleError(reason: "a journal entry has \(count) rows but \(list.count) states")
            }
            var states: [RowState] = []
            for element in list { states.append(try RowState(json: element)) }
            return states
        }
        return Array(repeating: try RowState(json: value ?? .null), count: count)
    }
}

extension RowState {
    public var asJSON: JSONValue {
        var members: JSONObject = ["status": .string(status.rawValue)]
        members["edited"] = edited?.asJSON
        if isSkipped { members["skipped"] = true }
        if !tags.isEmpty { members["tags"] = .array(tags.map { .string($0) }) }
        members["note"] = note.map { .string($0) }
        return .object(members)
    }

    public init(json: JSONValue) throws(ExampleError) {
        self.init()
        guard let status = json["status"]?.string.flatMap(CurationStatus.init(rawValue:)) else {
            throw ExampleError(reason: "the state of a row needs a known 'status'")
        }
        self.status = status
        if let edited = json["edited"] { self.edited = try Example(json: edited) }
        isSkipped = json["skipped"]?.bool ?? false
        tags = (json["tags"]?.array ?? []).compactMap(\.string)
        note = json["note"]?.string
    }
}

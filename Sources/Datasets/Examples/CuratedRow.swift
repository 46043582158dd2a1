public import OrderedJSON

/// A row with what was decided about it: the form in which a curated set leaves the workspace and comes back whole.
///
/// One JSON object a line. The example's own fields stand at the top, as `Example.asJSON` has them and other tools
/// read them (`messages`, `text`, …; as it was edited), then
///
///     "curation": {"version": 1, "status": "kept" | "dropped" | "flagged" | "undecided",
///                  "skipped"?: true, "note"?: text, "tags"?: [text], "original"?: {the example as it was read}}
///
/// `line` and `file` at the top say where the row came from, `extra` what else it held.
public struct CuratedRow: Sendable, Equatable {
    static let key = "curation"
    static let version = 1

    public var original: Example
    public var decision: ImportedDecision

    public init(original: Example, decision: ImportedDecision) {
        self.original = original
        self.decision = decision
    }

    public var asJSON: JSONValue {
        var members = (decision.edited ?? original).asJSON.object ?? [:]
        var curation: JSONObject = ["version": .integer(Self.version), "status": .string(decision.status)]
        if decision.isSkipped { curation["skipped"] = true }
        if let note = decision.note { curation["note"] = .string(note) }
        if !decision.tags.isEmpty { curation["tags"] = .array(decision.tags.map { .string($0) }) }
        if decision.edited != nil { curation["original"] = original.asJSON }
        members[Self.key] = .object(curation)
        return .object(members)
    }

    /// Whether a row is one of these: a field of the same name may be anything else.
    static func isOne(_ row: JSONObject) -> Bool {
        row[key]?["version"]?.int != nil && row[key]?["status"]?.string != nil
    }

    init(json: JSONValue) throws(RowMisfit) {
        guard var members = json.object, Self.isOne(members), let curation = members.removeValue(forKey: Self.key)
        else {
            throw RowMisfit(reason: "it has no 'curation' with a version and a status")
        }
        guard curation["version"] == .integer(Self.version) else {
            throw RowMisfit(reason: "its 'curation' is of a newer version than \(Self.version); use a newer ftbench")
        }
        do {
            let shown = try Example(json: .object(members))
            original = try curation["original"].map { json throws(ExampleError) in try Example(json: json) } ?? shown
            decision = ImportedDecision(
                status: curation["status"]?.string ?? "", isSkipped: curation["skipped"]?.bool ?? false,
                note: curation["note"]?.string, tags: (curation["tags"]?.array ?? []).compactMap(\.string),
                edited: curation["original"] == nil ? nil : shown)
        } catch {
            throw RowMisfit(reason: error.reason)
        }
        guard ["kept", "dropped", "flagged", "undecided"].contains(decision.status) else {
            throw RowMisfit(reason: "its status '\(decision.status)' is none of kept, dropped, flagged, undecided")
        }
    }

    /// Nothing was decided.
    var isUndecided: Bool {
        decision == ImportedDecision(status: "undecided")
    }
}

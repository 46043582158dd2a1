public import Foundation
import GRDB
public import OrderedJSON

/// A model folder the workspace knows by name.
public struct ModelRecord: Sendable, Equatable {
    public var name: String
    public var path: String
    /// Family, parameters, element type and the like, as they were when the folder was added.
    public var facts: JSONValue
    public var addedAt: Date
}

extension Workspace {
    public func models() throws -> [ModelRecord] {
        try read { try Row.fetchAll($0, sql: "SELECT * FROM model ORDER BY name").map(ModelRecord.init(row:)) }
    }

    public func model(named name: String) throws -> ModelRecord? {
        try read {
            try Row.fetchOne($0, sql: "SELECT * FROM model WHERE name = ?", arguments: [name]).map(
                ModelRecord.init(row:))
        }
    }

    /// Adds a folder, or brings the facts of one already known up to date.
    /// - Throws: `WorkspaceError.nameTaken` when the name belongs to another folder.
    public func addModel(named name: String, path: String, facts: JSONValue, at time: Date = Date()) throws {
        try write { db in
            if let known = try String.fetchOne(db, sql: "SELECT path FROM model WHERE name = ?", arguments: [name]),
                known != path
            {
                throw WorkspaceError.nameTaken(kind: "model", name: name)
            }
            try db.execute(
                sql: """
                    INSERT INTO model (name, path, facts, addedAt) VALUES (?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET facts = excluded.facts
                    """,
                arguments: [name, path, facts.serialized(), time.timeIntervalSince1970])
        }
    }

    /// Forgets the name; the folder stays.
    public func removeModel(named name: String) throws {
        try write { try $0.execute(sql: "DELETE FROM model WHERE name = ?", arguments: [name]) }
    }
}

extension ModelRecord {
    fileprivate init(row: Row) {
        name = row["name"]
        path = row["path"]
        facts = (try? JSONValue(parsing: row["facts"] as String)) ?? .object([:])
        addedAt = Date(timeIntervalSince1970: row["addedAt"])
    }
}

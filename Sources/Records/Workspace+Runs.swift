public import Foundation
import GRDB
public import OrderedJSON
public import Runs

/// One row of the Runs screen.
public struct RunSummary: Sendable, Equatable {
    public var id: RunID
    /// The recipe as YAML, with every default written out.
    public var recipe: String
    public var phase: RunPhase
    public var detail: String?
    public var facts: RunPlanFacts?
    public var outcome: RunOutcome?
    /// Hashes of the data, tokenizer and template the run was made from.
    public var lineage: JSONValue
    public var note: String
    public var isArchived: Bool
    public var createdAt: Date
    public var updatedAt: Date
    public var latest: MetricPoint?
    public var latestEvaluation: EvaluationPoint?
    public var bestEvaluation: EvaluationPoint?
}

/// All that is kept of one run.
public struct RunHistory: Sendable, Equatable {
    public var points: [MetricPoint]
    public var evaluations: [EvaluationPoint]
    public var samples: [SampleText]
    public var checkpoints: [CheckpointRecord]
    public var notices: [RunNotice]
}

extension Workspace {
    /// Registers a new run and makes its folder.
    /// - Throws: `WorkspaceError.nameTaken` when the name is in use.
    public func createRun(_ id: RunID, recipe: String, lineage: JSONValue, at time: Date = Date()) throws {
        try write { db in
            if try Bool.fetchOne(db, sql: "SELECT 1 FROM run WHERE id = ?", arguments: [id.rawValue]) == true {
                throw WorkspaceError.nameTaken(kind: "run", name: id.rawValue)
            }
            try db.execute(
                sql: "INSERT INTO run (id, recipe, phase, lineage, createdAt, updatedAt) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    id.rawValue, recipe, RunPhase.preparing.rawValue, lineage.serialized(),
                    time.timeIntervalSince1970, time.timeIntervalSince1970,
                ])
        }
        do {
            try FileManager.default.createDirectory(
                atPath: runFolder(id.rawValue), withIntermediateDirectories: true)
        } catch {
            try? deleteRun(id)
            throw WorkspaceError.notWritable(path: runFolder(id.rawValue))
        }
    }

    /// A name that no run has: `base`, `base-2`, `base-3` and so on.
    public func freeRunName(_ base: String) throws -> RunID {
        let taken = Set(try read { try String.fetchAll($0, sql: "SELECT id FROM run") })
        if !taken.contains(base) { return RunID(base) }
        var number = 2
        while taken.contains("\(base)-\(number)") { number += 1 }
        return RunID("\(base)-\(number)")
    }

    /// Newest first.
    public func runs(includingArchived: Bool = false) throws -> [RunSummary] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM run WHERE isArchived = 0 OR ? ORDER BY createdAt DESC, id",
                arguments: [includingArchived]
            ).map { try Self.summary($0, db) }
        }
    }

    /// - Throws: `WorkspaceError.unknown` with the known names.
    public func run(_ id: RunID) throws -> RunSummary {
        try read { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM run WHERE id = ?", arguments: [id.rawValue]) else {
                let known = try String.fetchAll(db, sql: "SELECT id FROM run ORDER BY createdAt DESC")
                throw WorkspaceError.unknown(kind: "run", name: id.rawValue, known: known)
            }
            return try Self.summary(row, db)
        }
    }

    private static func summary(_ row: Row, _ db: Database) throws -> RunSummary {
        let id: String = row["id"]
        let latest = try Row.fetchOne(
            db, sql: "SELECT * FROM metricPoint WHERE runId = ? ORDER BY step DESC LIMIT 1", arguments: [id])
        let evaluation = try Row.fetchOne(
            db, sql: "SELECT * FROM evaluationPoint WHERE runId = ? ORDER BY step DESC LIMIT 1", arguments: [id])
        let best = try Row.fetchOne(
            db,
            sql: "SELECT * FROM evaluationPoint WHERE runId = ? AND loss IS NOT NULL ORDER BY loss, step LIMIT 1",
            arguments: [id])
        return RunSummary(
            id: RunID(id), recipe: row["recipe"], phase: RunPhase(rawValue: row["phase"]) ?? .failed,
            detail: row["detail"], facts: (row["facts"] as String?).flatMap(decode),
            outcome: (row["outcome"] as String?).flatMap(decode),
            lineage: (try? JSONValue(parsing: row["lineage"] as String)) ?? .object([:]),
            note: row["note"], isArchived: row["isArchived"], createdAt: Date(timeIntervalSince1970: row["createdAt"]),
            updatedAt: Date(timeIntervalSince1970: row["updatedAt"]), latest: latest.map(MetricPoint.init(row:)),
            latestEvaluation: evaluation.map(EvaluationPoint.init(row:)),
            bestEvaluation: best.map(EvaluationPoint.init(row:)))
    }

    public func history(of id: RunID, fromStep step: Int = 0) throws -> RunHistory {
        try read { db in
            let key: StatementArguments = [id.rawValue, step]
            return RunHistory(
                points: try Row.fetchAll(
                    db, sql: "SELECT * FROM metricPoint WHERE runId = ? AND step >= ? ORDER BY step", arguments: key
                ).map(MetricPoint.init(row:)),
                evaluations: try Row.fetchAll(
                    db, sql: "SELECT * FROM evaluationPoint WHERE runId = ? AND step >= ? ORDER BY step",
                    arguments: key
                ).map(EvaluationPoint.init(row:)),
                samples: try Row.fetchAll(
                    db, sql: "SELECT * FROM sampleText WHERE runId = ? AND step >= ? ORDER BY step, promptIndex",
                    arguments: key
                ).map(SampleText.init(row:)),
                checkpoints: try Row.fetchAll(
                    db, sql: "SELECT * FROM checkpoint WHERE runId = ? ORDER BY step", arguments: [id.rawValue]
                ).map(CheckpointRecord.init(row:)),
                notices: try Row.fetchAll(
                    db, sql: "SELECT * FROM runNotice WHERE runId = ? ORDER BY id", arguments: [id.rawValue]
                ).map(RunNotice.init(row:)))
        }
    }

    /// Writes events in one transaction, in order.
    public func record(_ events: [RunEvent], of id: RunID, at time: Date = Date()) throws {
        guard !events.isEmpty else { return }
        let now = time.timeIntervalSince1970
        try write { db in
            for event in events { try Self.record(event, of: id.rawValue, at: now, db) }
            try db.execute(sql: "UPDATE run SET updatedAt = ? WHERE id = ?", arguments: [now, id.rawValue])
        }
    }

    /// Forgets what came after `step`: a resumed run makes those steps again.
    public func rewindRun(_ id: RunID, to step: Int) throws {
        try write { db in
            for table in ["metricPoint", "evaluationPoint", "sampleText", "checkpoint"] {
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE runId = ? AND step > ?", arguments: [id.rawValue, step])
            }
            try db.execute(
                sql: "UPDATE run SET outcome = NULL, detail = NULL WHERE id = ?", arguments: [id.rawValue])
        }
    }

    public func setPhase(_ phase: RunPhase, of id: RunID, detail: String?) throws {
        try record([.phase(phase, detail: detail)], of: id)
    }

    public func setNote(_ note: String, of id: RunID) throws {
        try write { try $0.execute(sql: "UPDATE run SET note = ? WHERE id = ?", arguments: [note, id.rawValue]) }
    }

    public func setArchived(_ isArchived: Bool, _ id: RunID) throws {
        try write {
            try $0.execute(sql: "UPDATE run SET isArchived = ? WHERE id = ?", arguments: [isArchived, id.rawValue])
        }
    }

    /// Removes the run's rows; its folder is the caller's to remove.
    public func deleteRun(_ id: RunID) throws {
        try write { try $0.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [id.rawValue]) }
    }

    // MARK: Commands from another process

    public func send(_ command: RunCommand, to id: RunID, at time: Date = Date()) throws {
        let text = try Self.encode(command)
        try write {
            try $0.execute(
                sql: "INSERT INTO runCommand (runId, command, createdAt) VALUES (?, ?, ?)",
                arguments: [id.rawValue, text, time.timeIntervalSince1970])
        }
    }

    /// Commands not taken yet, oldest first; each is handed out once.
    public func takeCommands(of id: RunID, at time: Date = Date()) throws -> [RunCommand] {
        let waiting = "FROM runCommand WHERE runId = ? AND takenAt IS NULL"
        // Asked four times a second: look first, so that an idle run never takes the write lock.
        guard try read({ try Bool.fetchOne($0, sql: "SELECT 1 \(waiting)", arguments: [id.rawValue]) }) == true else {
            return []
        }
        return try write { db in
            let rows = try Row.fetchAll(db, sql: "SELECT id, command \(waiting) ORDER BY id", arguments: [id.rawValue])
            try db.execute(
                sql: "UPDATE runCommand SET takenAt = ? WHERE runId = ? AND takenAt IS NULL",
                arguments: [time.timeIntervalSince1970, id.rawValue])
            return rows.compactMap { Self.decode($0["command"]) }
        }
    }

    // MARK: Rows

    private static func record(_ event: RunEvent, of run: String, at time: Double, _ db: Database) throws {
        switch event {
        case .phase(let phase, let detail):
            try db.execute(
                sql: "UPDATE run SET phase = ?, detail = ? WHERE id = ?", arguments: [phase.rawValue, detail, run])
        case .started(let facts):
            try db.execute(sql: "UPDATE run SET facts = ? WHERE id = ?", arguments: [try encode(facts), run])
        case .step(let point): try point.insert(db, run: run)
        case .evaluation(let point):
            try db.execute(
                sql:
                    "INSERT OR REPLACE INTO evaluationPoint (runId, step, loss, tokens, isBest) VALUES (?, ?, ?, ?, ?)",
                arguments: [run, point.step, point.loss, point.tokens, point.isBest])
        case .sample(let sample):
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO sampleText (runId, step, promptIndex, prompt, text) VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [run, sample.step, sample.promptIndex, sample.prompt, sample.text])
        case .checkpoint(let checkpoint):
            if checkpoint.isBest {
                try db.execute(sql: "UPDATE checkpoint SET isBest = 0 WHERE runId = ?", arguments: [run])
            }
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO checkpoint (runId, path, step, isBest, evaluationLoss, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run, checkpoint.path, checkpoint.step, checkpoint.isBest, checkpoint.evaluationLoss, time,
                ])
        case .checkpointRemoved(let path):
            try db.execute(sql: "DELETE FROM checkpoint WHERE runId = ? AND path = ?", arguments: [run, path])
        case .notice(let notice):
            try db.execute(
                sql: "INSERT INTO runNotice (runId, level, step, text, time) VALUES (?, ?, ?, ?, ?)",
                arguments: [run, notice.level.rawValue, notice.step, notice.text, time])
        case .ended(let outcome):
            try db.execute(
                sql: "UPDATE run SET phase = ?, detail = ?, outcome = ? WHERE id = ?",
                arguments: [outcome.phase.rawValue, outcome.message, try encode(outcome), run])
        }
    }

    static func encode(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    static func decode<T: Decodable>(_ text: String) -> T? {
        try? JSONDecoder().decode(T.self, from: Data(text.utf8))
    }
}

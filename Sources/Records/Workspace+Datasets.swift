public import Curation
public import Datasets
public import Foundation
import GRDB
public import OrderedJSON

/// A data set of the workspace, without its rows.
public struct DatasetRecord: Sendable, Equatable {
    public var id: Int
    public var name: String
    /// The file it was read from; never written to.
    public var path: String
    public var contentHash: String
    public var byteCount: Int
    public var mapping: JSONValue
    /// What the import found: problems by line, rows read, why this shape.
    public var report: JSONValue
    public var rowCount: Int
    public var kept: Int
    public var dropped: Int
    public var flagged: Int
    public var edited: Int
    public var importedAt: Date
}

/// A frozen state of a data set: a file in the workspace that no later decision changes.
public struct DatasetVersionRecord: Sendable, Equatable {
    public var label: String
    public var contentHash: String
    public var rowCount: Int
    public var path: String
    public var createdAt: Date
}

extension Workspace {
    /// Copies an import into the workspace; gives the record and whether it was already there.
    ///
    /// Without a name one is made from the file's. A name in use by the same content is that data set; by other
    /// content it gets a number.
    public func keep(
        _ imported: ImportedRows, named name: String? = nil, at time: Date = Date()
    ) throws -> (record: DatasetRecord, wasKnown: Bool) {
        let base = name ?? Self.datasetName(of: imported.path)
        let hash = imported.hash.hex
        let mapping = imported.mapping.asJSON.serialized()
        return try write { db in
            if let known = try Row.fetchOne(
                db, sql: "SELECT * FROM dataset WHERE contentHash = ? AND mapping = ? AND (path = ? OR name = ?)",
                arguments: [hash, mapping, imported.path, base])
            {
                return (DatasetRecord(row: known), true)
            }
            if name != nil,
                try Bool.fetchOne(db, sql: "SELECT 1 FROM dataset WHERE name = ?", arguments: [base]) == true
            {
                throw WorkspaceError.nameTaken(kind: "data set", name: base)
            }
            var free = base
            var number = 2
            while try Bool.fetchOne(db, sql: "SELECT 1 FROM dataset WHERE name = ?", arguments: [free]) == true {
                free = "\(base)-\(number)"
                number += 1
            }
            try db.execute(
                sql: """
                    INSERT INTO dataset (name, path, contentHash, byteCount, shape, mapping, report, rowCount, importedAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    free, imported.path, hash, imported.bytes, imported.shape.rawValue, mapping,
                    Self.report(of: imported).serialized(), imported.examples.count, time.timeIntervalSince1970,
                ])
            let id = db.lastInsertedRowID
            let insert = try db.makeStatement(
                sql: "INSERT INTO example (datasetId, position, content) VALUES (?, ?, ?)")
            for (position, example) in imported.examples.enumerated() {
                try insert.execute(arguments: [id, position, example.asJSON.serialized()])
            }
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM dataset WHERE id = ?", arguments: [id]) else {
                throw WorkspaceError.unknown(kind: "data set", name: free, known: [])
            }
            return (DatasetRecord(row: row), false)
        }
    }

    /// `~/sets/alpaca fr.jsonl` is `alpaca-fr`.
    static func datasetName(of path: String) -> String {
        if path == "-" { return "stdin" }
        let file = (path as NSString).lastPathComponent
        let stem = file.split(separator: ".").first.map(String.init) ?? file
        let name = stem.map { $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : "-" }
        return name.isEmpty ? "data" : String(name)
    }

    private static func report(of imported: ImportedRows) -> JSONValue {
        [
            "rows": .integer(imported.rowCount), "blank_lines": .integer(imported.blankLines),
            "shape": .string(imported.shape.rawValue),
            "reasons": .array(imported.reasons.map { .string($0) }),
            "format": .string(imported.format.format.rawValue),
            "compression": .string(imported.format.compression.rawValue),
            "files": .array(imported.files.map { .string($0.name) }),
            "problems": .array(imported.problems.prefix(1000).map { .string($0.description) }),
            "problem_count": .integer(imported.problems.count),
        ]
    }

    /// Newest import first.
    public func datasets() throws -> [DatasetRecord] {
        try read {
            try Row.fetchAll($0, sql: "SELECT * FROM dataset ORDER BY importedAt DESC, id DESC").map(
                DatasetRecord.init(row:))
        }
    }

    public func dataset(named name: String) throws -> DatasetRecord? {
        try read {
            try Row.fetchOne($0, sql: "SELECT * FROM dataset WHERE name = ?", arguments: [name]).map(
                DatasetRecord.init(row:))
        }
    }

    /// Rows and decisions as they are now.
    ///
    /// `progress` is told the rows read so far and in all; when it answers false, nil comes back.
    public func curationSet(
        of record: DatasetRecord, progress: (Int, Int) -> Bool = { _, _ in true }
    ) throws -> CurationSet? {
        try read { db in
            var examples: [Example] = []
            examples.reserveCapacity(record.rowCount)
            let rows = try Row.fetchCursor(
                db, sql: "SELECT content FROM example WHERE datasetId = ? ORDER BY position", arguments: [record.id])
            while let row = try rows.next() {
                let text: String = row[0]
                guard let value = try? JSONValue(parsing: text), let example = try? Example(json: value) else {
                    throw WorkspaceError.damaged(path: databasePath, reason: "row \(examples.count) of \(record.name)")
                }
                examples.append(example)
                if examples.count % 2048 == 0, !progress(examples.count, record.rowCount) { return nil }
            }
            let entries = try String.fetchAll(
                db, sql: "SELECT detail FROM journalEntry WHERE datasetId = ? ORDER BY sequence", arguments: [record.id]
            )
            let journal = try entries.map { text in
                guard let value = try? JSONValue(parsing: text), let entry = try? JournalEntry(json: value) else {
                    throw WorkspaceError.damaged(path: databasePath, reason: "the journal of \(record.name)")
                }
                return entry
            }
            return CurationSet(name: record.name, examples: examples, journal: journal)
        }
    }

    /// Appends to the journal of a data set, in one transaction.
    /// - Throws: `WorkspaceError.journalMoved` when another process appended meanwhile: the caller's set is behind
    ///   and must be opened again.
    public func append(_ entries: [JournalEntry], to dataset: String, counts: StatusCounts) throws {
        guard let first = entries.first else { return }
        try write { db in
            guard let id = try Int.fetchOne(db, sql: "SELECT id FROM dataset WHERE name = ?", arguments: [dataset])
            else {
                throw WorkspaceError.unknown(kind: "data set", name: dataset, known: [])
            }
            let last =
                try Int.fetchOne(
                    db, sql: "SELECT MAX(sequence) FROM journalEntry WHERE datasetId = ?", arguments: [id]) ?? 0
            guard first.sequence == last + 1 else { throw WorkspaceError.journalMoved(dataset) }
            for entry in entries {
                try db.execute(
                    sql: "INSERT INTO journalEntry (datasetId, sequence, detail) VALUES (?, ?, ?)",
                    arguments: [id, entry.sequence, entry.asJSON.serialized()])
            }
            let summary: JSONValue = [
                "kept": .integer(counts.kept), "dropped": .integer(counts.dropped), "flagged": .integer(counts.flagged),
                "edited": .integer(counts.edited),
            ]
            try db.execute(
                sql: "UPDATE dataset SET counts = ? WHERE id = ?", arguments: [summary.serialized(), id])
        }
    }

    /// Forgets the data set and its decisions; the source file stays.
    public func deleteDataset(named name: String) throws {
        try write { try $0.execute(sql: "DELETE FROM dataset WHERE name = ?", arguments: [name]) }
    }

    // MARK: Versions

    /// Freezes what was not dropped, as a JSONL file of the workspace. The same content gets the same version.
    public func freeze(_ set: CurationSet, of record: DatasetRecord, at time: Date = Date()) throws
        -> DatasetVersionRecord
    {
        let hash = set.contentHash.hex
        if let known = try versions(of: record).first(where: { $0.contentHash == hash }) { return known }
        let label = String(hash.prefix(8))
        let folder = "\(self.folder)/versions"
        let path = "\(folder)/\(record.name)@\(label).jsonl"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw WorkspaceError.notWritable(path: folder)
        }
        // Rows in their canonical form: read again, they are what they were, whatever shape they came in.
        let rows = set.survivors.map { CuratedRow(original: $0, decision: ImportedDecision(status: "kept")) }
        let count = try DatasetWriter.write(curated: rows, to: path)
        try write {
            try $0.execute(
                sql: """
                    INSERT INTO datasetVersion (datasetId, label, contentHash, rowCount, path, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [record.id, label, hash, count, path, time.timeIntervalSince1970])
        }
        // As it is read back: seconds since 1970 keep fewer bits than a date does.
        let kept = Date(timeIntervalSince1970: time.timeIntervalSince1970)
        return DatasetVersionRecord(label: label, contentHash: hash, rowCount: count, path: path, createdAt: kept)
    }

    /// Newest first.
    public func versions(of record: DatasetRecord) throws -> [DatasetVersionRecord] {
        try read {
            try Row.fetchAll(
                $0, sql: "SELECT * FROM datasetVersion WHERE datasetId = ? ORDER BY createdAt DESC",
                arguments: [record.id]
            ).map {
                DatasetVersionRecord(
                    label: $0["label"], contentHash: $0["contentHash"], rowCount: $0["rowCount"], path: $0["path"],
                    createdAt: Date(timeIntervalSince1970: $0["createdAt"]))
            }
        }
    }
}

extension DatasetRecord {
    fileprivate init(row: Row) {
        id = row["id"]
        name = row["name"]
        path = row["path"]
        contentHash = row["contentHash"]
        byteCount = row["byteCount"]
        mapping = (try? JSONValue(parsing: row["mapping"] as String)) ?? .null
        report = (try? JSONValue(parsing: row["report"] as String)) ?? .null
        rowCount = row["rowCount"]
        let counts = (try? JSONValue(parsing: row["counts"] as String)) ?? .null
        kept = counts["kept"]?.int ?? 0
        dropped = counts["dropped"]?.int ?? 0
        flagged = counts["flagged"]?.int ?? 0
        edited = counts["edited"]?.int ?? 0
        importedAt = Date(timeIntervalSince1970: row["importedAt"])
    }
}

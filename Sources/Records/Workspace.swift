import Foundation
import GRDB

/// The one door to everything that is kept: `workspace.sqlite` and the folder `runs/` beside it.
///
/// Each method is one whole operation in one transaction. The database is in WAL mode, so a second process
/// reads while the first writes; writers wait for each other for a few seconds, then fail with `busy`.
public final class Workspace: Sendable {
    public let folder: String
    public let databasePath: String
    private let pool: any DatabaseWriter

    /// Opens the workspace in `folder`, creating it when absent, and brings its schema up to date.
    /// - Throws: `WorkspaceError`.
    public init(folder: String) throws {
        self.folder = folder
        databasePath = folder + "/workspace.sqlite"
        do {
            try FileManager.default.createDirectory(atPath: folder + "/runs", withIntermediateDirectories: true)
        } catch {
            throw WorkspaceError.cannotCreate(path: folder, reason: Self.reason(error))
        }
        guard access(folder, W_OK) == 0, access(folder + "/runs", W_OK) == 0,
            access(databasePath, F_OK) != 0 || access(databasePath, W_OK) == 0
        else { throw WorkspaceError.notWritable(path: folder) }
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            // A metric lost to a power cut is re-made from the checkpoint; a decision by a person is not,
            // so every commit reaches the disk.
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        do {
            pool = try DatabasePool(path: databasePath, configuration: configuration)
            try Self.migrate(pool, path: databasePath)
        } catch {
            throw WorkspaceError.describing(error, path: databasePath)
        }
    }

    /// A workspace in memory, for tests; `folder` is still where runs would be written.
    init(inMemoryWithFolder folder: String) throws {
        self.folder = folder
        databasePath = ":memory:"
        pool = try DatabaseQueue()
        try Self.migrate(pool, path: databasePath)
    }

    private static func migrate(_ writer: any DatabaseWriter, path: String) throws {
        let migrator = DatabaseMigrator.workspace
        if try writer.read({ try migrator.hasBeenSuperseded($0) }) { throw WorkspaceError.newerSchema(path: path) }
        try migrator.migrate(writer)
    }

    /// The system's own words where there are some; Foundation's end in a full stop and use typographic quotes.
    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        if underlying.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(underlying.code))) }
        if error.domain == NSCocoaErrorDomain, error.code == CocoaError.fileWriteNoPermission.rawValue {
            return "permission denied"
        }
        let text = error.localizedDescription
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    public func runFolder(_ run: String) -> String { "\(folder)/runs/\(run)" }

    // MARK: The two ways through the door

    func read<T>(_ body: (Database) throws -> T) throws -> T {
        do { return try pool.read(body) } catch { throw WorkspaceError.describing(error, path: databasePath) }
    }

    func write<T>(_ body: (Database) throws -> T) throws -> T {
        do { return try pool.write(body) } catch { throw WorkspaceError.describing(error, path: databasePath) }
    }

    // MARK: Health

    /// What `ftbench doctor` says of the database.
    public struct Health: Sendable, Equatable {
        public var journalMode: String
        public var integrity: String
        public var bytes: Int
        public var datasets: Int
        public var examples: Int
        public var runs: Int
        public var models: Int
    }

    public func health() throws -> Health {
        let bytes = (try? FileManager.default.attributesOfItem(atPath: databasePath)[.size] as? Int) ?? 0
        return try read { db in
            Health(
                journalMode: try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "?",
                integrity: try String.fetchOne(db, sql: "PRAGMA quick_check") ?? "?",
                bytes: bytes,
                datasets: try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM dataset") ?? 0,
                examples: try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM example") ?? 0,
                runs: try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM run") ?? 0,
                models: try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM model") ?? 0)
        }
    }

    /// A counter that changes whenever another connection commits: cheap to poll.
    public func dataVersion() throws -> Int {
        try read { try Int.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
    }

    // MARK: Settings

    public func setting(_ key: String) throws -> String? {
        try read { try String.fetchOne($0, sql: "SELECT value FROM setting WHERE key = ?", arguments: [key]) }
    }

    public func set(_ key: String, to value: String?) throws {
        try write { db in
            if let value {
                try db.execute(
                    sql:
                        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    arguments: [key, value])
            } else {
                try db.execute(sql: "DELETE FROM setting WHERE key = ?", arguments: [key])
            }
        }
    }
}

import GRDB

/// What went wrong with the workspace, where, and what to do.
public enum WorkspaceError: Error, Equatable, CustomStringConvertible {
    case cannotCreate(path: String, reason: String)
    case notWritable(path: String)
    case diskFull(path: String)
    case busy(path: String)
    case damaged(path: String, reason: String)
    case newerSchema(path: String)
    case unknown(kind: String, name: String, known: [String])
    case nameTaken(kind: String, name: String)
    case runIsLive(String)
    case journalMoved(String)
    case database(path: String, reason: String)

    public var description: String {
        switch self {
        case .cannotCreate(let path, let reason):
            "Cannot create the workspace \(path): \(reason). Name another folder with --workspace DIR."
        case .notWritable(let path):
            "The workspace \(path) cannot be written to. Change its permissions, or name another folder with "
                + "--workspace DIR."
        case .diskFull(let path):
            "The disk that holds \(path) is full. Free some room; what was saved before is intact."
        case .busy(let path):
            "\(path) is locked by another program. Close the program that holds it and try again."
        case .damaged(let path, let reason):
            "\(path) is damaged (\(reason)). Move it away and restore a copy, or start a new workspace with "
                + "--workspace DIR."
        case .newerSchema(let path):
            "\(path) was written by a newer ftbench. Update ftbench, or use another workspace."
        case .unknown(let kind, let name, let known):
            "The workspace has no \(kind) '\(name)'."
                + (known.isEmpty ? "" : " It has: \(known.prefix(12).joined(separator: ", ")).")
        case .nameTaken(let kind, let name):
            "The workspace already has a \(kind) called '\(name)'. Choose another name."
        case .runIsLive(let name):
            "The run '\(name)' is being trained by a process right now. Stop it first."
        case .journalMoved(let name):
            "Another ftbench decided on rows of '\(name)' meanwhile. Open it again (Ctrl-R) to see both; the last act "
                + "here was not kept."
        case .database(let path, let reason):
            "The database \(path) refused: \(reason)."
        }
    }

    /// Turns SQLite's result codes into what a person can act on.
    static func describing(_ error: any Error, path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        switch error.resultCode {
        case .SQLITE_FULL: return WorkspaceError.diskFull(path: path)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
            return WorkspaceError.notWritable(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED: return WorkspaceError.busy(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return WorkspaceError.damaged(path: path, reason: error.message ?? "not a database")
        case .SQLITE_IOERR:
            return WorkspaceError.database(path: path, reason: "input/output error: \(error.message ?? "unknown")")
        default: return WorkspaceError.database(path: path, reason: error.message ?? "\(error.resultCode)")
        }
    }
}

import Foundation
public import Runs

/// Held by the process that trains a run for as long as it does. The kernel lets go of it when that
/// process ends, however it ends, so a held lock is the one sure sign of life.
public final class RunLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `WorkspaceError.runIsLive` when another holder exists.
    public init(run: RunID, in workspace: Workspace) throws {
        let path = workspace.runFolder(run.rawValue) + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw WorkspaceError.notWritable(path: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw WorkspaceError.runIsLive(run.rawValue)
        }
    }

    deinit { close(descriptor) }

    /// Whether some process, this one included, holds the lock of that run.
    public static func isHeld(run: RunID, in workspace: Workspace) -> Bool {
        let descriptor = open(workspace.runFolder(run.rawValue) + "/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return true }
        flock(descriptor, LOCK_UN)
        return false
    }
}

extension Workspace {
    /// Runs whose process ended without a word (killed, power cut) become `interrupted`. Returns their names.
    public func markInterruptedRuns() throws -> [RunID] {
        let dead = try runs(includingArchived: true).filter { $0.phase.isLive && !RunLock.isHeld(run: $0.id, in: self) }
        for run in dead {
            try setPhase(
                .interrupted, of: run.id,
                detail: "its process ended at step \(run.latest?.step ?? 0); resume goes on from the last checkpoint")
        }
        return dead.map(\.id)
    }
}

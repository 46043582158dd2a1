import Dispatch
import Foundation
public import Runs
import Synchronization

/// Takes a run's events from the engine without ever making it wait, and writes them in one transaction a
/// second; the first step, checkpoints, evaluations and the end are written at once.
public final class RunRecorder: Sendable {
    private let workspace: Workspace
    private let run: RunID
    private let queue = DispatchQueue(label: "ftbench.records")
    private let waiting = Mutex<[RunEvent]>([])
    private let failure = Mutex<String?>(nil)
    private let ticks = Atomic(0)
    private let hasStep = Atomic(false)
    private let onCommand: @Sendable (RunCommand) -> Void

    /// `onCommand` is called for every command another process leaves in the database for this run.
    public init(run: RunID, in workspace: Workspace, onCommand: @escaping @Sendable (RunCommand) -> Void) {
        self.run = run
        self.workspace = workspace
        self.onCommand = onCommand
        scheduleTick()
    }

    private func scheduleTick() {
        queue.asyncAfter(deadline: .now() + 0.25) { [weak self] in self?.tick() }
    }

    private func tick() {
        for command in (try? workspace.takeCommands(of: run)) ?? [] { onCommand(command) }
        if ticks.add(1, ordering: .relaxed).newValue % 4 == 0 { write() }
        scheduleTick()
    }

    public func take(_ event: RunEvent) {
        waiting.withLock { $0.append(event) }
        switch event {
        // Who watches from another process waits for a sign that the run is under way.
        case .step where !hasStep.exchange(true, ordering: .relaxed): queue.async { self.write() }
        case .step, .sample, .notice: break
        default: queue.async { self.write() }
        }
    }

    /// Writes what is waiting and returns when it is on disk.
    public func flush() { queue.sync { write() } }

    /// Why the last write failed, for people; nil after one that succeeded. Nothing is dropped on failure:
    /// the events stay and are tried again.
    public var lastFailure: String? { failure.withLock { $0 } }

    private func write() {
        let events = waiting.withLock { events in
            defer { events = [] }
            return events
        }
        guard !events.isEmpty else { return }
        do {
            try workspace.record(events, of: run)
            failure.withLock { $0 = nil }
        } catch {
            failure.withLock { $0 = "\(error)" }
            waiting.withLock { $0 = events + $0 }
        }
    }
}

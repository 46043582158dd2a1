import Dispatch
public import Runs
import Synchronization

/// The only door between the engine's thread and everyone else.
///
/// All work on tensors happens on one dispatch queue, in a loop that takes letters from a mailbox. What a run holds
/// is made there and never leaves; snapshots, events and commands are values. Every function returns at once.
public final class EngineHost: Sendable {
    public typealias EventSink = @Sendable (RunEvent) -> Void

    private let queue = DispatchQueue(label: "ftbench.engine", qos: .userInitiated)
    private let mailbox = Mailbox<EngineLetter>()
    private let board: SnapshotBoard

    public init() {
        let board = SnapshotBoard()
        self.board = board
        let mailbox = mailbox
        queue.async {
            // Everything unsendable lives and dies inside this closure.
            let session = EngineSession()
            while let letter = mailbox.take() {
                switch letter {
                case .start(let request, let events):
                    RunDriver(request: request, session: session, mailbox: mailbox, board: board, events: events).run()
                case .work(let work): work(session)
                case .command: break  // for a run that has just ended
                }
            }
        }
    }

    deinit { mailbox.close() }

    /// The state of the live run, or of the last one.
    public var snapshot: RunSnapshot? { board.snapshot }

    /// Starts a run. `events` is called on the engine's thread, in order; `wake` after every change of the snapshot.
    public func start(
        _ request: RunRequest, events: @escaping EventSink, wake: @escaping @Sendable () -> Void = {}
    ) throws(TrainingError) {
        guard board.begin(RunSnapshot(id: request.id, phase: .preparing), wake: wake) else {
            throw .busy(run: board.snapshot?.id.rawValue ?? "?")
        }
        mailbox.post(.start(request, events))
    }

    /// Read between two steps, or at once while the run is paused.
    public func send(_ command: RunCommand) {
        mailbox.post(.command(command))
    }

    /// Does other work of the engine, on its thread: between two steps of a live run, at once when it is paused or
    /// when there is none.
    ///
    /// The session gives access to the models in memory; what the work returns must be a value.
    public func perform<Value: Sendable>(
        _ work: @escaping @Sendable (EngineSession) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let posted = mailbox.post(.work { session in completion(Result { try work(session) }) })
        if !posted { completion(.failure(TrainingError.cancelled)) }
    }

    public func perform<Value: Sendable>(
        _ work: @escaping @Sendable (EngineSession) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            perform(work) { continuation.resume(with: $0) }
        }
    }

    /// Waits until the run that is live has ended, for programs without a screen.
    ///
    /// - Returns: its outcome; nil when none was started.
    public func waitForEnd() -> RunOutcome? { board.waitForEnd() }

    /// Runs on the calling thread until the end; `send` takes commands for it, from `events` too.
    ///
    /// - Returns: how it ended.
    @discardableResult
    public static func runHere(
        _ request: RunRequest, events: @escaping (RunEvent, _ send: (RunCommand) -> Void) -> Void
    ) -> RunOutcome {
        let mailbox = Mailbox<EngineLetter>()
        let board = SnapshotBoard()
        _ = board.begin(RunSnapshot(id: request.id, phase: .preparing), wake: {})
        let driver = RunDriver(request: request, session: EngineSession(), mailbox: mailbox, board: board) { event in
            events(event) { mailbox.post(.command($0)) }
        }
        return driver.run()
    }
}

/// What the engine's thread is told.
enum EngineLetter: Sendable {
    case start(RunRequest, EngineHost.EventSink)
    case command(RunCommand)
    case work(@Sendable (EngineSession) -> Void)
}

/// The snapshot that the engine writes and others read.
final class SnapshotBoard: Sendable {
    private struct Content {
        var snapshot: RunSnapshot?
        var wake: @Sendable () -> Void = {}
    }
    private let content = Mutex(Content())
    private let ended = DispatchGroup()

    var snapshot: RunSnapshot? { content.withLock { $0.snapshot } }

    /// False when a run is live.
    func begin(_ snapshot: RunSnapshot, wake: @escaping @Sendable () -> Void) -> Bool {
        let isFree = content.withLock { content in
            guard content.snapshot?.phase.isLive != true else { return false }
            content = Content(snapshot: snapshot, wake: wake)
            return true
        }
        guard isFree else { return false }
        ended.enter()
        wake()
        return true
    }

    func update(_ change: (inout RunSnapshot) -> Void) {
        let wake = content.withLock { content in
            if var snapshot = content.snapshot {
                change(&snapshot)
                content.snapshot = snapshot
            }
            return content.wake
        }
        wake()
    }

    func end() { ended.leave() }

    func waitForEnd() -> RunOutcome? {
        ended.wait()
        return snapshot?.outcome
    }
}

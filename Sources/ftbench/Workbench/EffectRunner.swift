import CTerminal
import Dispatch
import Foundation
import Hub
import Records
import Runs
import Synchronization
import Training
import Workbench

/// The only place where an `Effect` becomes work. Everything slow happens on queues; every effect is answered by
/// messages in the inbox, its failure included.
final class EffectRunner: Sendable {
    let workspace: Workspace
    let inbox: Inbox
    let host = EngineHost()
    /// Files, the planner, lists: one at a time, in order.
    let background = DispatchQueue(label: "ftbench.background", qos: .utility)
    /// Reads of data sets, apart so that a list does not wait behind a large file.
    let reading = DispatchQueue(label: "ftbench.reading", qos: .utility)
    /// Token counts go on for long; nothing waits behind them.
    let measuring = DispatchQueue(label: "ftbench.measuring", qos: .background)
    /// Writes people's decisions, in order.
    let keeping = DispatchQueue(label: "ftbench.keeping", qos: .userInitiated)

    struct State {
        /// The run of this process.
        var launch: RunLauncher.Launch?
        /// A slice of the Data screen's own work is due.
        var wantsSlice = false
        var draftModel = ""
        var draftTrainOn = "answers"
        var draftLength = 512
        /// The model that is being fetched.
        var pull: Cancellation?
        /// The export that is being written.
        var export: Cancellation?
    }
    let state = Mutex(State())
    /// Grows when a newer request makes an older one moot.
    let planTicket = Atomic(0)
    let readTicket = Atomic(0)
    let measureTicket = Atomic(0)
    let generationTicket = Atomic(0)
    let exportTicket = Atomic(0)
    /// Entered while an export is written: the program ends after it has stopped cleanly.
    let writing = DispatchGroup()

    init(workspace: Workspace, inbox: Inbox) {
        self.workspace = workspace
        self.inbox = inbox
    }

    // MARK: Life

    /// After the first picture: what the workspace should know, runs of other processes, a file to open.
    func start(opening file: String?) {
        background.async { [self] in
            do {
                try Seeding(workspace: workspace).addShipped()
                let interrupted = try workspace.markInterruptedRuns()
                for run in interrupted {
                    inbox.post(
                        .notice(Notice(.warning, "\(run) was interrupted; 5 then r goes on from its last checkpoint")))
                }
            } catch {
                inbox.post(.notice(Notice(.error, Failure.text(of: error))))
            }
            perform(.data(.list))
            perform(.models(.list))
            perform(.recipe(.listChoices))
            perform(.runs(.list))
        }
        if let file { perform(.data(.importFile(path: file, mapping: nil))) }
        follow(nil)
    }

    var ownsLiveRun: Bool {
        state.withLock { $0.launch != nil } && host.snapshot?.phase.isLive == true
    }

    /// Ends the program's work after the screen has closed.
    func finish(_ mode: QuitMode) {
        keeping.sync {}
        state.withLock { $0.export }?.cancel()
        writing.wait()
        guard ownsLiveRun else { return }
        switch mode {
        case .now, .abort:
            host.send(.abort)
            _ = host.waitForEnd()
        case .stopAndSave:
            Output.standardError("finishing the step and saving a checkpoint")
            host.send(.resume)
            host.send(.stop)
            _ = host.waitForEnd()
        case .keepTraining:
            let id = state.withLock { $0.launch?.id }
            if let id {
                Output.standardError(
                    "\(id) trains on without a screen; ftbench shows it again, ftbench runs stop \(id) ends it")
                _ = cterminal_detach("\(workspace.runFolder(id.rawValue))/headless.log")
            }
            host.send(.resume)
            _ = host.waitForEnd()
        }
        let launch = state.withLock { $0.launch }
        launch?.recorder.flush()
    }

    // MARK: Slices of the Data screen

    var hasMoreToDo: Bool { state.withLock { $0.wantsSlice } }

    func nextSlice() -> Message? {
        state.withLock { state in
            defer { state.wantsSlice = false }
            return state.wantsSlice ? .data(.proceed) : nil
        }
    }

    // MARK: Routing

    func perform(_ effect: Effect) {
        switch effect {
        case .saveSetting(let key, let value):
            keeping.async { [self] in report { try workspace.set(key, to: value) } }
        case .data(let effect): perform(effect)
        case .recipe(let effect): perform(effect)
        case .train(let effect): perform(effect)
        case .compare(let effect): perform(effect)
        case .runs(let effect): perform(effect)
        case .models(let effect): perform(effect)
        case .export(let effect): perform(effect)
        default: break
        }
    }

    /// Runs `body`; what it throws becomes a line on the screen.
    func report(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            inbox.post(.notice(Notice(.error, Failure.text(of: error))))
        }
    }
}

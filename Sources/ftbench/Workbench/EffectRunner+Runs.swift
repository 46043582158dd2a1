import Foundation
import Records
import Runs
import Synchronization
import Training
import Workbench

extension EffectRunner {
    func perform(_ effect: TrainScreen.Effect) {
        switch effect {
        case .command(let run, let command): send(command, to: run)
        case .cancelStart(let run): send(.abort, to: run)
        case .load(let run):
            background.async { [self] in
                do {
                    inbox.post(.train(.history(run, try history(run))))
                } catch {
                    inbox.post(.train(.failed(Failure.text(of: error))))
                }
            }
        case .loadOverlay(let run):
            background.async { [self] in report { inbox.post(.train(.overlay(run, try history(run)))) } }
        }
    }

    private func send(_ command: RunCommand, to run: RunID) {
        if state.withLock({ $0.launch?.id == run }) {
            host.send(command)
        } else {
            keeping.async { [self] in report { try workspace.send(command, to: run) } }
        }
    }

    private func history(_ run: RunID) throws -> RunHistoryValue {
        if let launch = state.withLock({ $0.launch }), launch.id == run { launch.recorder.flush() }
        let kept = try workspace.history(of: run)
        return RunHistoryValue(
            points: kept.points, evaluations: kept.evaluations, samples: kept.samples, checkpoints: kept.checkpoints,
            notices: kept.notices, recipe: try workspace.run(run).recipe)
    }

    func perform(_ effect: RunsScreen.Effect) {
        switch effect {
        case .list:
            background.async { [self] in
                report {
                    let entries = try workspace.runs(includingArchived: true).map { run in
                        RunEntry(
                            id: run.id, phase: run.phase, detail: run.detail, recipe: run.recipe, facts: run.facts,
                            outcome: run.outcome, note: run.note, isArchived: run.isArchived, createdAt: run.createdAt,
                            latest: run.latest, bestEvaluation: run.bestEvaluation,
                            latestEvaluation: run.latestEvaluation,
                            hasCheckpoint: !CheckpointFolder.all(in: workspace.runFolder(run.id.rawValue)).isEmpty)
                    }
                    inbox.post(.runs(.list(entries)))
                }
            }
        case .load(let run):
            background.async { [self] in report { inbox.post(.runs(.history(run, try history(run)))) } }
        case .resume(let run):
            background.async { [self] in
                do {
                    begin(try RunLauncher(workspace: workspace).resume(run) { [self] in host.send($0) })
                    inbox.post(.recipe(.started))
                } catch {
                    inbox.post(.runs(.failed(Failure.text(of: error))))
                }
            }
        case .setNote(let run, let note): change { [self] in try workspace.setNote(note, of: run) }
        case .archive(let run, let isArchived): change { [self] in try workspace.setArchived(isArchived, run) }
        case .delete(let run):
            change { [self] in
                if RunLock.isHeld(run: run, in: workspace) { throw WorkspaceError.runIsLive(run.rawValue) }
                try workspace.deleteRun(run)
                try? FileManager.default.removeItem(atPath: workspace.runFolder(run.rawValue))
            }
        case .attach: break
        }
    }

    private func change(_ body: @escaping @Sendable () throws -> Void) {
        keeping.async { [self] in
            do {
                try body()
            } catch {
                inbox.post(.runs(.failed(Failure.text(of: error))))
            }
            perform(.runs(.list))
            perform(.models(.list))
        }
    }

    // MARK: Runs of other processes

    /// Looks once a second whether another process trains in this workspace, and hands on what is new.
    func follow(_ known: Followed?) {
        background.asyncAfter(deadline: .now() + 1) { [weak self] in
            guard let self else { return }
            self.follow(self.state.withLock { $0.launch } == nil ? self.look(known) : nil)
        }
    }

    /// The run of another process that is on screen, and how much of it.
    struct Followed: Sendable {
        var id: RunID
        var step: Int
        var evaluations: Int
        var samples: Int
        var checkpoints: Int
        var notices: Int
    }

    private func look(_ known: Followed?) -> Followed? {
        do {
            let live = try workspace.runs().first { $0.phase.isLive && RunLock.isHeld(run: $0.id, in: workspace) }
            guard let run = try live ?? known.map({ try workspace.run($0.id) }) else { return nil }
            let history = try workspace.history(of: run.id)
            var events: [RunEvent] = []
            var next = known?.id == run.id ? known : nil
            if let before = next {
                events += history.points.filter { $0.step > before.step }.map { .step($0) }
                events += history.evaluations.dropFirst(before.evaluations).map { .evaluation($0) }
                events += history.samples.dropFirst(before.samples).map { .sample($0) }
                events += history.checkpoints.suffix(max(0, history.checkpoints.count - before.checkpoints)).map {
                    .checkpoint($0)
                }
                events += history.notices.dropFirst(before.notices).map { .notice($0) }
            }
            next = Followed(
                id: run.id, step: history.points.last?.step ?? 0, evaluations: history.evaluations.count,
                samples: history.samples.count, checkpoints: history.checkpoints.count, notices: history.notices.count)
            inbox.post(.snapshot(RunSnapshot(run), isOwn: false))
            if !events.isEmpty { inbox.post(.train(.events(run.id, events))) }
            if live == nil {
                perform(.runs(.list))
                perform(.models(.list))
                return nil
            }
            return next
        } catch {
            return known
        }
    }
}

extension RunSnapshot {
    /// The state of a run as the records have it.
    init(_ run: RunSummary) {
        self.init(id: run.id, phase: run.phase)
        detail = run.detail
        facts = run.facts
        latest = run.latest
        latestEvaluation = run.latestEvaluation
        bestEvaluation = run.bestEvaluation
        outcome = run.outcome
        if let latest, let total = facts?.totalSteps, latest.step > 0 {
            let done = latest.step - (facts?.resumedFromStep ?? 0)
            secondsLeft =
                latest.elapsedSeconds / Double(max(1, max(done, latest.step))) * Double(max(0, total - latest.step))
        }
    }
}

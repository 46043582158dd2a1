import Foundation
import Recipes
import Runs

/// Takes a run from its request to its end: prepares, steps, evaluates, saves, and obeys commands in between.
///
/// It lives on the engine's thread. The arithmetic is in `TrainingRun`; here is only the order of things.
struct RunDriver {
    let request: RunRequest
    let session: EngineSession
    let mailbox: Mailbox<EngineLetter>
    let board: SnapshotBoard
    let events: (RunEvent) -> Void

    /// How a run is left before its last step.
    private enum Leaving: Error { case stop, abort }

    @discardableResult
    func run() -> RunOutcome {
        var outcome: RunOutcome
        do {
            set(.preparing, detail: "reading the data")
            let run = try prepare()
            session.live = run
            outcome = try follow(run)
        } catch {
            outcome = failure(error)
        }
        session.live = nil
        board.update {
            $0.phase = outcome.phase
            $0.detail = outcome.message
            $0.outcome = outcome
            $0.secondsLeft = nil
        }
        emit(.phase(outcome.phase, detail: outcome.message))
        emit(.ended(outcome))
        board.end()
        return outcome
    }

    // MARK: The order of a run

    private func prepare() throws -> TrainingRun {
        let resume = try request.resumeFrom.map { path in
            guard let folder = CheckpointFolder(path: path) else {
                throw TrainingError.badCheckpoint(path: path, reason: "its name is not checkpoint-<step>")
            }
            return folder
        }
        let clock = try resume.map { Date(timeIntervalSince1970: try $0.state().templateClock) } ?? Date()
        let source = try request.data()
        try checkCancelled()
        set(.preparing, detail: "turning rows into tokens")
        let text = try session.text(folder: request.recipe.model)
        let prepared = try PreparedRun(recipe: request.recipe, text: text, data: source, templateClock: clock) {
            try checkCancelled()
        }
        set(.preparing, detail: "rehearsing the export")
        let refusals = (RunExport(request.recipe)?.problems(folder: request.folder) ?? []).filter {
            $0.severity == .error
        }
        guard refusals.isEmpty else {
            throw RecipeProblems(source: "the export that the recipe asks for", problems: refusals)
        }
        set(.preparing, detail: "loading the model")
        let run = try TrainingRun(prepared, folder: request.folder, resumeFrom: resume)
        try checkCancelled()
        for problem in prepared.problems where problem.severity > .note {
            emit(.notice(RunNotice(.warning, step: run.state.step, text: problem.description)))
        }
        for note in run.resumeNotes { emit(.notice(RunNotice(.info, step: run.state.step, text: note))) }
        board.update { $0.facts = run.facts }
        emit(.started(run.facts))
        return run
    }

    /// From the first step to the last; every way out ends here with an outcome.
    private func follow(_ run: TrainingRun) throws -> RunOutcome {
        do {
            set(.training)
            if run.state.step == 0, run.evaluationInterval > 0 { try measure(run) }
            while !run.isDone {
                try obey(run)
                let point = try run.step()
                publish(point, of: run)
                emit(.step(point))
                let isBest = run.isEvaluationDue ? try measure(run) : false
                if run.isCheckpointDue || (isBest && run.savesBest) { try save(run) }
            }
            try obey(run)
            return try finish(run, as: .finished)
        } catch Leaving.stop {
            return try finish(run, as: .stopped)
        } catch Leaving.abort {
            return run.outcome(.stopped, message: "ended without saving, as asked")
        } catch {
            emit(.notice(RunNotice(.error, step: run.state.step, text: "\(error)")))
            keepLastGoodState(of: run, after: error)
            return run.outcome(.failed, message: "\(error)")
        }
    }

    /// A number that is none was met before the update: the weights are those of the last good step.
    private func keepLastGoodState(of run: TrainingRun, after error: any Error) {
        guard case .nonFinite? = error as? TrainingError, run.lastSavedStep != run.state.step, run.weightsAreFinite,
            let saved = try? run.saveCheckpoint()
        else { return }
        emit(.checkpoint(saved.record))
        for path in saved.removed { emit(.checkpointRemoved(path: path)) }
    }

    /// Last measurement, last checkpoint, output.
    private func finish(_ run: TrainingRun, as phase: RunPhase) throws -> RunOutcome {
        do {
            if run.state.latestEvaluation?.step != run.state.step { try measure(run) }
            if run.lastSavedStep != run.state.step { try save(run) }
            try run.writeOutput()
            if phase == .finished { export(run) }
            return run.outcome(phase, message: nil)
        } catch Leaving.abort, Leaving.stop {
            return run.outcome(.stopped, message: "ended without saving, as asked")
        } catch {
            emit(.notice(RunNotice(.error, step: run.state.step, text: "\(error)")))
            return run.outcome(.failed, message: "\(error)")
        }
    }

    /// The training is done and kept, whatever becomes of the export: it can be made again at any time.
    private func export(_ run: TrainingRun) {
        guard let export = RunExport(request.recipe), let output = run.outcome(.finished, message: nil).output else {
            return
        }
        do {
            tell(run, try export.run(folder: request.folder, trained: output))
        } catch {
            let text = "the export failed: \(error) The run itself is finished; try again with ftbench export --run "
            emit(.notice(RunNotice(.error, step: run.state.step, text: text + request.id.rawValue)))
        }
    }

    private func failure(_ error: any Error) -> RunOutcome {
        let cancelled = (error as? TrainingError) == .cancelled
        if !cancelled { emit(.notice(RunNotice(.error, step: 0, text: "\(error)"))) }
        return RunOutcome(
            phase: cancelled ? .stopped : .failed, output: nil, bestCheckpoint: nil, lastCheckpoint: nil,
            message: "\(error)")
    }

    // MARK: Measuring and saving

    /// Held-out loss and samples, told to the outside.
    ///
    /// - Returns: whether it is the best so far.
    @discardableResult
    private func measure(_ run: TrainingRun) throws -> Bool {
        var isBest = false
        if let point = try run.evaluate() {
            isBest = point.isBest
            board.update {
                $0.latestEvaluation = point
                $0.bestEvaluation = run.state.bestEvaluation
            }
            emit(.evaluation(point))
        }
        try sample(run)
        return isBest
    }

    private func sample(_ run: TrainingRun) throws {
        for text in try run.samples() { emit(.sample(text)) }
    }

    /// Saves, and waits for another try when that is what the request wants.
    private func save(_ run: TrainingRun) throws {
        while true {
            do {
                let saved = try run.saveCheckpoint()
                emit(.checkpoint(saved.record))
                for path in saved.removed { emit(.checkpointRemoved(path: path)) }
                return
            } catch {
                guard case .pause = request.checkpointFailure else { throw error }
                emit(.notice(RunNotice(.error, step: run.state.step, text: "\(error)")))
                try pause(run, because: "\(error) Resume tries the save again.")
            }
        }
    }

    // MARK: Commands

    /// Reads the letters that have come since the last step.
    private func obey(_ run: TrainingRun) throws {
        while let letter = mailbox.takeIfAny() {
            if try obey(letter, run) == .pause { try pause(run, because: nil) }
        }
        if mailbox.isClosed { throw Leaving.stop }
    }

    /// Waits until told to go on; does what else is asked meanwhile, with the model still loaded.
    private func pause(_ run: TrainingRun, because detail: String?) throws {
        set(.paused, detail: detail)
        while let letter = mailbox.take() {
            if try obey(letter, run) == .resume {
                set(.training)
                return
            }
        }
        throw Leaving.stop
    }

    /// - Returns: the command when it is one of pause and resume, which are the caller's to obey.
    @discardableResult
    private func obey(_ letter: EngineLetter, _ run: TrainingRun) throws -> RunCommand? {
        switch letter {
        case .work(let work): work(session)
        case .start: break  // the host starts none while one is live
        case .command(let command):
            switch command {
            case .pause, .resume: return command
            case .stop: throw Leaving.stop
            case .abort: throw Leaving.abort
            case .checkpoint: try save(run)
            case .sample: try sample(run)
            case .evaluate: try measure(run)
            case .setLearningRate(let rate):
                if run.setPeakLearningRate(rate) {
                    tell(run, "learning rate set to \(NumberText.shortest(rate)) by hand")
                } else {
                    tell(run, "\(NumberText.shortest(rate)) is no learning rate: use a number from 0 to 1")
                }
            case .setEvaluationInterval(let steps):
                run.setEvaluationInterval(steps)
                tell(run, "evaluation every \(max(0, steps)) steps")
            }
        }
        return nil
    }

    private func checkCancelled() throws {
        let asked = mailbox.contains { letter in
            if case .command(.stop) = letter { return true }
            if case .command(.abort) = letter { return true }
            return false
        }
        if asked || mailbox.isClosed { throw TrainingError.cancelled }
    }

    // MARK: Telling

    private func tell(_ run: TrainingRun, _ text: String) {
        emit(.notice(RunNotice(.info, step: run.state.step, text: text)))
    }

    private func emit(_ event: RunEvent) { events(event) }

    private func set(_ phase: RunPhase, detail: String? = nil) {
        board.update {
            $0.phase = phase
            $0.detail = detail
        }
        emit(.phase(phase, detail: detail))
    }

    private func publish(_ point: MetricPoint, of run: TrainingRun) {
        board.update {
            $0.latest = point
            $0.secondsLeft = run.secondsLeft
        }
    }
}

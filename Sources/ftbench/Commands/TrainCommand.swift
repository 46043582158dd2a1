import ArgumentParser
import Dispatch
import Foundation
import OrderedJSON
import Recipes
import Records
import Runs
import Synchronization
import TerminalUI
import Training

/// A run without a screen.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train from a recipe, or go on with a stopped run.",
        discussion: """
            Ctrl-C finishes the step, saves a checkpoint and ends with status 130; a second Ctrl-C leaves at once.
            """)

    @OptionGroup var options: CommonOptions
    @Argument(help: "A recipe file; not needed with --resume.") var recipe: String?
    @Option(help: "Go on with this run from its newest checkpoint.") var resume: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Override a field.", valueName: "key=value")) var overrides:
        [String] = []

    func validate() throws {
        if recipe == nil, resume == nil { throw ValidationError("Give a recipe file, or --resume RUN.") }
        if resume != nil, !overrides.isEmpty {
            throw ValidationError("--set does not go with --resume: a resumed run keeps its recipe.")
        }
    }

    func run() throws {
        options.applyThreads()
        let workspace = try options.openWorkspace()
        let host = EngineHost()
        let launcher = RunLauncher(workspace: workspace)
        let launch: RunLauncher.Launch
        if let resume {
            launch = try launcher.resume(RunID(resume)) { host.send($0) }
        } else {
            let path = recipe ?? ""
            let folder = (CommonOptions.absolute(path) as NSString).deletingLastPathComponent
            let read = try Recipe.load(path: path, overrides: overrides).validated()
            launch = try launcher.launch(read.resolvingPaths(recipeFolder: folder)) { host.send($0) }
        }
        let printer = RunPrinter(run: launch.id, asJSON: options.json)
        let interruption = Interruption { count in
            if count == 1 {
                Output.standardError("finishing this step, then saving; Ctrl-C again leaves at once")
                host.send(.stop)
            } else {
                Foundation.exit(130)
            }
        }
        try host.start(launch.request) { event in
            launch.recorder.take(event)
            printer.show(event)
        }
        let outcome = host.waitForEnd()
        launch.recorder.flush()
        withExtendedLifetime(launch.lock) {}
        printer.end()
        if let failure = launch.recorder.lastFailure { Output.standardError("ftbench: \(failure)") }
        if interruption.happened { throw ExitCode(130) }
        guard let outcome, outcome.phase != .failed else {
            throw Failure(outcome?.message ?? "the run ended without an outcome")
        }
    }
}

/// SIGINT and SIGTERM as calls on a queue, so that a run can end in order.
final class Interruption {
    private final class Count: Sendable { let value = Atomic(0) }
    private let count = Count()
    private let sources: [any DispatchSourceSignal]

    init(_ handler: @escaping @Sendable (Int) -> Void) {
        let queue = DispatchQueue(label: "ftbench.signals")
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            sources.append(DispatchSource.makeSignalSource(signal: number, queue: queue))
        }
        self.sources = sources
        for source in sources {
            source.setEventHandler { [count] in handler(count.value.add(1, ordering: .relaxed).newValue) }
            source.resume()
        }
    }

    var happened: Bool { count.value.load(ordering: .relaxed) > 0 }
}

/// Prints a run's events: one JSON object a line, or a line of progress for people.
final class RunPrinter: Sendable {
    private let run: RunID
    private let asJSON: Bool
    private let facts = Mutex<RunPlanFacts?>(nil)

    init(run: RunID, asJSON: Bool) {
        self.run = run
        self.asJSON = asJSON
    }

    func show(_ event: RunEvent) {
        if asJSON {
            if let object = Self.json(event, run: run) { Output.json(object) }
            return
        }
        switch event {
        case .phase(let phase, let detail):
            if phase == .preparing { Output.progress("\(run): \(detail ?? "preparing")") }
        case .started(let facts):
            self.facts.withLock { $0 = facts }
            Output.line(
                "\(run): \(facts.trainRows) rows, \(facts.validationRows) held out, \(facts.totalSteps) steps, "
                    + "\(NumberText.grouped(facts.trainableParameters)) trainable parameters"
                    + (facts.resumedFromStep > 0 ? ", from step \(facts.resumedFromStep)" : ""))
        case .step(let point):
            let total = facts.withLock { $0?.totalSteps } ?? 0
            Output.progress(
                "step \(point.step)/\(total)  loss \(NumberText.fixed(point.loss, decimals: 4))  lr "
                    + "\(NumberText.scientific(point.learningRate))  \(NumberText.grouped(Int(point.tokensPerSecond))) tok/s  "
                    + "left \(NumberText.duration(seconds: Self.secondsLeft(point, total)))")
        case .evaluation(let point):
            Output.endProgress()
            Output.line(
                "step \(point.step)  held-out loss \(NumberText.fixed(point.loss, decimals: 4))\(point.isBest ? "  best" : "")"
            )
        case .sample(let sample):
            Output.endProgress()
            Output.line("  \(sample.prompt.prefix(60)) → \(sample.text)")
        case .checkpoint, .checkpointRemoved: break
        case .notice(let notice):
            Output.endProgress()
            Output.standardError("step \(notice.step): \(notice.text)")
        case .ended(let outcome):
            Output.endProgress()
            Output.line("\(run): \(outcome.phase.rawValue)" + (outcome.output.map { " · \($0)" } ?? ""))
        }
    }

    func end() { if !asJSON { Output.endProgress() } }

    private static func secondsLeft(_ point: MetricPoint, _ total: Int) -> Double {
        point.step > 0 ? point.elapsedSeconds / Double(point.step) * Double(max(0, total - point.step)) : 0
    }

    /// The events of the headless contract; others are left out.
    static func json(_ event: RunEvent, run: RunID) -> JSONValue? {
        switch event {
        case .started(let facts):
            [
                "event": "start", "run": .string(run.rawValue), "steps": .integer(facts.totalSteps),
                "train_rows": .integer(facts.trainRows), "validation_rows": .integer(facts.validationRows),
                "trainable_parameters": .integer(facts.trainableParameters),
                "parameters": .integer(facts.totalParameters),
                "tokens_per_epoch": .integer(facts.tokensPerEpoch),
                "trained_tokens_per_epoch": .integer(facts.trainedTokensPerEpoch),
                "resumed_from_step": .integer(facts.resumedFromStep),
            ]
        case .step(let point):
            [
                "event": "step", "step": .integer(point.step), "loss": .finite(point.loss),
                "learning_rate": .number(point.learningRate), "grad_norm": .finite(point.gradientNorm),
                "tokens": .integer(point.tokens), "trained_tokens": .integer(point.trainedTokens),
                "tokens_per_s": .finite(point.tokensPerSecond), "epoch": .number(point.epoch),
                "seconds": .number(point.elapsedSeconds), "rss_bytes": .integer(point.residentBytes),
            ]
        case .evaluation(let point):
            [
                "event": "eval", "step": .integer(point.step), "loss": .finite(point.loss),
                "tokens": .integer(point.tokens),
                "best": .bool(point.isBest),
            ]
        case .sample(let sample):
            [
                "event": "sample", "step": .integer(sample.step), "index": .integer(sample.promptIndex),
                "prompt": .string(sample.prompt), "text": .string(sample.text),
            ]
        case .checkpoint(let checkpoint):
            [
                "event": "checkpoint", "step": .integer(checkpoint.step), "path": .string(checkpoint.path),
                "best": .bool(checkpoint.isBest),
            ]
        case .notice(let notice):
            [
                "event": "notice", "step": .integer(notice.step), "level": .string(notice.level.rawValue),
                "text": .string(notice.text),
            ]
        case .ended(let outcome):
            [
                "event": "end", "run": .string(run.rawValue), "status": .string(outcome.phase.rawValue),
                "output": .optional(outcome.output), "best_checkpoint": .optional(outcome.bestCheckpoint),
                "last_checkpoint": .optional(outcome.lastCheckpoint), "message": .optional(outcome.message),
            ]
        case .phase, .checkpointRemoved: nil
        }
    }
}

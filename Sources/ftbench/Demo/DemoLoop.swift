import Adapters
import Curation
import Datasets
import Evaluation
import Foundation
import Generation
import Models
import Recipes
import Records
import Runs
import Statistics
import Synchronization
import TerminalUI
import Training

/// The steps of the demo, each through the door that the workbench uses too.
struct DemoLoop {
    let workspace: Workspace
    let inputs: DemoInputs
    let overrides: [String]
    let evaluationRows: Int?
    /// Whether to say on standard output what is being done.
    let tells: Bool

    func run(withUncurated: Bool) throws -> DemoFindings {
        let start = Date()
        say("1  import   \(inputs.data)")
        let rows = try DatasetFile.read(path: inputs.data)
        let (record, _) = try workspace.keep(rows, named: nil)
        guard var set = try workspace.curationSet(of: record) else {
            throw Failure("Reading the sample was cancelled.")
        }
        try workspace.addModel(
            named: (inputs.model as NSString).lastPathComponent, path: inputs.model,
            facts: ModelReport.read(folder: inputs.model, loadsWeights: true).asJSON)
        let text = try ModelText.load(folder: inputs.model)

        say("2  check    \(set.count) rows")
        let cleaning = Cleaning(set, renderer: ExampleRenderer(text: text))
        let check = DataCheck(cleaning.scan, examples: cleaning.examples, unreadable: rows.problems)
        for line in check.lines { say("            " + line) }

        say("3  curate")
        let before = set.journal.count
        let acts = cleaning.apply(to: &set, time: Date().timeIntervalSince1970)
        try workspace.append(Array(set.journal.dropFirst(before)), to: record.name, counts: set.counts)
        let version = try workspace.freeze(set, of: record)
        for act in acts { say("            " + act.summary) }
        say("            \(record.name)@\(version.label): \(version.rowCount) of \(set.count) rows remain")

        say("4  plan")
        let reading = recipe(data: "\(record.name)@\(version.label)", name: "demo-curated")
        let plan = RecipePlanner(workspace: workspace).plan(reading, recipeFolder: nil)
        for line in PlanText.lines(plan) { say("            " + line) }
        guard plan.canStart else { throw Failure("The sample recipe cannot start here: see what plan said.") }

        let suite = try suite(text)
        say("5  base     answering \(suite.items.count) held-out messages")
        let base = try evaluate(suite, adapter: nil)
        say("            " + Self.line("base", base))

        say("6  train    on the curated set")
        let curated = try train(reading)
        say("            " + curated.line)
        let tuned = try evaluate(suite, adapter: curated.output)
        say("            " + Self.line("curated", tuned))

        var uncurated: (run: DemoRun, result: SuiteResult)?
        if withUncurated {
            say("7  train    the same recipe on the set as it came")
            let run = try train(recipe(data: inputs.data, name: "demo-uncurated"))
            say("            " + run.line)
            let result = try evaluate(suite, adapter: run.output)
            say("            " + Self.line("uncurated", result))
            uncurated = (run, result)
        }
        return DemoFindings(
            model: inputs.model, check: check, acts: acts.map(\.summary), rowsBefore: set.count,
            rowsAfter: version.rowCount,
            plan: plan, base: base, tuned: tuned, curated: curated, uncurated: uncurated,
            seconds: Date().timeIntervalSince(start))
    }

    private func say(_ line: String) { if tells { Output.line(line) } }

    static func line(_ name: String, _ result: SuiteResult) -> String {
        "\(name): \(result.exact.successes) of \(result.exact.trials) exactly right, in "
            + "\(NumberText.fixed(result.seconds, decimals: 1)) s"
    }

    private func recipe(data: String, name: String) -> RecipeReading {
        var reading = Recipe.load(path: inputs.recipe, overrides: overrides)
        reading.recipe?.model = inputs.model
        reading.recipe?.data.train = data
        reading.recipe?.name = name
        return reading
    }

    private func suite(_ text: ModelText) throws -> ExactMatchSuite {
        let examples = try DatasetFile.read(path: inputs.test).examples
        return try ExactMatchSuite(
            name: (inputs.test as NSString).lastPathComponent, examples: Array(examples.prefix(evaluationRows ?? .max)),
            text: text)
    }

    private func evaluate(_ suite: ExactMatchSuite, adapter: String?) throws -> SuiteResult {
        let decoder: Decoder
        if let adapter, FileManager.default.fileExists(atPath: adapter + "/config.json") {
            // A recipe set to `method=full` leaves a whole model.
            decoder = try Decoder.load(folder: adapter, trainable: false)
        } else {
            decoder = try Decoder.load(folder: inputs.model, trainable: false)
            if let adapter { try LoRAAdapter.load(folder: adapter).attach(to: decoder) }
        }
        defer { Output.endProgress() }
        return try suite.run(Generator(decoder)) { done, all in
            if done % 5 == 0 { Output.progress("            \(done) of \(all) answered") }
            return true
        }
    }

    private func train(_ reading: RecipeReading) throws -> DemoRun {
        let recipe = try reading.validated()
        let host = EngineHost()
        let launch = try RunLauncher(workspace: workspace).launch(recipe) { host.send($0) }
        let log = DemoRunLog()
        let interruption = Interruption { count in
            if count > 1 { Foundation.exit(130) }
            Output.standardError("finishing this step; Ctrl-C again leaves at once")
            host.send(.stop)
        }
        try host.start(launch.request) { event in
            launch.recorder.take(event)
            log.take(event)
        }
        let outcome = host.waitForEnd()
        launch.recorder.flush()
        withExtendedLifetime(launch.lock) {}
        Output.endProgress()
        if interruption.happened { throw Failure("Interrupted.", status: 130) }
        if let failure = launch.recorder.lastFailure { throw Failure(failure) }
        guard let outcome, outcome.phase == .finished, let output = outcome.output else {
            throw Failure(outcome?.message ?? "The run \(launch.id) ended without an adapter.")
        }
        return log.finished(id: launch.id, output: output)
    }
}

/// A run of the demo, with what its report draws.
struct DemoRun: Sendable {
    var id: RunID
    var output: String
    var facts: RunPlanFacts?
    var points: [MetricPoint]
    var evaluations: [EvaluationPoint]
    var notices: [RunNotice]

    /// Seconds of training, evaluations and pauses left out.
    var seconds: Double { points.last?.elapsedSeconds ?? 0 }
    var tokensPerSecond: Double { seconds > 0 ? Double(points.last?.tokens ?? 0) / seconds : 0 }
    var bestEvaluation: EvaluationPoint? { evaluations.filter(\.loss.isFinite).min { $0.loss < $1.loss } }

    var line: String {
        "\(points.count) steps, \(NumberText.grouped(points.last?.tokens ?? 0)) tokens in "
            + "\(NumberText.duration(seconds: seconds)), \(NumberText.grouped(Int(tokensPerSecond))) tokens/s, held-out loss "
            + "\(evaluations.first.map { NumberText.fixed($0.loss, decimals: 3) } ?? "–") → "
            + "\(evaluations.last.map { NumberText.fixed($0.loss, decimals: 3) } ?? "–")"
    }
}

/// Takes events on the engine's thread.
private final class DemoRunLog: Sendable {
    private let run = Mutex(DemoRun(id: "", output: "", facts: nil, points: [], evaluations: [], notices: []))

    func take(_ event: RunEvent) {
        run.withLock { run in
            switch event {
            case .started(let facts): run.facts = facts
            case .step(let point):
                run.points.append(point)
                Output.progress(
                    "            step \(point.step)/\(run.facts?.totalSteps ?? 0)  loss "
                        + "\(NumberText.fixed(point.loss, decimals: 4))  \(NumberText.grouped(Int(point.tokensPerSecond))) tokens/s"
                )
            case .evaluation(let point): run.evaluations.append(point)
            case .notice(let notice): run.notices.append(notice)
            default: break
            }
        }
    }

    func finished(id: RunID, output: String) -> DemoRun {
        run.withLock { run in
            run.id = id
            run.output = output
            return run
        }
    }
}

import Foundation
import Recipes
import Records
import Runs
import Synchronization
import Training
import WeightFiles
import Workbench

extension EffectRunner {
    func perform(_ effect: RecipeScreen.Effect) {
        switch effect {
        case .listChoices:
            background.async { [self] in
                report {
                    inbox.post(
                        .recipe(
                            .choices(
                                models: try workspace.models().map(\.name),
                                datasets: try workspace.datasets().map(\.name))))
                }
            }
        case .restore:
            background.async { [self] in
                report {
                    guard let text = try workspace.setting("recipe.draft") else { return }
                    guard let recipe = Recipe.read(yaml: text).recipe else { return }
                    remember(recipe)
                    inbox.post(.recipe(.restored(recipe)))
                }
            }
        case .keep(let recipe):
            remember(recipe)
            keeping.async { [self] in report { try workspace.set("recipe.draft", to: recipe.yaml(comments: false)) } }
        case .fit(let model, let data):
            background.async { [self] in
                // A model or a set that cannot be read is the plan's to report.
                let values = try? StartingFacts(workspace: workspace).values(model: model, data: data)
                inbox.post(.recipe(.starting(model: model, data: data, values)))
            }
        case .plan(let recipe, let revision): plan(recipe, revision)
        case .start(let recipe): start(recipe)
        case .save(let recipe, let path):
            background.async { [self] in
                let target = CommonOptions.absolute(path)
                do {
                    try DurableFile.write(recipe.yaml(), to: target)
                    inbox.post(.recipe(.saved(path: target)))
                } catch {
                    inbox.post(.recipe(.failed(Failure.text(of: error))))
                }
            }
        case .open(let path):
            background.async { [self] in
                let target = CommonOptions.absolute(path)
                let reading = Recipe.load(path: target)
                let errors = reading.problems.filter { $0.severity == .error }
                guard let recipe = reading.recipe, errors.isEmpty else {
                    let text = errors.map(\.description).joined(separator: "\n")
                    inbox.post(.recipe(.failed("\(path): \(text)")))
                    return
                }
                let folder = (target as NSString).deletingLastPathComponent
                inbox.post(
                    .recipe(
                        .loaded(
                            recipe.resolvingPaths(recipeFolder: folder), name: (path as NSString).lastPathComponent,
                            problems: reading.problems.map(\.description))))
            }
        }
    }

    /// What the Data screen's rendering follows.
    private func remember(_ recipe: Recipe) {
        state.withLock { state in
            state.draftModel = recipe.model
            state.draftTrainOn = recipe.data.trainOn.rawValue
            state.draftLength = recipe.batch.sequenceLength
        }
    }

    private func plan(_ recipe: Recipe, _ revision: Int) {
        remember(recipe)
        let ticket = planTicket.add(1, ordering: .relaxed).newValue
        let isCurrent: @Sendable () -> Bool = { [self] in planTicket.load(ordering: .relaxed) == ticket }
        // A short wait: held arrow keys ask for ten plans a second, and only the last one matters.
        background.asyncAfter(deadline: .now() + 0.15) { [self] in
            guard isCurrent() else { return }
            let reading = RecipeReading(recipe: recipe, problems: recipe.problems(), source: "the recipe")
            let plan = RecipePlanner(workspace: workspace).plan(reading, recipeFolder: nil) { !isCurrent() }
            guard isCurrent() else { return }
            inbox.post(.recipe(.planned(revision: revision, Preflight(plan))))
        }
    }

    // MARK: Starting

    private func start(_ recipe: Recipe) {
        background.async { [self] in
            do {
                begin(try RunLauncher(workspace: workspace).launch(recipe) { [self] in host.send($0) })
                inbox.post(.recipe(.started))
            } catch {
                inbox.post(.recipe(.failed(Failure.text(of: error))))
            }
        }
    }

    /// Hands a registered run to the engine.
    func begin(_ launch: RunLauncher.Launch) {
        var request = launch.request
        request.checkpointFailure = .pause
        let id = launch.id
        do {
            try host.start(request) { [self] event in
                launch.recorder.take(event)
                inbox.post(.train(.events(id, [event])))
                if case .ended = event { ended(id) }
            } wake: { [self] in
                inbox.post(.snapshot(host.snapshot, isOwn: true))
            }
            state.withLock { $0.launch = launch }
        } catch {
            inbox.post(.recipe(.failed(Failure.text(of: error))))
            report { try workspace.setPhase(.failed, of: id, detail: Failure.text(of: error)) }
        }
    }

    private func ended(_ id: RunID) {
        keeping.async { [self] in
            let launch = state.withLock { state in
                defer { if state.launch?.id == id { state.launch = nil } }
                return state.launch
            }
            launch?.recorder.flush()
            if let failure = launch?.recorder.lastFailure { inbox.post(.notice(Notice(.error, failure))) }
            perform(.runs(.list))
            perform(.models(.list))
        }
    }
}

extension Preflight {
    /// A plan as the Recipe screen shows it.
    init(_ plan: TrainingPlan) {
        self.init()
        findings = plan.problems.map { problem in
            let level: Finding.Level =
                switch problem.severity {
                case .note: .note
                case .warning: .warning
                case .error: .error
                }
            return Finding(level, key: problem.key, text: problem.problem, remedy: problem.remedy)
        }
        memory = plan.memory.lines.filter { $0.bytes > 0 }.map { MemoryItem(name: $0.name, byteCount: $0.bytes) }
        memoryAvailable = plan.availableBytes ?? 0
        seconds = plan.time?.seconds
        tokensPerSecond = plan.time?.tokensPerSecond
        rows = plan.trainRows
        validationRows = plan.validationRows
        totalTokens = plan.totalTokens
        trainedTokens = plan.trainedTokens
        steps = plan.steps
        rowsTooLong = plan.dropped.count { $0.reason == .tooLong } + plan.cutRows
        rowsWithoutTrainedToken = plan.dropped.count { $0.reason == .nothingTrained }
        rowsEndTokenUntrained = plan.rowsWithoutEnd
        diskBytes = plan.diskBytes
        diskAvailable = plan.freeDiskBytes ?? 0
        trainableParameters = plan.trainableParameters
        let stride = max(1, plan.learningRates.count / 64)
        learningRates = plan.learningRates.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    }
}

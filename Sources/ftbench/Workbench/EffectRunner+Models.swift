import Adapters
import Datasets
import Foundation
import Hub
import Models
import OrderedJSON
import Recipes
import Records
import Runs
import Synchronization
import Tensors
import TerminalUI
import Tokenizers
import Training
import Workbench

extension EffectRunner {
    func perform(_ effect: ModelsScreen.Effect) {
        switch effect {
        case .list:
            background.async { [self] in
                report { inbox.post(.models(.list(try ModelCatalogue(workspace: workspace).entries()))) }
            }
        case .add(let path):
            background.async { [self] in
                do {
                    inbox.post(
                        .models(.added(try ModelCatalogue(workspace: workspace).add(CommonOptions.absolute(path)))))
                    perform(.recipe(.listChoices))
                } catch {
                    inbox.post(.models(.failed(Failure.text(of: error))))
                }
            }
        case .pull(let repository):
            let cancellation = Cancellation()
            state.withLock { $0.pull = cancellation }
            // For hours perhaps: not a thread that the queues would miss.
            Thread.detachNewThread { [self] in pull(repository, cancellation) }
        case .cancelPull: state.withLock { $0.pull }?.cancel()
        case .remove(let name):
            keeping.async { [self] in
                report { try workspace.removeModel(named: name) }
                perform(.models(.list))
                perform(.recipe(.listChoices))
            }
        }
    }
}

extension EffectRunner {
    /// Fetches a model and adds it; the last message is always `pullEnded`.
    private func pull(_ repository: String, _ cancellation: Cancellation) {
        do {
            let settings = try HubSettings(environment: ProcessInfo.processInfo.environment)
            let name = try RepositoryName(repository, endpoint: settings.endpoint)
            let pulling = try ModelPulling(repository: name, settings: settings, workspace: workspace)
            let outcome = try pulling.pull.run(cancellation: cancellation) { [self] event in
                if let state = Self.state(of: event, repository) { inbox.post(.models(.pulling(state))) }
            }
            inbox.post(
                .models(.pulling(PullState(repository: repository, fraction: 1, detail: "reading what came"))))
            let model = try pulling.register(outcome)
            inbox.post(.models(.pullEnded(Self.notice(of: model), added: model.isAdapter ? nil : model.name)))
            perform(.recipe(.listChoices))
        } catch HubError.cancelled {
            inbox.post(
                .models(
                    .pullEnded(Notice(.info, "\(repository): stopped; P with the same name goes on"), added: nil)))
        } catch {
            inbox.post(.models(.pullEnded(Notice(.error, Failure.text(of: error)), added: nil)))
        }
    }

    private static func state(of event: PullEvent, _ repository: String) -> PullState? {
        switch event {
        case .started(let plan):
            PullState(
                repository: repository,
                detail: "\(plan.files) files" + (plan.bytes.map { ", \(NumberText.bytes($0))" } ?? ""))
        case .progress(let progress):
            PullState(
                repository: repository, fraction: progress.fraction, detail: PullText.amounts(progress))
        case .retry(let what, let reason, let delay, _):
            PullState(repository: repository, detail: PullText.retry(what, reason, delay))
        case .file, .note: nil
        }
    }

    private static func notice(of model: PulledModel) -> Notice {
        if let problem = model.problem {
            return Notice(.warning, "\(model.headline); cannot be used as it is", detail: problem)
        }
        if model.isAdapter { return Notice(.done, "\(model.headline) · an adapter, in \(model.outcome.folder)") }
        return Notice(.done, model.headline)
    }
}

/// The models of a workspace: base folders, and what its runs left.
struct ModelCatalogue {
    let workspace: Workspace

    /// Reads the folder first, so that a broken one is refused with the reason.
    func add(_ path: String) throws -> String {
        let facts = try ModelFacts.read(folder: path)
        let name = (path as NSString).lastPathComponent
        try workspace.addModel(
            named: name, path: path,
            facts: ["family": .string(facts.family.rawValue), "parameters": .integer(facts.parameters)])
        return name
    }

    func entries() throws -> [ModelEntry] {
        let runs = try workspace.runs()
        var entries: [ModelEntry] = []
        for model in try workspace.models() {
            entries.append(base(model))
            for run in runs {
                guard let recipe = Recipe.read(yaml: run.recipe).recipe, recipe.model == model.path else { continue }
                entries += products(of: run, recipe, base: model.name)
            }
        }
        return entries
    }

    private func base(_ model: ModelRecord) -> ModelEntry {
        do {
            let facts = try ModelFacts.read(folder: model.path)
            let sizes = facts.configuration
            var list: [(title: String, value: String)] = [
                ("family", facts.family.rawValue),
                ("parameters", NumberText.grouped(facts.parameters)),
                (
                    "layers",
                    "\(sizes.layers) of width \(sizes.hiddenSize), \(sizes.heads) heads over \(sizes.keyValueHeads)"
                ),
                ("vocabulary", NumberText.grouped(sizes.vocabularySize)),
                ("context", NumberText.grouped(facts.contextLength)),
            ]
            do {
                let text = try ModelText.load(folder: model.path)
                list.append(
                    (
                        "template",
                        text.hasTemplate
                            ? "\(text.templateOrigin ?? "yes")  \(text.templateHash.prefix(12))"
                            : "none: role headings are used"
                    ))
                list.append(
                    (
                        "tokenizer",
                        "\(NumberText.grouped(text.tokenizer.vocabularySize)) tokens  \(text.tokenizerHash.prefix(12))"
                    ))
                let ends = text.endTokenIDs.map { text.tokenizer.token($0) ?? "\($0)" }
                list.append(("end tokens", ends.joined(separator: " ")))
            } catch {
                list.append(("tokenizer", Failure.text(of: error)))
            }
            return ModelEntry(
                name: model.name, kind: .base, path: model.path, parameters: facts.parameters,
                elementType: facts.elementType.map { "\($0.rawValue)" }, byteCount: facts.weightBytes,
                contextLength: facts.contextLength, facts: list)
        } catch {
            return ModelEntry(name: model.name, kind: .broken, path: model.path, problem: Failure.text(of: error))
        }
    }

    /// The output of a run and its checkpoints.
    private func products(of run: RunSummary, _ recipe: Recipe, base: String) -> [ModelEntry] {
        let folder = workspace.runFolder(run.id.rawValue)
        var places: [(label: String, path: String, step: Int?)] = []
        if let output = run.outcome?.output, FileManager.default.fileExists(atPath: output) {
            places.append(("output", output, nil))
        }
        let best = run.outcome?.bestCheckpoint
        for checkpoint in CheckpointFolder.all(in: folder) {
            let label = checkpoint.path == best ? "best" : "checkpoint-\(checkpoint.step)"
            places.append((label, checkpoint.path, checkpoint.step))
        }
        return places.map { place in
            let size = Self.byteCount(of: place.path)
            var list: [(title: String, value: String)] = [
                ("run", run.id.rawValue), ("trained on", recipe.data.train), ("state", run.phase.rawValue),
            ]
            if recipe.method == .lora {
                list.append(
                    (
                        "adapter",
                        "LoRA r\(recipe.lora.r) alpha \(recipe.lora.alpha) on \(recipe.lora.targetModules.joined(separator: ", "))"
                    ))
            }
            if let step = place.step { list.append(("step", "\(step)")) }
            return ModelEntry(
                name: "\(run.id)/\(place.label)", kind: recipe.method == .lora ? .adapter : .full, path: place.path,
                base: base,
                parameters: run.facts?.trainableParameters, elementType: recipe.method == .lora ? "F32" : nil,
                byteCount: size, facts: list, evaluationLoss: run.bestEvaluation?.loss)
        }
    }

    private static func byteCount(of folder: String) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix("optimizer") }.reduce(0) { sum, name in
            sum + ((try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int) ?? 0)
        }
    }
}

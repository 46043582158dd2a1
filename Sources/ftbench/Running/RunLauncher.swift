import Foundation
import OrderedJSON
import Recipes
import Records
import Runs
import Training

/// Starts and resumes runs: registers them in the workspace, holds their lock, and hands the engine a request in
/// which every name has become a path. The screen and `ftbench train` both go through here.
struct RunLauncher: Sendable {
    let workspace: Workspace

    /// A run that is registered and locked, ready for an engine.
    struct Launch: Sendable {
        var id: RunID
        var request: RunRequest
        var recorder: RunRecorder
        /// Held for as long as the run is this process's.
        var lock: RunLock
    }

    /// - Throws: `Failure` or `WorkspaceError`; nothing is registered then.
    func launch(_ recipe: Recipe, onCommand: @escaping @Sendable (RunCommand) -> Void) throws -> Launch {
        var settled = recipe
        settled.model = try NamedThings(workspace: workspace).modelPath(recipe.model)
        let resolver = DataResolver(workspace: workspace)
        let train = try resolver.settled(recipe.data.train)
        settled.data.train = train.path
        if case .file(let name) = recipe.data.validation {
            settled.data.validation = .file(try resolver.settled(name).path)
        }
        let id = try workspace.freeRunName(recipe.name ?? Self.name(for: recipe))
        settled.name = id.rawValue
        try workspace.createRun(id, recipe: settled.yaml(comments: false), lineage: ["data": .string(train.label)])
        return try prepare(id, settled, resumeFrom: nil, onCommand: onCommand)
    }

    /// Goes on from the newest checkpoint that is whole.
    func resume(_ id: RunID, onCommand: @escaping @Sendable (RunCommand) -> Void) throws -> Launch {
        let summary = try workspace.run(id)
        if RunLock.isHeld(run: id, in: workspace) { throw WorkspaceError.runIsLive(id.rawValue) }
        guard summary.phase != .finished else {
            throw Failure("The run '\(id)' is finished. Clone its recipe to train further.")
        }
        guard let checkpoint = CheckpointFolder.newestUsable(in: workspace.runFolder(id.rawValue)) else {
            throw Failure(
                "The run '\(id)' left no whole checkpoint to go on from. Start its recipe again: ftbench runs show \(id)"
            )
        }
        let recipe = try Recipe.read(yaml: summary.recipe, source: "the recipe of \(id)").validated()
        let launch = try prepare(id, recipe, resumeFrom: checkpoint.path, onCommand: onCommand)
        try workspace.rewindRun(id, to: checkpoint.step)
        return launch
    }

    private func prepare(
        _ id: RunID, _ recipe: Recipe, resumeFrom checkpoint: String?,
        onCommand: @escaping @Sendable (RunCommand) -> Void
    ) throws -> Launch {
        let lock = try RunLock(run: id, in: workspace)
        let resolver = DataResolver(workspace: workspace)
        let request = RunRequest(
            id: id, recipe: recipe, folder: workspace.runFolder(id.rawValue), resumeFrom: checkpoint,
            data: { try resolver.dataSource(for: recipe) })
        let recorder = RunRecorder(run: id, in: workspace, onCommand: onCommand)
        return Launch(id: id, request: request, recorder: recorder, lock: lock)
    }

    /// `triage-lora16`: what was trained on, and how.
    static func name(for recipe: Recipe) -> String {
        let data = recipe.data.train.split(separator: "/").last.map(String.init) ?? "run"
        let stem = data.split(separator: "@").first?.split(separator: ".").first.map(String.init) ?? data
        let clean = String(stem.map { $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : "-" }.prefix(24))
        return recipe.method == .lora ? "\(clean)-lora\(recipe.lora.r)" : "\(clean)-full"
    }
}

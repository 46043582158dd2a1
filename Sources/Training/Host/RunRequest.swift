public import Recipes
public import Runs

/// Everything a run needs to be made on the engine's thread.
public struct RunRequest: Sendable {
    /// What to do when a checkpoint cannot be written.
    public enum CheckpointFailure: Sendable {
        /// Wait: `resume` tries the save again. For a person at a screen.
        case pause
        /// End as failed, with the checkpoints before it. For scripts.
        case stop
    }

    public var id: RunID
    /// With `model` as a folder; see `Recipe.resolvingPaths`.
    public var recipe: Recipe
    /// Folder of the run: `checkpoint-<step>` folders and `output` come to lie in it. Made when absent.
    public var folder: String
    /// Reads the examples; called on the engine's thread, so that a large file never holds up a screen.
    public var data: @Sendable () throws -> DataSource
    /// Folder of the checkpoint to go on from; nil starts afresh.
    public var resumeFrom: String?
    public var checkpointFailure: CheckpointFailure = .stop

    public init(
        id: RunID, recipe: Recipe, folder: String, resumeFrom: String? = nil,
        data: @escaping @Sendable () throws -> DataSource
    ) {
        self.id = id
        self.recipe = recipe
        self.folder = folder
        self.resumeFrom = resumeFrom
        self.data = data
    }
}

import Datasets
import Models
import Recipes
import Records
import Training

/// Looks at a model and a data set for the values that a new recipe begins with.
struct StartingFacts {
    let workspace: Workspace?

    /// - Parameters:
    ///   - model: a path, or a name of the workspace
    ///   - data: a file, or NAME or NAME@VERSION of the workspace
    /// - Returns: the values that fit both
    /// - Throws: what `NamedThings`, `DataResolver` and the readers of both throw
    func values(model: String, data: String) throws -> StartingValues {
        let facts = try ModelFacts.read(folder: try NamedThings(workspace: workspace).modelPath(model))
        let recipe = Recipe(model: model, data: .init(train: data))
        let rows = try DataResolver(workspace: workspace).dataSource(for: recipe).train
        // Rows that are too long are left out of training, so that they say nothing about its length.
        let lengths = rows.lazy.map(Self.tokens).filter { $0 <= recipe.batch.sequenceLength }
        return StartingValues(
            .init(
                parameters: facts.parameters, contextLength: facts.contextLength, rows: rows.count,
                tokens: lengths.reduce(0, +)))
    }

    /// A guess: four bytes a token, and a few tokens around each turn.
    private static func tokens(_ row: Example) -> Int {
        if case .tokens(let row) = row.content { return row.ids.count }
        return row.turns.reduce(0) { $0 + $1.text.utf8.count / 4 + 4 }
    }
}

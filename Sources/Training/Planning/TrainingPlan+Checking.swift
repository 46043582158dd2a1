import Datasets
import Models
public import Recipes

extension TrainingPlan {
    /// Plans from the recipe on, and turns whatever stands in the way into problems: model and data are both looked
    /// at, so that everything wrong is told at once.
    ///
    /// `recipe.model` is a folder; `folder` is where checkpoints would go; `data` reads the examples.
    public static func of(
        _ recipe: Recipe, folder: String?, calibration: Calibration = .products, data: () throws -> DataSource
    ) -> TrainingPlan {
        var problems: [RecipeProblem] = []
        func found<Value>(_ key: String, _ body: () throws -> Value) -> Value? {
            do {
                return try body()
            } catch {
                problems.append(RecipeProblem(key: key, problem: sentence("\(error)"), remedy: ""))
                return nil
            }
        }
        let configuration = found("model") { try ModelConfiguration.load(folder: recipe.model) }
        let text = found("model") { try ModelText.load(folder: recipe.model) }
        let source = found("data.train", data)
        if let configuration, let text, let source {
            let prepared = found("data.train") { try PreparedRun(recipe: recipe, text: text, data: source) }
            if let prepared {
                return TrainingPlan(
                    prepared, configuration: configuration, folder: folder, calibration: calibration)
            }
        }
        return TrainingPlan(
            recipe: recipe, problems: recipe.problems() + targetProblems(recipe, configuration) + problems)
    }

    /// Names in `lora.target_modules` that no projection has: of the model, or of any family when it is not known.
    static func targetProblems(_ recipe: Recipe, _ configuration: ModelConfiguration?) -> [RecipeProblem] {
        guard recipe.method == .lora else { return [] }
        let known = configuration?.projectionNames ?? ModelFamily.projectionNames
        let unknown = recipe.lora.targetModules.filter { name in
            name != "all-linear" && !known.contains { name == $0 || name.hasSuffix("." + $0) }
        }
        guard !unknown.isEmpty else { return [] }
        return [
            RecipeProblem(
                key: "lora.target_modules", problem: "the model has no \(unknown.joined(separator: ", "))",
                remedy: "Choose among \(known.joined(separator: ", ")), or all-linear.")
        ]
    }

    /// Without the full stop that the problem brings itself.
    private static func sentence(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }
}

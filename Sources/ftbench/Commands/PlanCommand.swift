import ArgumentParser
import Datasets
import Foundation
import Models
import OrderedJSON
import Recipes
import Records
import Training

/// Everything that is wrong with a recipe, and what it will cost, before anything starts.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Check a recipe and forecast memory and time; changes nothing.")

    @OptionGroup var options: CommonOptions
    @Argument(help: "A recipe file.") var recipe: String
    @Option(name: .customLong("set"), help: ArgumentHelp("Override a field.", valueName: "key=value")) var overrides:
        [String] = []

    func run() throws {
        options.applyThreads()
        let reading = Recipe.load(path: recipe, overrides: overrides)
        let workspace = try NamedThings.forText(options).workspace
        let plan = RecipePlanner(workspace: workspace).plan(
            reading, recipeFolder: (CommonOptions.absolute(recipe) as NSString).deletingLastPathComponent)
        if options.json { Output.json(plan.asJSON) } else { Output.line(PlanText.lines(plan).joined(separator: "\n")) }
        if !plan.canStart { throw ExitCode.failure }
    }
}

/// Makes a plan from a recipe: shared by the command, the Recipe screen and the start of a run.
struct RecipePlanner: Sendable {
    let workspace: Workspace?

    func plan(_ reading: RecipeReading, recipeFolder: String?, isCancelled: () -> Bool = { false }) -> TrainingPlan {
        guard let read = reading.recipe, !reading.problems.contains(where: { $0.severity == .error }) else {
            let unread = reading.recipe ?? Recipe(model: "", data: .init(train: ""))
            return TrainingPlan(recipe: unread, problems: reading.problems)
        }
        let recipe = read.resolvingPaths(recipeFolder: recipeFolder)
        var problems: [RecipeProblem] = []
        var model: String?
        var data: DataSource?
        do {
            model = try NamedThings(workspace: workspace).modelPath(recipe.model)
        } catch {
            problems.append(Self.problem("model", error, "Give the path of a model folder."))
        }
        do {
            data = try DataResolver(workspace: workspace).dataSource(for: recipe)
        } catch {
            problems.append(Self.problem("data.train", error, "Give the path of a data file."))
        }
        guard let model, let data else { return TrainingPlan(recipe: recipe, problems: reading.problems + problems) }
        do {
            var settled = recipe
            settled.model = model
            let configuration = try ModelConfiguration.load(folder: model)
            let text = try ModelText.load(folder: model)
            let prepared = try PreparedRun(recipe: settled, text: text, data: data) {
                if isCancelled() { throw CancellationError() }
            }
            return TrainingPlan(prepared, configuration: configuration, folder: workspace?.folder)
        } catch let error as RecipeProblem {
            return TrainingPlan(recipe: recipe, problems: reading.problems + [error])
        } catch {
            return TrainingPlan(recipe: recipe, problems: reading.problems + [Self.problem("", error, "")])
        }
    }

    private static func problem(_ key: String, _ error: any Error, _ remedy: String) -> RecipeProblem {
        RecipeProblem(key: key, problem: Failure.text(of: error), remedy: remedy, severity: .error)
    }
}

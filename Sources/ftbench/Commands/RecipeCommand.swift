import ArgumentParser
import Foundation
import OrderedJSON
import Recipes
import Records
import WeightFiles

/// A recipe to begin with.
struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe", abstract: "Write a recipe to begin with, fitted to a model and a data set.",
        discussion: """
            Every field stands in it with its meaning. Where the size of the model or of the data set asks for \
            something else than the default, the reason is given on standard error. A new recipe in the workbench \
            begins with the same values.
            """)

    @OptionGroup var options: CommonOptions
    @Option(help: "Model folder or a model of the workspace.") var model: String
    @Option(help: "A data file, or NAME or NAME@VERSION of the workspace.") var data: String
    @Option(help: "The file to write; standard output when left out.") var out: String?

    func run() throws {
        let starting = try StartingFacts(workspace: try NamedThings.forText(options).workspace)
            .values(model: model, data: data)
        let recipe = starting.preset.applied(to: Recipe(model: model, data: .init(train: data)))
        if options.json {
            Output.json([
                "recipe": .string(recipe.yaml(comments: false)), "parameters": .integer(starting.facts.parameters),
                "rows": .integer(starting.facts.rows), "tokens": .integer(starting.facts.tokens),
                "values": .array(
                    starting.values.map {
                        ["key": .string($0.key), "value": .string($0.text), "reason": .string($0.reason)]
                    }),
            ])
        } else {
            for value in starting.values { Output.standardError("\(value.key) \(value.text): \(value.reason)") }
            if out == nil { Output.line(recipe.yaml()) }
        }
        if let out { try DurableFile.write(recipe.yaml(), to: CommonOptions.absolute(out)) }
    }
}

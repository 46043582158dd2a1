import ArgumentParser
import Foundation
import OrderedJSON
import Records
import TerminalUI

/// The models the workspace knows.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List, pull, add and inspect models.",
        subcommands: [List.self, Pull.self, Add.self, Info.self, Remove.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The models known by name.")
        @OptionGroup var options: CommonOptions

        func run() throws {
            let models = try KnownModel.all(in: try NamedThings.forText(options).workspace)
            if options.json {
                Output.json(["models": .array(models.map(\.asJSON))])
                return
            }
            if models.isEmpty {
                Output.line(
                    "No model yet. Fetch one: ftbench models pull OWNER/NAME, or add a folder: ftbench models add PATH")
            }
            let nameWidth = models.map { TextWidth.of($0.name) }.max() ?? 0
            for model in models { Output.line(model.line(nameWidth: nameWidth)) }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a Hugging Face folder under a name, after reading all of it.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "The folder: config.json, model.safetensors, tokenizer.json.") var path: String
        @Option(help: "Its name; the folder's name when left out.") var name: String?

        func validate() throws {
            if let name, name.isEmpty || name.contains("/") {
                throw ValidationError("'\(name)' cannot be the name of a model. Choose one without '/'.")
            }
        }

        func run() throws {
            let folder = CommonOptions.absolute(path)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw Failure(
                    "There is no folder \(folder). Give the path of a Hugging Face folder, or fetch one with: "
                        + "ftbench models pull OWNER/NAME")
            }
            let facts = try ModelReport.read(folder: folder, loadsWeights: true)
            let name = name ?? (folder as NSString).lastPathComponent
            guard !name.isEmpty, !name.contains("/") else {
                throw Failure("'\(name)' cannot be the name of a model. Choose one without '/' with --name.")
            }
            try options.openWorkspace().addModel(named: name, path: folder, facts: facts.asJSON)
            if options.json {
                Output.json(facts.json(named: name))
            } else {
                Output.line("\(name): \(facts.summary)")
                for note in facts.notes { Output.line("  \(note)") }
            }
        }
    }

    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a model folder holds.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "Model folder or a model of the workspace.") var model: String

        func run() throws {
            let folder = try NamedThings.forText(options).modelPath(model)
            let facts = try ModelReport.read(folder: folder, loadsWeights: false)
            if options.json {
                Output.json(facts.json(named: model))
                return
            }
            for (title, value) in facts.lines { Output.line("\(title.paddedToCells(16)) \(value)") }
            for note in facts.notes { Output.line("note             \(note)") }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget the name of a model; its folder stays.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "Name of the model.") var name: String

        func run() throws {
            let workspace = try options.openWorkspace()
            guard let model = try workspace.model(named: name) else {
                if name == "base-model", Shipped.sample(name) != nil {
                    throw Failure("'\(name)' ships with ftbench and is always known. There is nothing to forget.")
                }
                throw WorkspaceError.unknown(kind: "model", name: name, known: try workspace.models().map(\.name))
            }
            try workspace.removeModel(named: name)
            if options.json {
                Output.json(["removed": .string(name), "path": .string(model.path)])
            } else {
                Output.line("\(name) is forgotten; its folder stays: \(model.path)")
            }
        }
    }
}

/// A model with a name: one that was added, or the one that ships with the program.
struct KnownModel {
    var name: String
    var path: String
    var facts: JSONValue
    var isShipped = false

    static func all(in workspace: Workspace?) throws -> [KnownModel] {
        var models = try workspace?.models().map { KnownModel(name: $0.name, path: $0.path, facts: $0.facts) } ?? []
        // A new workspace knows the shipped model by name alone.
        for place in models.indices where models[place].facts["family"] == nil {
            if let facts = try? ModelReport.read(folder: models[place].path, loadsWeights: false) {
                models[place].facts = facts.asJSON
            }
        }
        if let path = Shipped.sample("base-model"), !models.contains(where: { $0.path == path }),
            !models.contains(where: { $0.name == "base-model" })
        {
            let facts = try? ModelReport.read(folder: path, loadsWeights: false).asJSON
            models.append(KnownModel(name: "base-model", path: path, facts: facts ?? [:], isShipped: true))
        }
        return models
    }

    var asJSON: JSONValue {
        var object: JSONObject = ["name": .string(name), "path": .string(path), "shipped": .bool(isShipped)]
        for key in ["family", "parameters", "dtype", "context_length"] { object[key] = facts[key] ?? .null }
        object["present"] = .bool(FileManager.default.fileExists(atPath: path + "/config.json"))
        return .object(object)
    }

    /// Names of pulled models are long; the columns after them stay in line.
    func line(nameWidth: Int) -> String {
        let parameters = facts["parameters"]?.int.map { NumberText.compact(Double($0)) } ?? "?"
        let missing = FileManager.default.fileExists(atPath: path + "/config.json") ? "" : "  (the folder is gone)"
        return "\(name.paddedToCells(max(24, nameWidth))) \((facts["family"]?.string ?? "?").paddedToCells(8)) "
            + "\(parameters.paddedToCells(8)) \((facts["dtype"]?.string ?? "?").paddedToCells(10)) \(path)\(missing)"
    }
}

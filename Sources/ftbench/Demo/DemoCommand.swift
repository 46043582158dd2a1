import ArgumentParser
import Foundation
import OrderedJSON
import Records

/// The whole loop without a screen: the same code as the workbench, from the file to the judged adapter.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "The whole loop on the sample, unattended, with a report.",
        discussion: """
            Imports the sample set, finds its flaws, cleans it, trains an adapter, and compares base and adapter on
            held-out rows; then trains the same recipe on the set as it came, to show what the cleaning was worth. Every
            figure of the report is measured in this run. The workspace is a temporary one that is removed at the end,
            unless --workspace names one to keep.
            """)

    @OptionGroup var options: CommonOptions
    @Flag(help: "Leave out the second training, on the set as it came.") var quick = false
    @Option(help: "Model folder or name; the sample base model when left out.") var model: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Override a field of the recipe.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(help: "Evaluate on this many held-out rows; all when left out.") var rows: Int?
    @Option(help: "Held-out rows of your own; sample-data/triage-test.jsonl when left out.") var test: String?

    func validate() throws {
        if let rows, rows < 1 { throw ValidationError("--rows takes a number from 1, not \(rows).") }
    }

    func run() throws {
        options.applyThreads()
        let isTemporary = options.workspace == nil
        let folder = isTemporary ? NSTemporaryDirectory() + "ftbench-demo-\(getpid())" : options.workspaceFolder
        defer { if isTemporary { try? FileManager.default.removeItem(atPath: folder) } }
        let inputs = try DemoInputs(
            model: model, test: test, workspace: isTemporary ? nil : try Workspace(folder: folder))
        let loop = DemoLoop(
            workspace: try Workspace(folder: folder), inputs: inputs, overrides: overrides, evaluationRows: rows,
            tells: !options.json)
        let findings = try loop.run(withUncurated: !quick)
        if options.json {
            Output.json(findings.asJSON)
        } else {
            DemoReport(findings).lines.forEach(Output.line)
            Output.line("")
            if isTemporary {
                Output.line(
                    "The workspace was temporary. Keep one: ftbench demo --workspace DIR, then open it: ftbench --workspace DIR"
                )
            } else {
                Output.line("Kept in \(folder). Open it: ftbench --workspace \(folder)")
            }
        }
    }
}

/// The files the demo works on.
struct DemoInputs {
    let data: String
    let test: String
    let recipe: String
    let model: String

    /// - Throws: `Failure` that says which file is missing and how to get it.
    init(model name: String?, test file: String? = nil, workspace: Workspace?) throws {
        func sample(_ file: String) throws -> String {
            guard let path = Shipped.sample(file) else {
                throw Failure(
                    "sample-data/\(file) was not found" + (Shipped.home.map { " below \($0)" } ?? "")
                        + ". Start ftbench from its own folder, or set FTBENCH_HOME to the folder that holds sample-data/."
                )
            }
            return path
        }
        data = try sample("triage.jsonl")
        test = try file ?? sample("triage-test.jsonl")
        recipe = try sample("recipes/triage.yaml")
        if let name {
            model = try NamedThings(workspace: workspace).modelPath(name)
        } else if let path = Shipped.sample("base-model"), FileManager.default.fileExists(atPath: path + "/config.json")
        {
            model = path
        } else {
            throw Failure(
                "The sample base model (sample-data/base-model) is missing. Make it with: make sample-model, or name another "
                    + "model with --model.")
        }
    }
}

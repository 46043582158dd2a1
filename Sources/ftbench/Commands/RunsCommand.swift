import ArgumentParser
import Foundation
import OrderedJSON
import Recipes
import Records
import Runs
import TerminalUI

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List, inspect and steer the runs of the workspace, also those of another process.",
        subcommands: [List.self, Show.self, Diff.self, Pause.self, Stop.self, Resume.self, Delete.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All runs, newest first.")
        @OptionGroup var options: CommonOptions

        func run() throws {
            let workspace = try options.openWorkspace()
            _ = try workspace.markInterruptedRuns()
            let runs = try workspace.runs(includingArchived: true)
            if options.json {
                Output.json(["runs": .array(runs.map { RunText.json($0) })])
                return
            }
            if runs.isEmpty { Output.line("No run yet. Start one: ftbench train sample-data/recipes/triage.yaml") }
            for run in runs { Output.line(RunText.line(run)) }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One run: recipe, state, checkpoints, evaluations.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "Name of the run.") var name: String

        func run() throws {
            let workspace = try options.openWorkspace()
            _ = try workspace.markInterruptedRuns()
            let run = try workspace.run(RunID(name))
            let history = try workspace.history(of: run.id)
            if options.json {
                var object = RunText.json(run).object ?? [:]
                object["recipe_yaml"] = .string(run.recipe)
                object["evaluations"] = .array(
                    history.evaluations.map {
                        ["step": .integer($0.step), "loss": .finite($0.loss), "best": .bool($0.isBest)]
                    })
                object["checkpoints"] = .array(
                    history.checkpoints.map {
                        ["step": .integer($0.step), "path": .string($0.path), "best": .bool($0.isBest)]
                    })
                object["points"] = .array(
                    history.points.map {
                        [
                            "step": .integer($0.step), "loss": .finite($0.loss),
                            "learning_rate": .number($0.learningRate),
                            "grad_norm": .finite($0.gradientNorm), "tokens_per_s": .finite($0.tokensPerSecond),
                        ]
                    })
                object["notices"] = .array(history.notices.map { .string($0.text) })
                Output.json(.object(object))
                return
            }
            Output.line(RunText.line(run))
            if let detail = run.detail { Output.line(detail) }
            for point in history.evaluations {
                Output.line(
                    "  step \(point.step)  held-out loss \(NumberText.fixed(point.loss, decimals: 4))\(point.isBest ? "  best" : "")"
                )
            }
            for checkpoint in history.checkpoints {
                Output.line("  \(checkpoint.path)\(checkpoint.isBest ? "  best" : "")")
            }
            for notice in history.notices { Output.line("  step \(notice.step): \(notice.text)") }
            Output.line("")
            Output.line(run.recipe)
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What differs between the recipes of two runs.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "First run.") var first: String
        @Argument(help: "Second run.") var second: String

        func run() throws {
            let workspace = try options.openWorkspace()
            let old = try Recipe.read(yaml: try workspace.run(RunID(first)).recipe, source: first).validated()
            let new = try Recipe.read(yaml: try workspace.run(RunID(second)).recipe, source: second).validated()
            let differences = new.differences(from: old)
            if options.json {
                Output.json([
                    "differences": .array(
                        differences.map { ["key": .string($0.key), "old": .string($0.old), "new": .string($0.new)] })
                ])
                return
            }
            if differences.isEmpty { Output.line("The recipes are the same.") }
            for item in differences { Output.line("\(item.key.paddedToCells(34)) \(item.old)  →  \(item.new)") }
        }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Pause a live run after its step.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "Name of the run.") var name: String
        func run() throws { try RunText.send(.pause, to: name, options) }
    }

    struct Stop: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Finish the step, save, end.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "Name of the run.") var name: String
        func run() throws { try RunText.send(.stop, to: name, options) }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a paused run go on; start a stopped one again from its checkpoint in this process.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "Name of the run.") var name: String

        func run() throws {
            let workspace = try options.openWorkspace()
            let run = try workspace.run(RunID(name))
            if RunLock.isHeld(run: run.id, in: workspace) {
                try RunText.send(.resume, to: name, options)
                return
            }
            var arguments = ["--resume", name, "--workspace", workspace.folder]
            if options.json { arguments.append("--json") }
            if let threads = options.threads { arguments += ["--threads", "\(threads)"] }
            let command = try TrainCommand.parse(arguments)
            try command.run()
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a run and its folder for good.")
        @OptionGroup var options: CommonOptions
        @Argument(help: "Name of the run.") var name: String
        @Flag(help: "Do not ask; needed without a terminal.") var yes = false

        func run() throws {
            let workspace = try options.openWorkspace()
            let run = try workspace.run(RunID(name))
            if RunLock.isHeld(run: run.id, in: workspace) { throw WorkspaceError.runIsLive(name) }
            if !yes {
                guard isatty(STDIN_FILENO) == 1 else {
                    throw ValidationError("Add --yes to delete without being asked.")
                }
                Output.piece("Type \(name) to delete it and its checkpoints for good: ")
                guard readLine() == name else { throw Failure("Nothing was deleted.") }
            }
            try workspace.deleteRun(run.id)
            try? FileManager.default.removeItem(atPath: workspace.runFolder(name))
            if options.json { Output.json(["deleted": .string(name)]) } else { Output.line("\(name) is deleted.") }
        }
    }
}

enum RunText {
    static func line(_ run: RunSummary) -> String {
        let step = "\(run.latest?.step ?? 0)/\(run.facts?.totalSteps ?? 0)"
        let best = run.bestEvaluation.map { "best held-out \(NumberText.fixed($0.loss, decimals: 4))" } ?? ""
        let loss =
            run.latest.map { "loss \($0.loss.isFinite ? NumberText.fixed($0.loss, decimals: 4) : "\($0.loss)")" } ?? ""
        return "\(run.id.rawValue.paddedToCells(28)) \(run.phase.rawValue.paddedToCells(12)) \(step.paddedToCells(10)) "
            + "\(loss.paddedToCells(12)) \(best)"
    }

    static func json(_ run: RunSummary) -> JSONValue {
        [
            "run": .string(run.id.rawValue), "status": .string(run.phase.rawValue), "detail": .optional(run.detail),
            "step": .integer(run.latest?.step ?? 0), "steps": .integer(run.facts?.totalSteps ?? 0),
            "loss": run.latest.map { .finite($0.loss) } ?? .null,
            "best_eval_loss": run.bestEvaluation.map { .finite($0.loss) } ?? .null,
            "output": .optional(run.outcome?.output), "best_checkpoint": .optional(run.outcome?.bestCheckpoint),
            "created": .number(run.createdAt.timeIntervalSince1970), "note": .string(run.note), "lineage": run.lineage,
        ]
    }

    /// Leaves a command for the process that trains the run.
    static func send(_ command: RunCommand, to name: String, _ options: CommonOptions) throws {
        let workspace = try options.openWorkspace()
        let run = try workspace.run(RunID(name))
        guard RunLock.isHeld(run: run.id, in: workspace) else {
            _ = try workspace.markInterruptedRuns()
            throw Failure(
                "The run '\(name)' is not live (\(try workspace.run(run.id).phase.rawValue)): no process would hear it."
            )
        }
        try workspace.send(command, to: run.id)
        if options.json {
            Output.json(["run": .string(name), "sent": .string("\(command)")])
        } else {
            Output.line("told \(name)")
        }
    }
}

public import ArgumentParser
public import Exports
import Foundation
import OrderedJSON
import Recipes
import Records
import Runs
import TerminalUI
import Training

/// Writes a model or an adapter for other tools.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a model or an adapter for other tools.",
        discussion: """
            Formats: peft and mlx write the adapter alone; safetensors a whole folder for transformers, the adapter \
            merged in; gguf one file for llama.cpp, merged, or the adapter alone with --lora-only.

            Types: f32, f16 (the usual for gguf), bf16, and for gguf also q8_0, q4_0, q4_k_m, q6_k. A safetensors \
            folder keeps each weight's own type when none is given.

            --dry-run performs everything but the writing, and names every reason why the export would fail.

            JSON: "format", "type", "output", "written" (bool), "bytes", "files" (list of "name" and "bytes"), \
            "merge_difference" (the largest difference of a logit that merging brings; null when nothing is merged), \
            "seconds", "problems" (list of "severity", "problem" and "remedy"). A refused export prints the same, with \
            "written" false, and ends with status 1.
            """)

    @OptionGroup var options: CommonOptions
    @Option(
        name: .customLong("run"),
        help: "A run of the workspace: its model with what it trained (RUN, RUN/best, RUN/last, RUN/STEP).")
    var runName: String?
    @Option(help: "Model folder or a model of the workspace.") var model: String?
    @Option(help: "PEFT folder, or a run of the workspace.") var adapter: String?
    @Option(help: "peft, mlx, safetensors or gguf.") var format: ExportFormat
    @Option(help: "f32, f16, bf16, q8_0, q4_0, q4_k_m or q6_k.") var type: ExportType?
    @Option(
        name: .customLong("max-shard-size"),
        help: ArgumentHelp("Largest safetensors file, as 500MB, 5GB or 2GiB.", valueName: "size"))
    var maxShardSize = "5GB"
    @Flag(name: .customLong("lora-only"), help: "gguf: the adapter alone.") var loraOnly = false
    @Option(help: "gguf: name of the pre-tokeniser, when it is not recognised.") var pre: String?
    @Option(help: "What the file calls the model; the folder's name when left out.") var name: String?
    @Option(help: "Folder, or for gguf also a file, to write.") var output: String
    @Flag(name: .customLong("dry-run"), help: "Everything but the writing.") var dryRun = false
    @Flag(help: "Replace what is at the output already.") var force = false

    func validate() throws {
        if runName == nil, model == nil { throw ValidationError("Give one of --run and --model.") }
        if runName != nil, model != nil || adapter != nil {
            throw ValidationError("--run names model and adapter both: leave --model and --adapter out.")
        }
        if ByteSize(maxShardSize) == nil {
            throw ValidationError("--max-shard-size takes a size such as 500MB, 5GB or 2GiB, not '\(maxShardSize)'.")
        }
        if pre != nil, format != .gguf { throw ValidationError("--pre goes with --format gguf.") }
    }

    func run() throws {
        options.applyThreads()
        let subject = try ExportSubject.find(run: runName, model: model, adapter: adapter, options: options)
        let request = ExportRequest(
            model: subject.model, adapter: subject.adapter, format: format, type: type,
            maxShardBytes: ByteSize(maxShardSize)?.bytes ?? 5_000_000_000, adapterOnly: loraOnly, preTokenizer: pre,
            name: name ?? subject.name, output: CommonOptions.absolute(output), replaces: force)
        let started = ContinuousClock.now
        let exporter = try Exporter(request)
        let plan = exporter.plan
        if plan.errors.isEmpty, !dryRun {
            try exporter.run { written in
                Output.progress("\(NumberText.bytes(written)) of \(NumberText.bytes(plan.bytes))")
            }
            Output.endProgress()
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        report(plan, written: plan.errors.isEmpty && !dryRun, seconds: seconds)
        if !plan.errors.isEmpty { throw ExitCode.failure }
    }

    private func report(_ plan: ExportPlan, written: Bool, seconds: Double) {
        if options.json {
            Output.json([
                "format": .string(format.rawValue), "type": .optional(type?.rawValue), "output": .string(plan.output),
                "written": .bool(written), "bytes": .integer(plan.bytes),
                "files": .array(plan.files.map { ["name": .string($0.name), "bytes": .integer($0.bytes)] }),
                "merge_difference": plan.mergeDifference.map { .finite(Double($0)) } ?? .null,
                "seconds": .number(seconds),
                "problems": .array(
                    plan.problems.map {
                        [
                            "severity": .string($0.isError ? "error" : "warning"), "problem": .string($0.what),
                            "remedy": .string($0.remedy),
                        ]
                    }),
            ])
            return
        }
        for problem in plan.problems where !problem.isError { Output.standardError("note: \(problem)") }
        if !plan.errors.isEmpty {
            Output.standardError("ftbench: \(ExportError.refused(plan.errors))")
            return
        }
        if let difference = plan.mergeDifference {
            Output.line("merged: no logit moves by more than \(NumberText.scientific(Double(difference)))")
        }
        for file in plan.files { Output.line("\(NumberText.bytes(file.bytes).paddedToCells(12)) \(file.name)") }
        Output.line("\(written ? "written to" : "would be written to") \(plan.output)")
    }
}

/// Which model and which adapter an export is about.
struct ExportSubject {
    var model: String
    var adapter: String?
    var name: String?

    /// - Throws: `Failure` that says what was looked for where.
    static func find(
        run: String?, model: String?, adapter: String?, options: CommonOptions
    ) throws -> ExportSubject {
        let things = try NamedThings.forText(options)
        if let model {
            return ExportSubject(
                model: try things.modelPath(model), adapter: try adapter.map { try things.adapterPath($0) },
                name: (model as NSString).lastPathComponent)
        }
        return try find(run: run ?? "", in: try options.openWorkspace(), things)
    }

    /// What a run trained: its output, else the newest checkpoint it left.
    static func find(run: RunID, in workspace: Workspace) throws -> ExportSubject {
        var name = run.rawValue
        let outcome = try workspace.run(run).outcome
        if outcome?.output == nil, outcome?.lastCheckpoint == nil,
            let newest = CheckpointFolder.all(in: workspace.runFolder(name)).last
        {
            name += "/\(newest.step)"
        }
        return try find(run: name, in: workspace, NamedThings(workspace: workspace))
    }

    private static func find(run: String, in workspace: Workspace, _ things: NamedThings) throws -> ExportSubject {
        let parts = run.split(separator: "/", maxSplits: 1).map(String.init)
        guard let id = parts.first else { throw Failure("--run needs the name of a run.") }
        let summary = try workspace.run(RunID(id))
        let recipe = try Recipe.read(yaml: summary.recipe, source: "the recipe of \(id)").validated()
        let base = try things.modelPath(recipe.model)
        if recipe.method == .full {
            let found: String? =
                switch parts.count == 2 ? parts[1] : "output" {
                case "output": summary.outcome?.output ?? summary.outcome?.lastCheckpoint
                case "best": summary.outcome?.bestCheckpoint
                case "last": summary.outcome?.lastCheckpoint
                case let step: workspace.runFolder(id) + "/checkpoint-\(step)"
                }
            guard let found, FileManager.default.fileExists(atPath: found + "/config.json") else {
                throw Failure("The run '\(id)' has no such model on disk. See what it left: ftbench runs show \(id)")
            }
            return ExportSubject(model: found, adapter: nil, name: id)
        }
        return ExportSubject(model: base, adapter: try things.adapterPath(run), name: id)
    }
}

/// A size as people write it: `500MB` and `5GB` in powers of ten, `2GiB` in powers of two.
struct ByteSize {
    let bytes: Int

    init?(_ text: String) {
        let units: [(String, Int)] = [
            ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("KB", 1000), ("MB", 1_000_000),
            ("GB", 1_000_000_000), ("B", 1), ("", 1),
        ]
        let upper = text.uppercased()
        guard let (suffix, scale) = units.first(where: { upper.hasSuffix($0.0) }),
            let number = Double(upper.dropLast(suffix.count)), number > 0, number * Double(scale) < 1e18
        else { return nil }
        bytes = Int(number * Double(scale))
        if bytes < 1 { return nil }
    }
}

extension ExportFormat: ExpressibleByArgument {}
extension ExportType: ExpressibleByArgument {}

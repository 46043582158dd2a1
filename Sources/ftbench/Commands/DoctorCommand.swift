import ArgumentParser
import CursesDriver
import Foundation
import OrderedJSON
import Records
import Tensors
import TerminalUI
import Training

/// The machine and the workspace: what works, and what would work better.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the machine, the terminal and the workspace.")

    @OptionGroup var options: CommonOptions

    func run() throws {
        if let threads = options.threads { Processor.setThreads(threads) }
        let report = Diagnosis(workspaceFolder: options.workspaceFolder)
        if options.json { Output.json(report.asJSON) } else { report.lines.forEach(Output.line) }
        if !report.failures.isEmpty { throw ExitCode.failure }
    }
}

/// What doctor found. A failure keeps ftbench from working, a warning only makes it slower or plainer.
struct Diagnosis {
    private var sections: [(title: String, key: String, entries: [(key: String, text: String, value: JSONValue)])] = []
    private(set) var warnings: [String] = []
    private(set) var failures: [String] = []

    init(workspaceFolder: String) {
        addMachine()
        addTerminal()
        addWorkspace(workspaceFolder)
        addShipped()
    }

    private mutating func add(_ title: String, _ key: String, _ entries: [(String, String, JSONValue)]) {
        sections.append((title, key, entries.map { (key: $0.0, text: $0.1, value: $0.2) }))
    }

    private mutating func addMachine() {
        let cores = ProcessInfo.processInfo.processorCount
        let usable = ProcessInfo.processInfo.activeProcessorCount
        if let warning = CommonOptions.instructionSetWarning { warnings.append(warning) }
        let pinned = Processor.pinnedProductKernels
        if Processor.threads < usable {
            warnings.append(
                "\(Processor.threads) of \(usable) processors are used; --threads or the environment says so.")
        }
        let available = MemoryUse.availableBytes
        let total = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        add(
            "Machine", "machine",
            [
                ("cores", "\(cores), \(usable) usable", .integer(cores)),
                ("threads", "\(Processor.threads)", .integer(Processor.threads)),
                (
                    "instruction_set",
                    "\(Processor.instructionSet) of \(Processor.supportedInstructionSets.joined(separator: ", "))",
                    .string(Processor.instructionSet)
                ),
                (
                    "instruction_sets", "", .array(Processor.supportedInstructionSets.map { .string($0) })
                ),
                (
                    "products",
                    (Processor.multipliesWithOpenBLAS ? "OpenBLAS" : "AVX-512 kernels")
                        + (ProductPrecision.bfloat16.isNative ? ", BF16 kernels" : ", no BF16: computed in float32"),
                    .string(Processor.multipliesWithOpenBLAS ? "openblas" : "avx512")
                ),
                ("bf16_products", "", .bool(ProductPrecision.bfloat16.isNative)),
                ("blas", Processor.productLibrary, .string(Processor.productLibrary)),
                ("blas_pinned", pinned ?? "", .optional(pinned)),
                (
                    "memory",
                    "\(NumberText.bytes(total))" + (available.map { ", \(NumberText.bytes($0)) available" } ?? ""),
                    .integer(total)
                ),
                ("available_memory", "", available.map { .integer($0) } ?? .null),
                ("version", Version.text, .string(Version.text)),
            ])
    }

    private mutating func addTerminal() {
        let abilities = TerminalAbilities.query()
        if !abilities.isTerminalOutput || !abilities.isTerminalInput {
            warnings.append("No terminal here: the workbench cannot open. The headless commands and ftbench demo work.")
        } else if !abilities.isKnownTerm {
            warnings.append(
                "TERM=\(abilities.term) is unknown to terminfo: the workbench cannot open. Install ncurses-term, or set "
                    + "TERM to one that is known, such as xterm-256color.")
        }
        if !abilities.isUTF8 {
            warnings.append("The locale is not UTF-8: charts are drawn in ASCII. Set LANG=C.UTF-8.")
        }
        let size = abilities.size.map { "\($0.x)x\($0.y)" }
        add(
            "Terminal", "terminal",
            [
                ("term", abilities.term.isEmpty ? "not set" : abilities.term, .string(abilities.term)),
                ("is_terminal", abilities.isTerminalOutput ? "yes" : "no", .bool(abilities.isTerminalOutput)),
                ("size", size ?? "unknown", .optional(size)),
                ("colours", "\(abilities.colours), drawn as \(abilities.depth.rawValue)", .integer(abilities.colours)),
                (
                    "utf8", abilities.isUTF8 ? "yes (\(abilities.codeset))" : "no (\(abilities.codeset))",
                    .bool(abilities.isUTF8)
                ),
                ("glyphs", abilities.glyphs.rawValue, .string(abilities.glyphs.rawValue)),
            ])
    }

    private mutating func addWorkspace(_ folder: String) {
        guard FileManager.default.fileExists(atPath: folder + "/workspace.sqlite") else {
            add(
                "Workspace", "workspace",
                [
                    ("folder", "\(folder) (not made yet)", .string(folder)), ("exists", "", .bool(false)),
                ])
            return
        }
        do {
            let workspace = try Workspace(folder: folder)
            let health = try workspace.health()
            if health.integrity != "ok" {
                failures.append(
                    "\(folder)/workspace.sqlite is damaged: \(health.integrity). Move it away and restore a copy.")
            }
            let free =
                (try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize] as? Int) ?? nil
            if let free, free < 1 << 30 {
                warnings.append("Only \(NumberText.bytes(free)) are free where \(folder) is.")
            }
            add(
                "Workspace", "workspace",
                [
                    ("folder", folder, .string(folder)), ("exists", "", .bool(true)),
                    (
                        "database", "\(health.integrity), \(health.journalMode), \(NumberText.bytes(health.bytes))",
                        .string(health.integrity)
                    ),
                    ("journal_mode", "", .string(health.journalMode)),
                    (
                        "holds",
                        "\(health.datasets) data sets with \(NumberText.grouped(health.examples)) rows, \(health.runs) runs, "
                            + "\(health.models) models",
                        [
                            "datasets": .integer(health.datasets), "rows": .integer(health.examples),
                            "runs": .integer(health.runs), "models": .integer(health.models),
                        ]
                    ),
                    ("free_disk", free.map(NumberText.bytes) ?? "unknown", free.map { .integer($0) } ?? .null),
                ])
        } catch {
            failures.append(Failure.text(of: error))
            add("Workspace", "workspace", [("folder", folder, .string(folder)), ("exists", "", .bool(true))])
        }
    }

    private mutating func addShipped() {
        let model = Shipped.sample("base-model/config.json") != nil
        let data = Shipped.sample("triage.jsonl") != nil
        if Shipped.home == nil {
            warnings.append(
                "The files that ship with ftbench (themes/, sample-data/) were not found. Set FTBENCH_HOME to the folder "
                    + "that holds them.")
        } else if !model {
            warnings.append("The sample base model is missing: ftbench demo needs it. Make it with: make sample-model")
        }
        add(
            "Shipped", "shipped",
            [
                ("home", Shipped.home ?? "not found", .optional(Shipped.home)),
                ("themes", Shipped.themes ?? "not found", .bool(Shipped.themes != nil)),
                ("sample_data", data ? "found" : "not found", .bool(data)),
                ("sample_model", model ? "found" : "not found", .bool(model)),
            ])
    }

    var asJSON: JSONValue {
        var object: JSONObject = [:]
        for section in sections {
            var members: JSONObject = [:]
            for entry in section.entries { members[entry.key] = entry.value }
            object[section.key] = .object(members)
        }
        object["warnings"] = .array(warnings.map { .string($0) })
        object["failures"] = .array(failures.map { .string($0) })
        return .object(object)
    }

    var lines: [String] {
        var lines: [String] = []
        for section in sections {
            lines.append(section.title)
            for entry in section.entries where !entry.text.isEmpty {
                lines.append("  \(entry.key.replacingOccurrences(of: "_", with: " ").paddedToCells(18)) \(entry.text)")
            }
        }
        for warning in warnings { lines.append("warning: \(warning)") }
        for failure in failures { lines.append("failure: \(failure)") }
        if warnings.isEmpty && failures.isEmpty { lines.append("All is well.") }
        return lines
    }
}

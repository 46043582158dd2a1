import ArgumentParser
import Foundation
import OrderedJSON
import Records
import Runs
import Tensors
import TerminalUI

/// How long a person waits: from `exec` to the first picture, and from a key to the first training step.
struct StartBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Time to the first screen of a large workspace, and to a first training step.",
        discussion: """
            Makes a workspace with many rows and runs in a temporary folder, opens it on a pseudo-terminal, and waits
            for the end of the first picture (first_screen_ms) and for the names of the data sets (listed_ms). Then
            goes to the recipe and presses R and Enter: training_ms is when the first step begins, first_step_ms when
            it is done, both from R on. The step is one sequence of 512 tokens without a measurement before it.
            """)

    @OptionGroup var options: CommonOptions
    @Option(help: "Rows of the workspace's large data set.") var examples = 100_000
    @Option(help: "Finished runs of the workspace.") var runs = 50
    @Option(help: "Rows of the data set that is trained on.") var trainRows = 500
    @Option(help: "Shape of the model of random weights.") var shape = "smollm2-135m"
    @Option(help: "A model folder to train instead.") var model: String?
    @Option(help: "A tokenizer.json for the model of random weights; a small one is trained without it.")
    var tokenizer: String?
    @Option(help: "First screens to time.") var repeats = 7
    @Option(help: "Starts of a run to time; 0: none.") var starts = 3
    @Option(help: "Columns of the terminal.") var columns = 120
    @Option(help: "Rows of the terminal.") var lines = 40
    @Option(help: ArgumentHelp("The program to time; this one when left out.", visibility: .hidden))
    var program: String?

    func validate() throws {
        for (name, value, least) in [
            ("examples", examples, 1), ("runs", runs, 0), ("train-rows", trainRows, 1), ("repeats", repeats, 1),
            ("starts", starts, 0),
        ] where value < least {
            throw ValidationError("--\(name) takes a number from \(least), not \(value).")
        }
        if !(40...400).contains(columns) || !(10...200).contains(lines) {
            throw ValidationError("--columns takes 40 to 400 and --lines 10 to 200.")
        }
    }

    func run() throws {
        let folder = NSTemporaryDirectory() + "ftbench-start-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        Output.progress("making a workspace of \(examples) rows and \(runs) runs")
        let made = try StartWorkspace(
            folder: folder, examples: examples, runs: runs, trainRows: trainRows, shape: try BenchShape.named(shape),
            model: model, tokenizer: tokenizer)
        let subject = StartSubject(
            program: try program ?? ScreenBench.ownPath(), workspace: made.workspace, threads: options.threads,
            columns: columns, lines: lines)
        let counters = MachineCounters()
        // The first opening reads the program and the database into the file cache.
        _ = try subject.firstScreen()
        var screens: [StartSubject.Screen] = []
        for number in 0..<repeats {
            Output.progress("first screen \(number + 1) of \(repeats)")
            screens.append(try subject.firstScreen())
        }
        var begun: [StartSubject.Start] = []
        for number in 0..<starts {
            Output.progress("start of a run \(number + 1) of \(starts)")
            begun.append(try subject.startRun())
        }
        let counted = counters.stop()
        Output.endProgress()
        show(screens, begun, other: counted)
    }

    private func show(
        _ screens: [StartSubject.Screen], _ starts: [StartSubject.Start], other: MachineCounters.Counted
    ) {
        var object: JSONObject = [
            "engine": "ftbench", "examples": .integer(examples), "runs": .integer(runs),
            "train_rows": .integer(trainRows), "shape": .string(model ?? shape),
            "threads": .integer(options.threads ?? Processor.threads),
        ]
        func add(_ name: String, _ values: [Double]) {
            guard let median = values.median else { return }
            object[name] = .number(median.rounded(places: 1))
            object[name + "_min"] = .number((values.min() ?? median).rounded(places: 1))
            object[name + "_max"] = .number((values.max() ?? median).rounded(places: 1))
        }
        add("first_screen_ms", screens.map(\.first))
        add("listed_ms", screens.map(\.listed))
        add("training_ms", starts.map(\.training))
        add("first_step_ms", starts.map(\.stepDone))
        // The programs that are timed count as other work here: nothing is said of it.
        if options.json { return Output.json(.object(object)) }
        Output.line("\(examples) rows, \(runs) runs, \(columns)x\(lines)")
        for key in ["first_screen_ms", "listed_ms", "training_ms", "first_step_ms"] where object[key] != nil {
            let values = [key, key + "_min", key + "_max"].map { object[$0]?.serialized() ?? "" }
            Output.line("  \(key.paddedToCells(18)) \(values[0].paddedToCells(10)) (\(values[1]) to \(values[2]))")
        }
    }
}

/// The workbench on a workspace, opened as a shell would.
struct StartSubject {
    let program: String
    let workspace: Workspace
    let threads: Int?
    let columns: Int
    let lines: Int

    /// Milliseconds from `exec` on.
    struct Screen {
        var first, listed: Double
    }

    /// Milliseconds from the key on.
    struct Start {
        var training, stepDone: Double
    }

    private func open() throws -> PseudoTerminal {
        var environment = ProcessInfo.processInfo.environment
        for (key, value) in [
            "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "ESCDELAY": "25",
        ] {
            environment[key] = value
        }
        let threads = threads.map { ["--threads", "\($0)"] } ?? []
        return try PseudoTerminal(
            program: program, arguments: ["ftbench", "open", "--workspace", workspace.folder] + threads,
            environment: environment.map { "\($0.key)=\($0.value)" }.sorted(), columns: columns, rows: lines)
    }

    func firstScreen() throws -> Screen {
        let start = ContinuousClock.now
        let terminal = try open()
        defer { terminal.end() }
        // The title follows the first picture; the set's name comes with the lists.
        var seen: [UInt8] = []
        let first = try wait(terminal, &seen, since: start) { $0.contains("\u{1B}]2;") }
        let listed = try wait(terminal, &seen, since: start) { $0.contains(StartWorkspace.large) }
        return Screen(first: first, listed: listed)
    }

    private func wait(
        _ terminal: PseudoTerminal, _ seen: inout [UInt8], since start: ContinuousClock.Instant,
        for isThere: (String) -> Bool
    ) throws -> Double {
        let deadline = ContinuousClock.now + .seconds(30)
        var time = ContinuousClock.now
        // Both may come in one piece: what was read before counts too.
        while !isThere(String(decoding: seen, as: UTF8.self)) {
            guard ContinuousClock.now < deadline, let bytes = terminal.read(until: deadline) else {
                throw Failure(
                    "The workbench did not show what was waited for within 30 seconds. The terminal showed: "
                        + TerminalText.plain(seen).suffix(300))
            }
            time = .now
            seen += bytes
        }
        return (time - start) / .milliseconds(1)
    }

    func startRun() throws -> Start {
        let known = Set(try workspace.runs(includingArchived: true).map(\.id))
        let terminal = try open()
        defer { terminal.end() }
        _ = try terminal.collect(.seconds(1))
        terminal.send("2")
        // R is refused until the preflight is made.
        _ = try terminal.collect(.seconds(4))
        let start = ContinuousClock.now
        terminal.send("R")
        _ = try terminal.collect(.milliseconds(20))
        terminal.send("\r")
        var training: Double?
        var id: RunID?
        while ContinuousClock.now - start < .seconds(60) {
            _ = terminal.read(until: .now + .milliseconds(3))
            if id == nil { id = try workspace.runs().first { !known.contains($0.id) }?.id }
            guard let id else { continue }
            let run = try workspace.run(id)
            let passed = (ContinuousClock.now - start) / .milliseconds(1)
            if run.phase == .training { training = training ?? passed }
            if let latest = run.latest, latest.step > 0 { return Start(training: training ?? passed, stepDone: passed) }
            if !run.phase.isLive { throw Failure("The run ended: \(run.detail ?? run.phase.rawValue)") }
        }
        throw Failure("No run made a step within a minute of R: was the recipe refused?")
    }
}

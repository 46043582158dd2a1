import ArgumentParser
import Foundation
import OrderedJSON
import Recipes
import Records
import Runs
import Tensors
import TerminalUI

/// The screen while training uses every core: how long a key press takes to be seen, and what drawing costs.
struct ScreenBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ui", abstract: "Time from key to screen under a real training run, and the cost of drawing.",
        discussion: """
            Starts the workbench itself on a pseudo-terminal and a temporary workspace, starts a run in it, presses keys
            and waits for the words that the new picture is known to have. Then compares the time of the same training
            steps with a screen and without. Takes about two minutes.
            """)

    @OptionGroup var options: CommonOptions
    @Option(help: "Key presses to time.") var keys = 200
    @Option(help: "Seconds of training for each of the four speed measurements.") var seconds = 12.0
    @Option(help: "Columns of the terminal.") var columns = 160
    @Option(help: "Rows of the terminal.") var rows = 48
    @Option(help: "Model to train; the sample base model when left out.") var model: String?
    @Option(help: ArgumentHelp("The program to time; this one when left out.", visibility: .hidden)) var program:
        String?

    func validate() throws {
        if !(1...10000).contains(keys) { throw ValidationError("--keys takes a number from 1 to 10000, not \(keys).") }
        if !(seconds >= 2 && seconds <= 600) {
            throw ValidationError("--seconds takes a number from 2 to 600, not \(seconds).")
        }
        if !(40...400).contains(columns) || !(10...200).contains(rows) {
            throw ValidationError("--columns takes 40 to 400 and --rows 10 to 200.")
        }
    }

    func run() throws {
        let folder = NSTemporaryDirectory() + "ftbench-ui-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let workspace = try Workspace(folder: folder)
        let recipe = try benchRecipe(folder)
        let subject = ScreenSubject(
            program: try program ?? Self.ownPath(), workspace: workspace, recipe: folder + "/recipe.yaml",
            threads: options.threads, columns: columns, rows: rows)
        try workspace.set("recipe.draft", to: recipe.yaml(comments: false))

        var timings: [ScreenSubject.Segment] = []
        var latencies: [KeyLatency] = []
        let counters = MachineCounters()
        // Without, with, with, without: a machine that slows down in between weighs on both alike.
        for hasScreen in [false, true, true, false] {
            Output.progress("training \(hasScreen ? "under the screen" : "without a screen")")
            var segment: ScreenSubject.Segment
            if hasScreen {
                let isLast = timings.count == 2
                segment = try subject.trainUnderScreen(seconds: seconds) { terminal in
                    guard isLast else { return }
                    latencies = try KeyTiming(terminal: terminal).measure(keys) { done in
                        Output.progress("key \(done) of \(keys)")
                    }
                }
            } else {
                segment = try subject.trainHeadless(seconds: seconds)
            }
            segment.hasScreen = hasScreen
            timings.append(segment)
        }
        Output.endProgress()
        let counted = counters.stop()
        show(ScreenFigures(latencies: latencies, segments: timings, other: counted.otherCPU))
    }

    private func benchRecipe(_ folder: String) throws -> Recipe {
        let inputs = try DemoInputs(model: model, workspace: nil)
        var recipe = try Recipe.load(
            path: inputs.recipe,
            overrides: [
                "max_steps=20000", "evaluation.every_steps=0", "checkpoints.every_steps=0", "data.validation=0.02",
            ]
        ).validated()
        recipe.model = inputs.model
        recipe.data.train = inputs.data
        recipe.name = "bench-ui"
        try recipe.yaml().write(toFile: folder + "/recipe.yaml", atomically: true, encoding: .utf8)
        return recipe
    }

    static func ownPath() throws -> String {
        guard let path = Bundle.main.executableURL?.path else {
            throw Failure("The path of this program is unknown; give --program.")
        }
        return path
    }

    private func show(_ figures: ScreenFigures) {
        let threads = options.threads ?? Processor.threads
        if options.json {
            Output.json([
                "keys": .integer(figures.milliseconds.count), "p50_ms": .finite(figures.percentile(0.5)),
                "p95_ms": .finite(figures.percentile(0.95)), "p99_ms": .finite(figures.percentile(0.99)),
                "max_ms": .finite(figures.percentile(1)), "late": .integer(figures.lost),
                "tokens_per_s": .finite(figures.speed(hasScreen: false)),
                "tokens_per_s_with_screen": .finite(figures.speed(hasScreen: true)),
                "drawing_cost": .finite(figures.drawingCost), "noise": .finite(figures.noise),
                "segments": .array(
                    figures.segmentSpeeds.map { ["screen": .bool($0.hasScreen), "tokens_per_s": .finite($0.speed)] }),
                "steps_compared": .integer(figures.comparedSteps), "columns": .integer(columns), "rows": .integer(rows),
                "threads": .integer(threads), "peak_rss_mb": .number(MachineCounters.peakMegabytes),
            ])
            return
        }
        Output.line(
            "key to screen while training with \(threads) threads, \(columns)x\(rows), \(figures.milliseconds.count) keys"
        )
        for (name, share) in [("median", 0.5), ("95 %", 0.95), ("99 %", 0.99), ("longest", 1)] {
            Output.line("  \(name.paddedToCells(10)) \(NumberText.fixed(figures.percentile(share), decimals: 1)) ms")
        }
        if figures.lost > 0 { Output.line("  \(figures.lost) keys were not seen within two seconds") }
        Output.line("training speed over the same \(figures.comparedSteps) steps")
        for segment in figures.segmentSpeeds {
            Output.line(
                "  \((segment.hasScreen ? "with a screen" : "without").paddedToCells(16)) "
                    + "\(NumberText.fixed(segment.speed, decimals: 0)) tokens/s")
        }
        Output.line(
            "  drawing costs \(NumberText.percent(figures.drawingCost, decimals: 1)); two measurements of one kind differ by up "
                + "to \(NumberText.percent(figures.noise, decimals: 1))")
        if figures.noise > 0.05 || figures.drawingCost < -0.02 {
            Output.line("note: other programs are at work on this machine; measure again when it is quiet")
        }
    }
}

/// What was measured, and the figures drawn from it.
struct ScreenFigures {
    let milliseconds: [Double]
    /// Keys whose picture did not come in time.
    let lost: Int
    let segments: [ScreenSubject.Segment]
    let other: Double?

    init(latencies: [KeyLatency], segments: [ScreenSubject.Segment], other: Double?) {
        milliseconds = latencies.compactMap(\.milliseconds)
        lost = latencies.count - milliseconds.count
        self.segments = segments
        self.other = other
    }

    /// A key that was not seen counts as slower than all others.
    func percentile(_ share: Double) -> Double {
        (milliseconds + Array(repeating: .infinity, count: lost)).percentile(share) ?? .nan
    }

    /// The first steps are left out: memory is still being taken then.
    private static let firstStep = 5
    private var lastStep: Int { segments.compactMap { $0.points.last?.step }.min() ?? 0 }
    var comparedSteps: Int { max(0, lastStep - Self.firstStep) }

    var segmentSpeeds: [(hasScreen: Bool, speed: Double)] {
        segments.map { segment in
            let first = segment.points.first { $0.step == Self.firstStep }
            let last = segment.points.first { $0.step == lastStep }
            guard let first, let last, last.elapsedSeconds > first.elapsedSeconds else {
                return (segment.hasScreen, .nan)
            }
            return (
                segment.hasScreen, Double(last.tokens - first.tokens) / (last.elapsedSeconds - first.elapsedSeconds)
            )
        }
    }

    func speed(hasScreen: Bool) -> Double {
        let speeds = segmentSpeeds.filter { $0.hasScreen == hasScreen }.map(\.speed)
        return speeds.reduce(0, +) / Double(max(1, speeds.count))
    }

    /// How far two measurements of the same kind lie apart, as a share: a smaller cost says nothing.
    var noise: Double {
        [true, false].map { kind in
            let speeds = segmentSpeeds.filter { $0.hasScreen == kind }.map(\.speed)
            guard let least = speeds.min(), let most = speeds.max(), most > 0 else { return 0 }
            return (most - least) / most
        }.max() ?? 0
    }

    /// Share of the training speed that is lost under a screen; below zero when noise is larger than the cost.
    var drawingCost: Double { 1 - speed(hasScreen: true) / speed(hasScreen: false) }
}

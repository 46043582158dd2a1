import Foundation
import Records
import Runs

/// The program under measurement: trains one recipe, on a pseudo-terminal or without.
struct ScreenSubject {
    let program: String
    let workspace: Workspace
    let recipe: String
    let threads: Int?
    let columns: Int
    let rows: Int

    struct Segment {
        var hasScreen = false
        var points: [MetricPoint]
    }

    private var common: [String] {
        ["--workspace", workspace.folder] + (threads.map { ["--threads", "\($0)"] } ?? [])
    }

    private func environment(_ extra: [String: String]) -> [String] {
        var values = ProcessInfo.processInfo.environment
        for (key, value) in extra { values[key] = value }
        return values.map { "\($0.key)=\($0.value)" }.sorted()
    }

    func trainHeadless(seconds: Double) throws -> Segment {
        let known = Set(try workspace.runs(includingArchived: true).map(\.id))
        let terminal = try PseudoTerminal(
            program: program, arguments: ["ftbench", "train", recipe, "--json"] + common,
            // Its output goes to the terminal's buffer and is thrown away, as into a file.
            environment: environment([:]), columns: columns, rows: rows)
        defer { terminal.end() }
        let run = try waitForRun(besides: known, terminal)
        _ = try terminal.collect(.seconds(seconds))
        return Segment(points: try points(of: run, terminal))
    }

    /// `body` is called with the terminal after the time is measured, while training goes on.
    func trainUnderScreen(seconds: Double, then body: (PseudoTerminal) throws -> Void) throws -> Segment {
        let known = Set(try workspace.runs(includingArchived: true).map(\.id))
        let terminal = try PseudoTerminal(
            program: program, arguments: ["ftbench"] + ["open"] + common,
            environment: environment([
                "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "ESCDELAY": "25",
            ]),
            columns: columns, rows: rows)
        defer { terminal.end() }
        // The recipe is in the workspace as the draft: go to it, start it, confirm.
        _ = try terminal.collect(.seconds(2))
        terminal.send("2")
        _ = try terminal.collect(.seconds(1.5))
        for _ in 0..<10 {
            terminal.send("R")
            _ = try terminal.collect(.milliseconds(700))
            terminal.send("\r")
            _ = try terminal.collect(.milliseconds(700))
            if try newRun(besides: known) != nil { break }
        }
        let run = try waitForRun(besides: known, terminal)
        terminal.send("3")
        _ = try terminal.collect(.seconds(seconds))
        let segment = Segment(points: try points(of: run, terminal))
        try body(terminal)
        return segment
    }

    private func newRun(besides known: Set<RunID>) throws -> RunSummary? {
        try workspace.runs().first { !known.contains($0.id) }
    }

    /// Waits for the first steps.
    private func waitForRun(besides known: Set<RunID>, _ terminal: PseudoTerminal) throws -> RunID {
        var seen: [UInt8] = []
        for _ in 0..<300 {
            seen = Array((seen + (try terminal.collect(.milliseconds(200)))).suffix(4000))
            guard let run = try newRun(besides: known) else { continue }
            if let step = run.latest?.step, step > 0 { return run.id }
            if !run.phase.isLive {
                throw Failure("The run that should be measured ended: \(run.detail ?? run.phase.rawValue)")
            }
        }
        throw Failure(
            "No run started within a minute, so nothing can be measured. The terminal showed: "
                + TerminalText.plain(seen).suffix(300))
    }

    /// Steps are written once a second.
    private func points(of run: RunID, _ terminal: PseudoTerminal) throws -> [MetricPoint] {
        _ = try terminal.collect(.milliseconds(1300))
        return try workspace.history(of: run).points
    }
}

/// One key press; nil when its picture did not come within two seconds.
struct KeyLatency {
    var key: String
    var milliseconds: Double?
}

/// Presses keys and waits for the pictures they lead to.
///
/// A picture is known by a word that only it writes: found beforehand by pressing each key several times. So a frame of
/// the moving charts that happens to come first is not taken for the answer.
struct KeyTiming {
    let terminal: PseudoTerminal

    /// A round: to the recipe, back to the run, help over it, help away.
    private static let round = ["2", "3", "?", "\u{1B}"]
    /// A lone escape is held back a moment by every terminal program, so it is pressed but not timed.
    private static let timed = ["2", "3", "?"]

    func measure(_ count: Int, progress: (Int) -> Void) throws -> [KeyLatency] {
        let marks = try findMarks()
        guard !marks.isEmpty else {
            throw Failure("No key of \(Self.timed.joined(separator: " ")) leads to a picture with a word of its own.")
        }
        var latencies: [KeyLatency] = []
        var random = SystemRandomNumberGenerator()
        while latencies.count < count {
            for key in Self.round {
                // At random moments, so that keys do not fall in step with the frames.
                _ = try terminal.collect(.milliseconds(Int.random(in: 90...190, using: &random)))
                guard let mark = marks[key], latencies.count < count else {
                    terminal.send(key)
                    _ = try terminal.collect(.milliseconds(120))
                    continue
                }
                latencies.append(try press(key, mark))
                progress(latencies.count)
            }
        }
        return latencies
    }

    private func press(_ key: String, _ mark: String) throws -> KeyLatency {
        let start = ContinuousClock.now
        terminal.send(key)
        var seen: [UInt8] = []
        while ContinuousClock.now - start < .seconds(2) {
            guard let bytes = terminal.read(until: start + .seconds(2)) else { throw Failure("The workbench ended.") }
            let time = ContinuousClock.now
            seen += bytes
            if TerminalText.words(seen).contains(mark) {
                return KeyLatency(key: key, milliseconds: (time - start) / .milliseconds(1))
            }
        }
        return KeyLatency(key: key, milliseconds: nil)
    }

    private func findMarks() throws -> [String: String] {
        var written: [String: [Set<String>]] = [:]
        for _ in 0..<5 {
            for key in Self.round {
                _ = try terminal.collect(.milliseconds(150))
                terminal.send(key)
                written[key, default: []].append(TerminalText.words(try terminal.collect(.milliseconds(350))))
            }
        }
        let idle = TerminalText.words(try terminal.collect(.seconds(1)))
        var marks: [String: String] = [:]
        for key in Self.timed {
            guard var words = written[key]?.first else { continue }
            for one in written[key] ?? [] { words.formIntersection(one) }
            words.subtract(idle)
            for (other, outputs) in written where other != key { for output in outputs { words.subtract(output) } }
            marks[key] = words.max { ($0.count, $1) < ($1.count, $0) }
        }
        return marks
    }
}

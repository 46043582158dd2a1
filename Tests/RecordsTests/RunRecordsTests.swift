import Foundation
import OrderedJSON
import Runs
import Testing

@testable import Records

/// A workspace in a new folder below the system's temporary folder, removed with the value.
final class TemporaryWorkspace {
    let folder: String
    let workspace: Workspace

    init() throws {
        folder = NSTemporaryDirectory() + "ftbench-records-\(UUID().uuidString)"
        workspace = try Workspace(folder: folder)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

func point(_ step: Int, loss: Double = 1) -> MetricPoint {
    MetricPoint(
        step: step, loss: loss, learningRate: 1e-4, gradientNorm: 0.5, trainedTokens: step * 10, tokens: step * 20,
        tokensPerSecond: 100, elapsedSeconds: Double(step), epoch: 0.1, residentBytes: 1 << 20)
}

@Suite("Run records")
struct RunRecordsTests {
    @Test("a run's events come back in order, NaN included")
    func history() throws {
        let kept = try TemporaryWorkspace()
        let id = RunID("first")
        try kept.workspace.createRun(id, recipe: "model: x", lineage: ["data": "abc"])
        try kept.workspace.record(
            [
                .step(point(1, loss: 2.5)), .step(point(2, loss: .nan)), .step(point(3, loss: .infinity)),
                .evaluation(EvaluationPoint(step: 2, loss: 1.5, tokens: 9, isBest: true)),
                .sample(SampleText(step: 2, promptIndex: 0, prompt: "p", text: "t\u{0}x")),
                .checkpoint(CheckpointRecord(step: 2, path: "a", isBest: true, evaluationLoss: 1.5)),
                .checkpoint(CheckpointRecord(step: 3, path: "b", isBest: false, evaluationLoss: nil)),
                .checkpointRemoved(path: "b"),
                .notice(RunNotice(.warning, step: 2, text: "look")),
            ], of: id)
        let history = try kept.workspace.history(of: id)
        #expect(history.points.map(\.step) == [1, 2, 3])
        #expect(history.points[1].loss.isNaN)
        #expect(history.points[2].loss == .infinity)
        #expect(history.checkpoints.map(\.path) == ["a"])
        #expect(history.notices == [RunNotice(.warning, step: 2, text: "look")])
        let summary = try kept.workspace.run(id)
        #expect(summary.latest?.step == 3)
        #expect(summary.bestEvaluation?.loss == 1.5)
        #expect(summary.lineage["data"] == "abc")
    }

    @Test("rewinding forgets only what came after the step")
    func rewind() throws {
        let kept = try TemporaryWorkspace()
        let id = RunID("r")
        try kept.workspace.createRun(id, recipe: "", lineage: [:])
        try kept.workspace.record((1...9).map { .step(point($0)) }, of: id)
        try kept.workspace.rewindRun(id, to: 4)
        #expect(try kept.workspace.history(of: id).points.map(\.step) == [1, 2, 3, 4])
    }

    @Test("a second run of the same name is refused, and a free name is found")
    func names() throws {
        let kept = try TemporaryWorkspace()
        try kept.workspace.createRun("a", recipe: "", lineage: [:])
        #expect(throws: WorkspaceError.nameTaken(kind: "run", name: "a")) {
            try kept.workspace.createRun("a", recipe: "", lineage: [:])
        }
        #expect(try kept.workspace.freeRunName("a") == "a-2")
        #expect(throws: WorkspaceError.unknown(kind: "run", name: "zz", known: ["a"])) {
            try kept.workspace.run("zz")
        }
    }

    @Test("commands are handed out once, to whichever process asks")
    func commands() throws {
        let kept = try TemporaryWorkspace()
        try kept.workspace.createRun("a", recipe: "", lineage: [:])
        let other = try Workspace(folder: kept.folder)
        try other.send(.pause, to: "a")
        try other.send(.setLearningRate(1e-5), to: "a")
        #expect(try kept.workspace.takeCommands(of: "a") == [.pause, .setLearningRate(1e-5)])
        #expect(try kept.workspace.takeCommands(of: "a").isEmpty)
    }

    @Test("a live run whose lock nobody holds is marked interrupted; a held one is left alone")
    func interrupted() throws {
        let kept = try TemporaryWorkspace()
        try kept.workspace.createRun("dead", recipe: "", lineage: [:])
        try kept.workspace.createRun("alive", recipe: "", lineage: [:])
        try kept.workspace.setPhase(.training, of: "dead", detail: nil)
        try kept.workspace.setPhase(.training, of: "alive", detail: nil)
        let lock = try RunLock(run: "alive", in: kept.workspace)
        #expect(throws: WorkspaceError.runIsLive("alive")) { try RunLock(run: "alive", in: kept.workspace) }
        #expect(try kept.workspace.markInterruptedRuns() == ["dead"])
        #expect(try kept.workspace.run("alive").phase == .training)
        #expect(try kept.workspace.run("dead").phase == .interrupted)
        withExtendedLifetime(lock) {}
    }

    @Test("the recorder writes all it was given before flush returns")
    func recorder() throws {
        let kept = try TemporaryWorkspace()
        try kept.workspace.createRun("a", recipe: "", lineage: [:])
        let recorder = RunRecorder(run: "a", in: kept.workspace) { _ in }
        for step in 1...500 { recorder.take(.step(point(step))) }
        recorder.flush()
        #expect(try kept.workspace.history(of: "a").points.count == 500)
        #expect(recorder.lastFailure == nil)
    }

    @Test("a read-only folder, a file in the way and a database that is none are told apart")
    func badFolders() throws {
        let base = NSTemporaryDirectory() + "ftbench-bad-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: base) }
        try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: base + "/file"))
        #expect(throws: WorkspaceError.self) { try Workspace(folder: base + "/file") }
        try FileManager.default.createDirectory(atPath: base + "/junk", withIntermediateDirectories: true)
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: base + "/junk/workspace.sqlite"))
        do {
            _ = try Workspace(folder: base + "/junk")
            Issue.record("a file of letters opened as a database")
        } catch let error as WorkspaceError {
            guard case .damaged = error else {
                Issue.record("expected damaged, got \(error)")
                return
            }
        }
    }
}

@Suite("Comparison records")
struct ComparisonRecordsTests {
    @Test("votes are kept by model, replaced, and taken back")
    func votes() throws {
        let kept = try TemporaryWorkspace()
        let id = try kept.workspace.createComparison(first: "base", second: "run/best", settings: ["seed": 7])
        let pair = try kept.workspace.keep(
            CompletionPairRecord(ordinal: 0, prompt: "p", first: "x", second: "y", firstIsLeft: false, facts: [:]),
            in: id)
        let vote = VoteRecord(verdict: .second, note: "clear", wasBlind: true, secondsTaken: 2)
        try kept.workspace.set(vote, onPair: pair)
        #expect(try kept.workspace.pairs(of: id).first?.vote == vote)
        #expect(try kept.workspace.comparisons().first?.voteCount == 1)
        try kept.workspace.set(nil, onPair: pair)
        #expect(try kept.workspace.pairs(of: id).first?.vote == nil)
    }
}

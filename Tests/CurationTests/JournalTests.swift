import OrderedJSON
import Testing

@testable import Curation
@testable import Datasets

func row(_ prompt: String, _ answer: String, line: Int = 1, extra: JSONObject = [:]) -> Example {
    Example(
        content: .chat(
            [ChatMessage(role: "user", content: prompt), ChatMessage(role: "assistant", content: answer)], tools: nil),
        line: line, extra: extra)
}

@Suite struct JournalTests {
    private func set(_ count: Int = 6) -> CurationSet {
        CurationSet(name: "s", examples: (0..<count).map { row("q\($0)", "a\($0)", line: $0 + 1) })
    }

    @Test func everyActIsOneStepAndComesBack() {
        var set = set()
        let start = set
        let acts: [CurationAct] = [
            .keep, .flag, .skip, .drop, .tag("x"), .note("why"), .edit(row("new", "text")), .untag("x"), .revert,
            .reset,
        ]
        for (time, act) in acts.enumerated() {
            let entry = set.perform(act, on: [1, 3], time: Double(time))
            #expect(entry != nil)
        }
        #expect(set.journal.map(\.kind) == acts.map(\.kind))
        let end = set.rows
        for _ in acts { set.undo(time: 20) }
        #expect(set.rows == start.rows)
        #expect(set.counts == start.counts)
        let nothing = set.undo(time: 21)
        #expect(!set.canUndo && nothing == nil)
        for _ in acts { set.redo(time: 22) }
        #expect(set.rows == end)
        #expect(!set.canRedo)
    }

    @Test func aBulkActIsOneStepWithItsRule() {
        var set = set()
        let entry = set.perform(.drop, on: 0..<5, time: 1, rule: "words<5")
        #expect(entry?.rows == [0, 1, 2, 3, 4])
        #expect(entry?.summary == "drop 5 rows (words<5)")
        #expect(set.counts.dropped == 5 && set.counts.undecided == 1)
        #expect(set.survivors.count == 1)
        set.undo(time: 2)
        #expect(set.counts.dropped == 0)
        #expect(set.lastChangedRows == [0, 1, 2, 3, 4])
    }

    @Test func whatChangesNothingIsNoStep() {
        var set = set()
        set.perform(.keep, on: [0], time: 1)
        let entries = [
            set.perform(.keep, on: [0], time: 2), set.perform(.revert, on: [1], time: 3),
            set.perform(.edit(set.rows[2].original), on: [2], time: 4), set.perform(.keep, on: [99, -1], time: 5),
        ]
        #expect(entries.allSatisfy { $0 == nil })
        #expect(set.journal.count == 1)
    }

    @Test func aNewActForgetsWhatCouldBeDoneAgain() {
        var set = set()
        set.perform(.keep, on: [0], time: 1)
        set.undo(time: 2)
        set.perform(.drop, on: [1], time: 3)
        #expect(!set.canRedo)
        #expect(set.nextUndo?.kind == .drop)
    }

    @Test func theJournalBringsTheSetBackWithItsUndoStack() throws {
        var set = set()
        set.perform(.drop, on: 0..<3, time: 1, rule: "r")
        set.perform(.edit(row("neu", "Ä\u{2028}", extra: ["k": 1])), on: [4], time: 2.5)
        set.perform(.note("later"), on: [5], time: 3)
        set.undo(time: 4)
        set.undo(time: 5)
        set.redo(time: 6)
        set.perform(.tag("x"), on: [0, 4], time: 7)
        let lines = set.journal.map { $0.asJSON.serialized() }
        let journal = try lines.map { try JournalEntry(json: JSONValue(parsing: $0)) }
        #expect(journal == set.journal)
        var again = CurationSet(name: "s", examples: set.rows.map(\.original), journal: journal)
        #expect(again.rows == set.rows)
        #expect(again.counts == set.counts)
        #expect(again.contentHash == set.contentHash)
        while set.canUndo {
            set.undo(time: 9)
            again.undo(time: 9)
            #expect(again.rows == set.rows)
        }
    }

    @Test func entriesThatDoNotFitAreRefused() throws {
        var set = set(2)
        let change = JournalEntry.Change(row: 9, before: RowState(), after: RowState())
        let misfits = [
            JournalEntry(sequence: 1, time: 0, kind: .keep, changes: [change]),
            JournalEntry(sequence: 2, time: 0, kind: .keep, changes: []),
            JournalEntry(sequence: 1, time: 0, kind: .undo, changes: [], target: 1),
        ]
        for entry in misfits {
            let isTaken = set.replay(entry)
            #expect(!isTaken)
        }
        #expect(set.journal.isEmpty)
        #expect(throws: ExampleError.self) { try JournalEntry(json: ["sequence": 1]) }
        #expect(throws: ExampleError.self) {
            try JournalEntry(
                json: ["sequence": 1, "time": 0, "kind": "keep", "rows": [1, 2], "before": [], "after": []])
        }
    }

    @Test func aBulkActOverManyRowsStaysSmall() {
        var set = set(2_000)
        let entry = set.perform(.keep, on: 0..<2_000, time: 1)
        #expect((entry?.asJSON.serialized().utf8.count ?? .max) < 12_000)
    }

    @Test func editsKeepTheLineAndTheOriginal() {
        var set = set()
        set.perform(.edit(row("new", "text", line: 77)), on: [2], time: 1)
        #expect(set.rows[2].example.line == 3)
        #expect(set.rows[2].original.answerText == "a2")
        #expect(set.rows[2].isEdited && set.counts.edited == 1)
        #expect(set.history(of: 2).count == 1)
        #expect(set.history(of: 3).isEmpty)
    }

    @Test func hashTellsContentOrderAndDecisions() {
        var set = set()
        var hashes = [set.contentHash]
        set.perform(.keep, on: [0], time: 1)
        hashes.append(set.contentHash)
        set.perform(.drop, on: [1], time: 1)
        hashes.append(set.contentHash)
        set.perform(.edit(row("x", "y")), on: [2], time: 1)
        hashes.append(set.contentHash)
        let examples = set.rows.map(\.original)
        hashes.append(CurationSet(name: "s", examples: examples.reversed()).contentHash)
        #expect(Set(hashes).count == 5)
        #expect(CurationSet(name: "other", examples: examples).contentHash == hashes[0])
    }
}

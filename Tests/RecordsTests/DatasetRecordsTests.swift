import Curation
import Datasets
import Foundation
import OrderedJSON
import Testing

@testable import Records

@Suite("Data set records")
struct DatasetRecordsTests {
    /// Six rows in a file, imported into a new workspace.
    private func imported() throws -> (kept: TemporaryWorkspace, record: DatasetRecord, path: String) {
        let kept = try TemporaryWorkspace()
        let path = kept.folder + "/some rows.jsonl"
        let lines = (1...6).map { #"{"prompt": "question \#($0)", "completion": "answer \#($0)"}"# }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
        let result = try kept.workspace.keep(try DatasetFile.read(path: path))
        #expect(!result.wasKnown)
        return (kept, result.record, path)
    }

    private func append(
        _ entries: [JournalEntry?], to set: CurationSet, _ workspace: Workspace
    ) throws {
        try workspace.append(entries.compactMap(\.self), to: set.name, counts: set.counts)
    }

    @Test("decisions, undo included, come back after the workspace is opened anew")
    func decisionsSurvive() throws {
        let (kept, record, _) = try imported()
        #expect(record.name == "some-rows")
        var set = try #require(try kept.workspace.curationSet(of: record))
        let drop = set.perform(.drop, on: [0, 1, 2], time: 1, rule: "exact duplicate")
        let keep = set.perform(.keep, on: [3], time: 2)
        let undo = set.undo(time: 3)
        try append([drop, keep, undo], to: set, kept.workspace)

        let again = try Workspace(folder: kept.folder)
        let reread = try #require(try again.dataset(named: "some-rows"))
        var back = try #require(try again.curationSet(of: reread))
        #expect(back.rows.map(\.status) == set.rows.map(\.status))
        #expect(back.canRedo)
        #expect(reread.dropped == 3)
        _ = back.redo(time: 4)
        #expect(back.rows[3].status == .kept)
        _ = back.undo(time: 5)
        _ = back.undo(time: 6)
        #expect(back.rows.allSatisfy { $0.status == .undecided })
    }

    @Test("the same file again is the same data set; changed content is another")
    func sameFile() throws {
        let (kept, record, path) = try imported()
        let again = try kept.workspace.keep(try DatasetFile.read(path: path))
        #expect(again.wasKnown)
        #expect(again.record.id == record.id)
        try Data(#"{"prompt": "new", "completion": "row"}"#.utf8).write(to: URL(fileURLWithPath: path))
        let changed = try kept.workspace.keep(try DatasetFile.read(path: path))
        #expect(!changed.wasKnown)
        #expect(changed.record.name == "some-rows-2")
        #expect(try kept.workspace.dataset(named: "some-rows")?.rowCount == 6)
    }

    @Test("a process that is behind is told so, and its act is not kept")
    func behind() throws {
        let (kept, record, _) = try imported()
        var first = try #require(try kept.workspace.curationSet(of: record))
        var second = first
        try append([first.perform(.keep, on: [0], time: 1)], to: first, kept.workspace)
        let late = second.perform(.drop, on: [1], time: 2)
        #expect(throws: WorkspaceError.journalMoved("some-rows")) {
            try append([late], to: second, kept.workspace)
        }
        #expect(try kept.workspace.curationSet(of: record)?.counts.dropped == 0)
    }

    @Test("a version holds what was not dropped, and no later decision changes it")
    func versions() throws {
        let (kept, record, _) = try imported()
        var set = try #require(try kept.workspace.curationSet(of: record))
        _ = set.perform(.drop, on: [5], time: 1)
        // An instant whose last bits do not survive counting from 1970.
        let instant = Date(timeIntervalSinceReferenceDate: 785_734_267.0.nextUp)
        #expect(Date(timeIntervalSince1970: instant.timeIntervalSince1970) != instant)
        let version = try kept.workspace.freeze(set, of: record, at: instant)
        #expect(version.rowCount == 5)
        #expect(try kept.workspace.freeze(set, of: record) == version)
        _ = set.perform(.drop, on: [4], time: 2)
        #expect(try kept.workspace.freeze(set, of: record).label != version.label)
        let rows = try DatasetFile.read(path: version.path).examples
        #expect(rows.map(\.promptText) == (1...5).map { "question \($0)" })
        #expect(try kept.workspace.versions(of: record).count == 2)
    }

    @Test("settings are kept, replaced and forgotten")
    func settings() throws {
        let kept = try TemporaryWorkspace()
        try kept.workspace.set("theme", to: "dark")
        try kept.workspace.set("theme", to: "light")
        #expect(try kept.workspace.setting("theme") == "light")
        try kept.workspace.set("theme", to: nil)
        #expect(try kept.workspace.setting("theme") == nil)
    }

    @Test("a new workspace is whole and in WAL mode")
    func health() throws {
        let kept = try TemporaryWorkspace()
        let health = try kept.workspace.health()
        #expect(health.integrity == "ok")
        #expect(health.journalMode == "wal")
    }
}

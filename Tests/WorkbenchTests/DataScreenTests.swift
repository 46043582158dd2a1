// swift-format-ignore-file: NeverForceUnwrap

import Curation
import Datasets
import Foundation
import Recipes
import TerminalUI
import Testing

@testable import Workbench

@Suite struct DataScreenTests {
    @Test func keepAndDropGoOnToTheNextRowAndAreKeptAtOnce() {
        var session = Session.open()
        let effects = session.press("axs")
        #expect(session.statuses == "+-........")
        #expect(session.data.cursor.selected == 3)
        #expect(session.data.set.rows[2].state.isSkipped)
        let entries = effects.compactMap { effect -> [JournalEntry]? in
            if case .data(.persist("alpaca-fr", let entries, _)) = effect { entries } else { nil }
        }
        #expect(entries.map(\.count) == [1, 1, 1])
        #expect(entries.flatMap { $0 }.map(\.kind) == [.keep, .drop, .skip])
        #expect(session.lastNotice == "skipped row 3 · u undo")
    }

    @Test func undoGoesBackToTheStartAndRedoForwardAgain() {
        var session = Session.open()
        session.press("axfjd")
        #expect(session.statuses == "+-!.-.....")
        session.press("uuuu")
        #expect(session.statuses == "..........")
        #expect(session.data.cursor.selected == 0)
        session.press("u")
        #expect(session.lastNotice == "nothing to undo")
        session.press("UUUU")
        #expect(session.statuses == "+-!.-.....")
        // Undo and redo are entries too: a reopened set stands as this one does.
        let replayed = CurationSet(name: "x", examples: Session.small, journal: session.data.set.journal)
        #expect(replayed.rows.map(\.status) == session.data.set.rows.map(\.status))
    }

    @Test func bulkAsksWithTheCountAndIsOneStepOfUndo() {
        var session = Session.open()
        session.press("/source:dolly<cr>")
        #expect(session.data.shown == [2, 6, 7, 8])
        session.press("X")
        #expect(session.shows("Drop all 4 rows of the view"))
        session.press("<esc>")
        #expect(session.statuses == "..........")
        session.press("Xy")
        #expect(session.statuses == "..-...---.")
        #expect(session.data.set.journal.count == 1)
        #expect(session.data.set.journal[0].rule == "source:dolly")
        session.press("u")
        #expect(session.statuses == "..........")
    }

    @Test func aBulkActWaitsForTheFilterToFindItsRows() {
        var session = Session.open()
        // The program lets waiting keys come before slices of work: here none has been done yet.
        for key in Key.script("/source:dolly<cr>X") { _ = session.workbench.update(.key(key)) }
        #expect(!session.shows("Drop all"))
        #expect(session.lastNotice.contains("filter is still looking"))
        session.send(.data(.proceed))
        session.press("X")
        #expect(session.shows("Drop all 4 rows of the view"))
    }

    @Test func marksComeBeforeTheView() {
        var session = Session.open()
        session.press(" j jvjjv")
        #expect(session.data.marks == [0, 2, 4, 5, 6])
        session.press("A")
        #expect(session.shows("Keep the 5 marked rows"))
        session.press("y")
        #expect(session.statuses == "+.+.+++...")
        #expect(session.data.marks.isEmpty)
    }

    @Test func signalsAreFoundInSlicesAndShown() {
        let session = Session.open()
        let rows = session.data.set.rows
        #expect(rows[4].signals?.flags.contains(.refusal) == true)
        #expect(rows[7].signals?.flags.contains(.pii) == true)
        #expect(rows[8].signals?.duplicateOf == 1)
        #expect(rows[9].signals?.flags.contains(.empty) == true)
        #expect(!session.data.hasWork)
        #expect(session.shows("refusal"))
    }

    @Test func measuringStartsOverWhenTheRecipesModelChanges() {
        var session = Session.open()
        let effects = session.send(.recipe(.choices(models: ["tiny-chat"], datasets: ["alpaca-fr"])))
        #expect(
            effects.contains { effect in
                if case .data(.measure("alpaca-fr", let rows, restarts: true)) = effect {
                    rows.count == 10
                } else {
                    false
                }
            })
    }

    @Test func editingInPlaceKeepsTheShapeAndIsUndone() {
        var session = Session.open()
        session.press("e")
        #expect(session.shows("Edit row 1"))
        session.press("<end>^U")
        for key in "git switch main" { session.send(.key(.character(key))) }
        let effects = session.press("^S")
        #expect(session.data.set.rows[0].example.answerText == "git switch main")
        #expect(session.data.set.rows[0].original.answerText.hasPrefix("git fetch"))
        #expect(
            effects.contains {
                if case .data(.measure(_, let rows, restarts: false)) = $0 { rows.count == 1 } else { false }
            })
        session.press("=")
        #expect(session.shows("{+"))
        #expect(session.shows("[-"))
        session.press("=u")
        #expect(session.data.set.rows[0].isEdited == false)
    }

    @Test func leavingAChangedTextAsksFirst() {
        var session = Session.open()
        session.press("ez<esc>")
        #expect(session.shows("without saving"))
        session.press("<esc>")
        #expect(session.data.editing != nil)
        session.press("<esc>y")
        #expect(session.data.editing == nil)
        #expect(session.data.set.journal.isEmpty)
    }

    @Test func theEditorsTextIsCheckedAndOfferedAgain() {
        var session = Session.open()
        let effects = session.press("E")
        guard case .editExternally(let request) = effects.first else {
            Issue.record("no editor was asked for")
            return
        }
        #expect(request.purpose == .example(0))
        #expect(request.text.contains("git fetch"))
        session.send(.edited(request.purpose, "{\n  \"messages\": [\n"))
        #expect(session.lastNotice.contains("line 3"))
        let again = session.press("E")
        #expect(
            again.contains {
                if case .editExternally(let request) = $0 { request.text.hasPrefix("{\n  \"mess") } else { false }
            })
        session.send(.edited(request.purpose, request.text.replacing("git fetch", with: "git pull")))
        #expect(session.data.set.rows[0].example.answerText.hasPrefix("git pull"))
    }

    @Test func maskViewShowsWhatIsTrainedWithoutColour() {
        for glyphs in GlyphSet.allCases {
            var session = Session.open(width: 100, height: 40, glyphs: glyphs)
            session.press("jjj")
            let effects = session.press("t")
            guard case .data(.render(3, let example)) = effects.last else {
                Issue.record("nothing was asked to be rendered")
                return
            }
            session.send(.data(.rendered(row: 3, Session.rendered(example))))
            let (open, close) = glyphs == .ascii ? ("[[", "]]") : ("░", "░")
            #expect(session.shows("\(open)<|im_start|>user"))
            // The answer begins where the masked stretch ends, at a token of four bytes.
            #expect(session.text.split(separator: close).count > 2)
            #expect(session.shows("key exchange /"))
            #expect(session.shows("trained ("))
            #expect(session.shows(glyphs == .ascii ? "\\n" : "↵"))
        }
    }

    @Test func maskedStretchesAreExact() {
        let example = RenderedExample(
            text: "user: hé\nok</s>",
            tokens: [
                .init(range: 0..<7, isTrained: false), .init(range: 7..<8, isTrained: false),
                .init(range: 8..<10, isTrained: false), .init(range: 10..<12, isTrained: true),
                .init(range: 12..<16, isTrained: true),
            ], source: "x")
        let text = MaskMarks(.braille).text(of: example)
        #expect(text.plain == "░user: hé↵\n░ok</s>")
        #expect(example.trainedCount == 2)
    }

    @Test func tagsNotesAndHistory() {
        var session = Session.open()
        session.press("Tgood style<cr>m")
        session.press("check this<cr>")
        #expect(session.data.set.rows[0].state.tags == ["good", "style"])
        #expect(session.data.set.rows[0].state.note == "check this")
        session.press("T-good<cr>i")
        #expect(session.data.set.rows[0].state.tags == ["style"])
        #expect(session.shows("History of row 1"))
        #expect(session.shows("untag row 1"))
    }

    @Test func cleaningIsShownFirstAndOneUndoTakesAllBack() {
        var session = Session.open()
        session.press("K")
        #expect(session.shows("exact duplicate"))
        session.press("Ay")
        #expect(session.data.set.rows[8].status == .dropped)
        #expect(session.data.set.rows[9].status == .dropped)
        #expect(session.data.set.rows[7].example.promptText.contains("jane") == false)
        #expect(session.data.set.journal.count > 1)
        session.press("u")
        #expect(session.statuses == "..........")
        #expect(session.data.set.rows[7].isEdited == false)
        session.press("U")
        #expect(session.data.set.rows[9].status == .dropped)
    }

    @Test func cleaningLeavesRowsThatAPersonKept() {
        var session = Session.open()
        session.press("Ga")
        session.press("KAy")
        #expect(session.data.set.rows[9].status == .kept)
        #expect(session.data.set.rows[8].status == .dropped)
    }

    @Test func importProblemsAreShownWithTheirLines() {
        var session = Session()
        session.send(
            .data(.opened(Session.opened(problems: ["line 3, column 12: unexpected end", "line 9: no 'messages'"]))))
        #expect(session.shows("2 of 12 rows could not be used"))
        #expect(session.shows("line 3, column 12"))
        session.press("<cr>")
        #expect(session.shows("Rows"))
    }

    @Test func failureOffersTheMappingAndReadsAgainWithIt() {
        var session = Session()
        session.send(.data(.failed(title: "No known shape.", lines: ["fields: q, a"], path: "/x.jsonl")))
        #expect(session.shows("No known shape."))
        #expect(session.press("M") == [.data(.inspect(path: "/x.jsonl"))])
        let folder = FileManager.default.temporaryDirectory.path + "/ftbench-mapping-\(UUID().uuidString).jsonl"
        try? Data(#"{"q": "1+1?", "a": "2"}"#.utf8).write(to: URL(fileURLWithPath: folder))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard let inspection = try? DatasetFile.inspect(path: folder) else {
            Issue.record("the file cannot be looked at")
            return
        }
        session.send(.data(.inspected(inspection)))
        #expect(session.shows("Shape and fields"))
        let effects = session.press("<cr>")
        #expect(effects.contains { if case .data(.importFile(folder, .some)) = $0 { true } else { false } })
    }

    @Test func unsavedDecisionsAreSaidAndSentAgain() {
        var session = Session.open()
        session.press("a")
        session.send(.data(.persistFailed(dataset: "alpaca-fr", "disk full")))
        #expect(session.shows("NOT SAVED"))
        let effects = session.press("x")
        let entries = effects.compactMap {
            if case .data(.persist(_, let entries, _)) = $0 { entries.count } else { nil }
        }
        #expect(entries == [2])
        session.send(.data(.persisted(dataset: "alpaca-fr", through: 2)))
        #expect(!session.shows("NOT SAVED"))
    }

    @Test func exportWritesWhatTrainingSees() {
        var session = Session.open()
        session.press("x^S<end>^U")
        let effects = session.press("out.jsonl<cr>")
        #expect(
            effects.contains { if case .data(.export("out.jsonl", let rows)) = $0 { rows.count == 9 } else { false } })
    }

    @Test func useInRecipeGoesThere() {
        var session = Session.open()
        session.press("R")
        #expect(session.workbench.screen == .recipe)
        #expect(session.workbench.recipe.recipe.data.train == "alpaca-fr")
    }

    @Test func libraryOpensAndReadingIsCancelled() {
        var session = Session()
        session.send(
            .data(
                .library([
                    DatasetEntry(
                        name: "alpaca-fr", path: "/sets/a.jsonl", rows: 10, kept: 1, dropped: 2, flagged: 0, edited: 0,
                        importedAt: Session.start.addingTimeInterval(-86_400))
                ])))
        #expect(session.press("<cr>").contains(.data(.open("alpaca-fr"))))
        session.send(.data(.progress(ReadingProgress(name: "alpaca-fr", fraction: 0.5, detail: "5 rows"))))
        #expect(session.shows("50%"))
        #expect(session.press("<esc>") == [.data(.cancelReading)])
        session.send(.data(.cancelled))
        #expect(session.shows("Data set"))
    }

    @Test func anActInAnEmptyViewIsRefusedWithTheReason() {
        var session = Session.open()
        session.press("/nothingisthere<cr>")
        #expect(session.data.shown.isEmpty)
        session.press("a")
        #expect(session.lastNotice == "no row here: Esc shows all rows")
        #expect(session.data.set.journal.isEmpty)
    }
}

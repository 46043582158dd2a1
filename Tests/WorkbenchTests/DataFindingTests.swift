// swift-format-ignore-file: NeverForceUnwrap

import Curation
import Datasets
import Foundation
import TerminalUI
import Testing

@testable import Workbench

/// Finding rows: filters, facets, order, views, statistics, and the panes they are read in.
@Suite struct DataFindingTests {
    @Test func facetsFilterAndNarrow() {
        var session = Session.open()
        session.press("F")
        #expect(session.shows("refusal"))
        let at = session.data.facetValues.firstIndex { $0.value.name == "dolly" }!
        session.press(String(repeating: "j", count: at) + "<cr>")
        #expect(session.data.filter == "source:\"dolly\"")
        #expect(session.data.shown == [2, 6, 7, 8])
    }

    @Test func facetsNarrowTheFilterStepByStep() {
        var session = Session.open(width: 160, height: 48)
        session.press("/source:dolly<cr>F")
        let at = session.data.facetValues.firstIndex { $0.value.name == "dup" }!
        session.press(String(repeating: "j", count: at) + "-")
        #expect(session.data.filter == "(source:dolly) not dup")
        #expect(session.data.shown == [2, 6, 7])
    }

    @Test func filterErrorNamesThePlaceAndOffersTheTextAgain() {
        var session = Session.open()
        session.press("/tokens>many<cr>")
        #expect(session.lastNotice.contains("character 8"))
        #expect(session.data.shown.count == 10)
        guard case .prompt(let state) = session.workbench.overlay else {
            Issue.record("the filter is not offered again")
            return
        }
        #expect(state.field.text == "tokens>many")
        session.press("<esc>/bonjour<cr>")
        #expect(session.data.shown == [1, 8])
        #expect(session.shows("view \"bonjour\""))
        session.press("<esc>")
        #expect(session.data.shown.count == 10)
    }

    @Test func rowsThatShareAValueAreMarked() {
        var session = Session.open()
        session.press("jjj,")
        #expect(session.shows("source alpaca"))
        session.press("G<cr>")
        #expect(session.data.marks == [3, 4, 9])
    }

    @Test func nextGoesToWhatNeedsALook() {
        var session = Session.open()
        session.press("n")
        #expect(session.data.currentIndex == 2)
        session.press("an")
        #expect(session.data.currentIndex == 4)
        session.press("NN")
        #expect(session.data.currentIndex == 8)
    }

    @Test func viewsAreSavedAndUsed() {
        var session = Session.open()
        let effects = session.press("/refusal<cr>Va")
        #expect(effects.isEmpty)
        let saved = session.press("no's<cr>")
        #expect(saved.contains(.data(.saveViews(dataset: "alpaca-fr", [SavedView(name: "no's", filter: "refusal")]))))
        session.press("<esc><esc>V<cr>")
        #expect(session.data.shown == [4])
    }

    @Test func statisticsCountTheView() {
        var session = Session.open(width: 100, height: 60)
        session.send(
            .data(.measured(dataset: "alpaca-fr", (0..<10).map { MeasuredRow(row: $0, tokens: 10 * $0, trained: $0) })))
        session.press("/dolly or source:dolly<cr>I")
        #expect(session.shows("4 rows of the view"))
        #expect(session.shows("min 20  p50 70  p95 80  max 80  sum 230"))
    }

    @Test func sortingKeepsTheRowUnderTheCursor() {
        var session = Session.open()
        session.press("jjj")
        let row = session.data.currentIndex
        session.press("oooO")
        #expect(session.data.order == .length)
        #expect(session.data.currentIndex == row)
        let lengths = session.data.shown.map { session.data.set.rows[$0].signals!.characters }
        #expect(lengths == lengths.sorted(by: >))
    }

    @Test func duplicatesKeepOneDropTheOthers() {
        var session = Session.open()
        session.press("C")
        #expect(session.shows("group 1 of"))
        session.press("ja")
        #expect(session.data.set.rows[1].status == .dropped)
        #expect(session.data.set.rows[8].status == .undecided)
        session.press("u")
        #expect(session.statuses == "..........")
    }

    @Test func tokenCountsReachRowsAndTheFilter() {
        var session = Session.open()
        session.send(.data(.measured(dataset: "alpaca-fr", [MeasuredRow(row: 3, tokens: 641, trained: 27)])))
        session.send(.data(.measured(dataset: "another", [MeasuredRow(row: 0, tokens: 9, trained: 1)])))
        #expect(session.shows("641"))
        session.press("/tokens>600<cr>")
        #expect(session.data.shown == [3])
    }

    @Test func columnsAreChosen() {
        var session = Session.open(width: 120, height: 30)
        session.press("cj <esc>")
        #expect(session.data.columns == [.source, .tokens, .signals])
        session.press("cjj <esc>")
        #expect(session.data.columns == [.source, .answer, .tokens, .signals])
        #expect(session.shows("Bonjour"))
    }

    @Test func theReaderOpensAndTurnsPages() {
        var session = Session.open()
        session.press("jjj<cr>")
        #expect(session.shows("reader"))
        #expect(!session.shows("Rows"))
        #expect(session.shows("a prompt blooms across the sea /"))
        session.press("l")
        #expect(session.data.currentIndex == 4)
        session.press("x")
        #expect(session.statuses == "....-.....")
        #expect(session.data.currentIndex == 5)
        session.press("<esc>")
        #expect(session.shows("Rows"))
    }

    @Test func narrowScreensTurnBetweenListAndTextWithTab() {
        var session = Session.open(width: 60, height: 16)
        #expect(session.shows("Rows"))
        session.press("<tab>")
        #expect(!session.shows("Rows"))
        #expect(session.shows("git fetch, then git reset"))
    }
}

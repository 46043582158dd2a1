// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import Recipes
import Runs
import Statistics
import TerminalUI
import Testing

@testable import Workbench

@Suite struct ScreenSessionTests {
    // MARK: Everywhere

    @Test func quittingWhileTrainingAsksAndStaysByDefault() {
        var session = Session()
        #expect(session.press("q") == [.quit(.now)])
        session.train()
        #expect(session.press("q").isEmpty)
        #expect(session.shows("Quit while lora-3 is training?"))
        #expect(session.press("<cr>").isEmpty)
        #expect(session.press("<esc>").isEmpty)
        #expect(!session.shows("Quit while"))
        #expect(session.press("qc") == [.quit(.keepTraining)])
        #expect(session.press("qs") == [.quit(.stopAndSave)])
        #expect(session.press("qa").isEmpty)
        #expect(session.press("y") == [.quit(.abort)])
    }

    @Test func controlCTwiceSavesAndStops() {
        var session = Session()
        session.train()
        #expect(session.press("^C").isEmpty)
        #expect(session.press("^C") == [.train(.command(Session.runID, .stop))])
    }

    @Test func thePaletteRunsAnActionByItsName() {
        var session = Session.open()
        session.press(":flag the row<cr>")
        #expect(session.statuses.first == "!")
        session.press(":go to models<cr>")
        #expect(session.workbench.screen == .models)
    }

    @Test func theHelpListsEveryKeyOfTheScreenAndOfAll() {
        for screen in Screen.allCases {
            var session = Session.open(width: 160, height: 200)
            session.press("\(screen.rawValue + 1)?")
            let text = session.text
            #expect(text.contains("Keys: \(screen.title)"))
            for title in titles(session.workbench.current) + ["event log", "every action by name"] {
                #expect(text.contains(title.truncatedToCells(40, ellipsis: "")), "\(screen): \(title)")
            }
        }
    }

    private func titles<S: ScreenState>(_ state: S) -> [String] { S.keys.bindings.map(\.title) }

    @Test func noKeyHasTwoMeaningsOnAScreen() {
        func check<S: ScreenState>(_ type: S.Type) {
            #expect(S.keys.conflicts.isEmpty, "\(type): \(S.keys.conflicts)")
            #expect(
                S.keys.conflicts(with: Workbench.keys).isEmpty, "\(type): \(S.keys.conflicts(with: Workbench.keys))")
        }
        check(DataScreen.self)
        check(RecipeScreen.self)
        check(TrainScreen.self)
        check(CompareScreen.self)
        check(RunsScreen.self)
        check(ModelsScreen.self)
        check(ServeScreen.self)
        for (name, keys) in Sheet.tables + [
            ("library", DataScreen.libraryKeys), ("reading", DataScreen.readingKeys),
            ("failure", DataScreen.failureKeys),
        ] {
            #expect(keys.conflicts.isEmpty, "\(name): \(keys.conflicts)")
            #expect(keys.conflicts(with: Workbench.keys).isEmpty, "\(name): \(keys.conflicts(with: Workbench.keys))")
        }
    }

    @Test func everyActionHasANameOfItsOwn() {
        func check<S: ScreenState>(_ type: S.Type) {
            let ids = S.keys.bindings.map(\.id)
            #expect(Set(ids).count == ids.count, "\(type)")
            #expect(S.keys.bindings.allSatisfy { !$0.title.isEmpty && !$0.keys.isEmpty })
        }
        check(DataScreen.self)
        check(RecipeScreen.self)
        check(TrainScreen.self)
        check(CompareScreen.self)
        check(RunsScreen.self)
        check(ModelsScreen.self)
    }

    @Test func keysOfHintsAreBound() {
        func check<S: ScreenState>(_ state: S) {
            let bound = Set(S.keys.bindings.flatMap(\.keys))
            for binding in S.keys.bindings {
                guard let keys = binding.hint?.keys else { continue }
                for name in keys.split(whereSeparator: { " /".contains($0) }) {
                    guard let key = Key(name: String(name)) else {
                        Issue.record("\(name) is no key")
                        continue
                    }
                    #expect(bound.contains(key) || key == .escape, "\(keys) of \(binding.id)")
                }
            }
        }
        let session = Session.open()
        check(session.workbench.data)
        check(session.workbench.recipe)
        check(session.workbench.train)
        check(session.workbench.compare)
        check(session.workbench.runs)
        check(session.workbench.models)
    }

    @Test func anUnknownKeySaysSo() {
        var session = Session.open()
        session.press("7Z")
        #expect(session.lastNotice.contains("? lists the keys"))
    }

    // MARK: Train

    @Test func trainFollowsEventsAndShowsNonFiniteSteps() {
        var session = Session(width: 120, height: 40)
        session.train()
        #expect(session.shows("1 step not finite"))
        session.send(
            .train(
                .events(
                    Session.runID, [.step(Session.point(121, loss: .infinity)), .step(Session.point(122, loss: 0.75))]))
        )
        #expect(session.workbench.train.history.points.count == 122)
        #expect(session.shows("2 steps not finite"))
        #expect(session.shows("0.750"))
        session.send(.train(.events("another", [.step(Session.point(123))])))
        #expect(session.workbench.train.history.points.count == 122)
        // A resumed run makes its last steps again: they replace those shown.
        session.send(.train(.events(Session.runID, [.step(Session.point(81)), .step(Session.point(82))])))
        #expect(session.workbench.train.history.points.map(\.step).suffix(2) == [81, 82])
    }

    @Test func pauseLearningRateAndStopAreCommands() {
        var session = Session()
        session.train()
        #expect(session.press("p") == [.train(.command(Session.runID, .pause))])
        session.send(.snapshot(Session.snapshot(.paused), isOwn: true))
        #expect(session.press("p") == [.train(.command(Session.runID, .resume))])
        session.press("e<end>^U")
        #expect(session.press("1e-5<cr>") == [.train(.command(Session.runID, .setLearningRate(1e-5)))])
        session.press("e<end>^U")
        #expect(session.press("fast<cr>").isEmpty)
        #expect(session.lastNotice.contains("is no learning rate"))
        #expect(session.press("Ts") == [.train(.command(Session.runID, .stop))])
    }

    // MARK: Compare

    @Test func votesGoToTheModelBehindTheSideAndBothAreShuffled() {
        var session = Session(width: 100, height: 40)
        session.compare()
        let sides = session.workbench.compare.pairs.map(\.firstIsLeft)
        #expect(Set(sides).count == 2)
        #expect(!session.shows("lora-3/best  tiny"))
        let effects = session.press("aaaaaa")
        let verdicts = effects.compactMap { effect -> Verdict? in
            if case .compare(.vote(_, let vote?)) = effect { vote.verdict } else { nil }
        }
        #expect(verdicts == sides.map { $0 ? .first : .second })
        #expect(
            effects.contains {
                if case .compare(.vote(let id, let vote)) = $0 { id == 100 && vote?.wasBlind == true } else { false }
            })
    }

    @Test func votesAreUndoneAndTheRevealCountsApart() {
        var session = Session(width: 100, height: 40)
        session.compare()
        session.press("tx")
        #expect(session.workbench.compare.votedCount == 2)
        session.press("u")
        #expect(session.workbench.compare.votedCount == 1)
        #expect(session.workbench.compare.index == 1)
        session.press("U")
        #expect(session.workbench.compare.votedCount == 2)
        #expect(!session.shows("tiny-chat"))
        session.press("R")
        #expect(session.shows("tiny-chat"))
        #expect(session.shows("lora-3/best"))
        session.press("n")
        let effects = session.press("b")
        #expect(
            effects.contains { if case .compare(.vote(_, let vote)) = $0 { vote?.wasBlind == false } else { false } })
    }

    // MARK: Recipe

    @Test func recipeEditsAreCheckedSteppedAndUndone() {
        var session = Session(width: 120, height: 40)
        session.plan()
        let before = session.workbench.recipe.recipe
        session.press("/learning<cr>")
        session.press("n")
        let at = session.workbench.recipe.fields.firstIndex { $0.key == "optimizer.learning_rate" }
        if let at { session.workbench.recipe.cursor.move(to: at) }
        session.press("<cr><end>^U")
        session.press("quick<cr>")
        #expect(session.workbench.recipe.field != nil)
        #expect(session.workbench.recipe.fieldProblem != nil)
        session.press("<esc>")
        #expect(session.workbench.recipe.recipe == before)
        session.press("<cr><end>^U")
        let effects = session.press("3e-4<cr>")
        #expect(session.workbench.recipe.recipe.optimizer.learningRate == 3e-4)
        #expect(
            effects.contains {
                if case .recipe(.plan(let recipe, _)) = $0 { recipe.optimizer.learningRate == 3e-4 } else { false }
            })
        session.press("l")
        #expect(session.workbench.recipe.recipe.optimizer.learningRate > 3e-4)
        session.press("uu")
        #expect(session.workbench.recipe.recipe == before)
        session.press("U")
        #expect(session.workbench.recipe.recipe.optimizer.learningRate == 3e-4)
    }

    @Test func presetsApplyAndTheRunIsAskedFor() {
        var session = Session(width: 120, height: 40)
        session.plan()
        session.press("pj<cr>")
        #expect(session.lastNotice.contains("preset"))
        session.plan()
        session.press("R")
        #expect(session.shows("Start this run?"))
        let effects = session.press("<cr>")
        #expect(effects.contains { if case .recipe(.start) = $0 { true } else { false } })
        session.plan([.init(.error, key: "data.train", text: "no row is trained", remedy: "check trainOn")])
        session.press("R")
        #expect(session.lastNotice.contains("no row is trained"))
    }

    // MARK: Runs

    @Test func runsShowWhatDiffersBetweenTwoRecipes() {
        var session = Session(width: 120, height: 40)
        session.listRuns()
        session.press("  =")
        #expect(session.shows("Diff lora-3 | lora-2"))
        #expect(session.shows("32"))
    }

    @Test func aRunIsDeletedOnlyWithItsNameTyped() {
        var session = Session()
        session.listRuns()
        session.press("D")
        #expect(session.press("lora<cr>").isEmpty)
        #expect(session.lastNotice.contains("not deleted"))
        session.press("D")
        #expect(session.press("lora-3<cr>").contains(.runs(.delete(Session.runID))))
    }

    @Test func anInterruptedRunResumesAndAFinishedOneSaysWhyNot() {
        var session = Session()
        session.listRuns()
        session.press("r")
        #expect(session.lastNotice.contains("finished"))
        #expect(session.press("jr").last == .runs(.resume("lora-2")))
    }

    // MARK: Models

    @Test func aModelIsPulledWhileTheListStaysInUse() {
        var session = Session(width: 120, height: 40)
        session.listModels()
        session.press("P")
        #expect(session.shows("pull model:"))
        #expect(session.press("  <cr>").isEmpty, "nothing was named")
        #expect(session.press("Pacme/tiny@v2<cr>") == [.models(.pull(repository: "acme/tiny@v2"))])
        #expect(session.workbench.isAnimated)
        #expect(session.shows("acme/tiny@v2  asking the hub"))
        session.send(
            .models(.pulling(PullState(repository: "acme/tiny@v2", fraction: 0.45, detail: "9 MiB of 20 MiB"))))
        #expect(session.shows("45%  acme/tiny@v2  9 MiB of 20 MiB"))
        session.press("j")
        #expect(session.workbench.models.cursor.selected == 1)
        session.press("P")
        #expect(session.lastNotice.contains("on its way"))
        #expect(session.press("^C") == [.models(.cancelPull)])
        #expect(session.shows("stopping"))
        let ended = session.send(.models(.pullEnded(Notice(.info, "stopped"), added: nil)))
        #expect(ended == [.models(.list)])
        #expect(!session.shows("acme/tiny"))
        // A late word of the pull that is over changes nothing.
        session.send(.models(.pulling(PullState(repository: "acme/tiny@v2", detail: "late"))))
        #expect(!session.workbench.models.isPulling)
    }

    @Test func aPulledModelIsSelected() {
        var session = Session(width: 120, height: 40)
        session.listModels()
        session.press("Pacme/tiny<cr>")
        session.send(.models(.pullEnded(Notice(.done, "acme--tiny: fetched 4 files"), added: "acme--tiny")))
        session.send(
            .models(
                .list([
                    ModelEntry(name: "a", kind: .base, path: "/a"),
                    ModelEntry(name: "acme--tiny", kind: .base, path: "/w/models/acme--tiny"),
                ])))
        #expect(session.workbench.models.current?.name == "acme--tiny")
        #expect(session.lastNotice.contains("fetched 4 files"))
    }

    @Test func aModelGoesToTheRecipeAndABrokenOneSaysWhy() {
        var session = Session(width: 160, height: 48)
        session.listModels()
        session.press("G")
        #expect(session.shows("ends early"))
    }
}

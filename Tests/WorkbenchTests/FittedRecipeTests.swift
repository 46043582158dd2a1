import Recipes
import TerminalUI
import Testing

@testable import Workbench

/// A new recipe takes the values that fit its model and its data set.
@Suite struct FittedRecipeTests {
    private static let small = StartingValues(
        .init(parameters: 3_200_000, contextLength: 1024, rows: 800, tokens: 50_000))
    private static let large = StartingValues(
        .init(parameters: 7_000_000_000, contextLength: 4096, rows: 800, tokens: 500_000))

    private static func begun() -> Session {
        var session = Session(width: 120, height: 40)
        session.press("2")
        session.send(.recipe(.choices(models: ["small", "large"], datasets: ["triage"])))
        return session
    }

    private static func answer(_ session: inout Session, _ values: StartingValues?, model: String = "small") {
        session.send(.recipe(.starting(model: model, data: "triage", values)))
        var plan = Preflight()
        plan.steps = 240
        session.send(.recipe(.planned(revision: session.workbench.recipe.revision, plan)))
    }

    @Test func aNewRecipeIsAskedForWhatFitsAndTakesIt() {
        var session = Self.begun()
        #expect(session.effects.contains(.recipe(.fit(model: "small", data: "triage"))))
        session.press("R")
        #expect(session.lastNotice.contains("still being found"))
        Self.answer(&session, Self.small)
        let recipe = session.workbench.recipe.recipe
        #expect(recipe.optimizer.learningRate == 2e-3 && recipe.batch.gradientAccumulationSteps == 1)
        #expect(session.effects.contains(.recipe(.keep(recipe))))
        #expect(
            session.effects.contains {
                if case .recipe(.plan(let planned, _)) = $0 { planned == recipe } else { false }
            })
        #expect(session.workbench.recipe.summary.hasPrefix("0 changes vs what fits"))
        #expect(session.shows("Learning rate 0.002: a model of"), "the reason stands in the pre-flight")
        session.press("R")
        #expect(session.shows("Start this run?"))
    }

    @Test func theReasonStandsBesideTheFieldAndDGoesBackToTheValue() {
        var session = Self.begun()
        Self.answer(&session, Self.small)
        let at = session.workbench.recipe.fields.firstIndex { $0.key == "optimizer.learning_rate" } ?? 0
        session.workbench.recipe.cursor.move(to: at)
        #expect(session.shows("fits here 0.002"))
        session.press("l")
        #expect(session.workbench.recipe.recipe.optimizer.learningRate == 5e-3)
        #expect(session.workbench.recipe.summary.hasPrefix("1 change vs what fits"))
        session.press("d")
        #expect(session.workbench.recipe.recipe.optimizer.learningRate == 2e-3)
    }

    @Test func anotherModelBringsOtherValuesButChangedFieldsStay() {
        var session = Self.begun()
        Self.answer(&session, Self.small)
        let epochs = session.workbench.recipe.fields.firstIndex { $0.key == "epochs" } ?? 0
        session.workbench.recipe.cursor.move(to: epochs)
        session.press("l")
        let chosen = session.workbench.recipe.recipe.epochs
        session.workbench.recipe.cursor.move(to: 0)
        let effects = session.press("<cr>j<cr>")
        #expect(effects.contains(.recipe(.fit(model: "large", data: "triage"))))
        Self.answer(&session, Self.large, model: "large")
        #expect(session.workbench.recipe.recipe.optimizer.learningRate == 2e-4)
        #expect(session.workbench.recipe.recipe.epochs == chosen)
        // Back again: what fits the first model is found anew.
        #expect(session.press("u").contains(.recipe(.fit(model: "small", data: "triage"))))
        #expect(session.workbench.recipe.recipe.optimizer.learningRate == 2e-3)
    }

    @Test func anAnswerAboutSomethingElseOrNoneChangesNothing() {
        var session = Self.begun()
        let before = session.workbench.recipe.recipe
        session.send(.recipe(.starting(model: "large", data: "triage", Self.small)))
        #expect(session.workbench.recipe.recipe == before && session.workbench.recipe.isFitting)
        Self.answer(&session, nil)
        #expect(session.workbench.recipe.recipe == before && !session.workbench.recipe.isFitting)
    }

    @Test func aRestoredRecipeStaysAndAPresetGivesTheValues() {
        var session = Session(width: 120, height: 40)
        session.press("2")
        var kept = Recipe(model: "small", data: .init(train: "triage"))
        kept.optimizer.learningRate = 7e-4
        session.send(.recipe(.restored(kept)))
        Self.answer(&session, Self.small)
        #expect(session.workbench.recipe.recipe == kept)
        session.press("p")
        #expect(session.shows("fitted"))
        session.press("<cr>")
        #expect(session.workbench.recipe.recipe.optimizer.learningRate == 2e-3)
    }

    @Test func aRecipeFromAFileKeepsItsValues() {
        var session = Self.begun()
        Self.answer(&session, Self.small)
        let file = Recipe(model: "large", data: .init(train: "triage"))
        session.send(.recipe(.loaded(file, name: "r.yaml", problems: [])))
        Self.answer(&session, Self.small, model: "large")
        #expect(session.workbench.recipe.recipe == file)
    }
}

public import Foundation
public import Recipes
public import Runs
public import TerminalUI

/// Everything that can happen to the workbench. `Workbench.update` is the only reader.
public enum Message: Sendable {
    case key(Key)
    /// Sent about ten times a second while something moves, else about once; `now` is the only clock there is.
    case tick(now: Date)
    case resized(width: Int, height: Int)
    /// The live run: of this process (`isOwn`) or, followed through the database, of another.
    case snapshot(RunSnapshot?, isOwn: Bool)
    /// The answer to `Effect.prompt`; nil when it was cancelled.
    case prompted(Prompt.Purpose, String?)
    /// The answer to `Effect.editExternally`; nil when nothing was changed.
    case edited(EditorRequest.Purpose, String?)
    case notice(Notice)
    case data(DataScreen.Message)
    case recipe(RecipeScreen.Message)
    case train(TrainScreen.Message)
    case compare(CompareScreen.Message)
    case runs(RunsScreen.Message)
    case models(ModelsScreen.Message)
    case export(ExportMessage)
}

/// What `update` asks to be done outside. The workbench answers the first group itself;
/// the effect runner performs the rest, and each answers with a `Message`, its failure included.
public enum Effect: Sendable, Equatable {
    // Answered by the workbench.
    case say(Notice)
    case ask(Question)
    case prompt(Prompt)
    case show(Screen)
    /// Opens the recipe screen on this data set; keeps the rest of the recipe.
    case useDataset(String)
    /// Opens the recipe screen on a recipe made elsewhere; `origin` says where.
    case useRecipe(Recipe, origin: String)
    /// Opens the recipe screen with this base model; keeps the rest of the recipe.
    case useModel(String)
    /// Opens Compare on a run's best checkpoint against its base.
    case compareRun(RunID)
    /// Opens Compare on the adapter in this folder against its base.
    case compareModel(String)
    /// Something the Data screen asked about first and that was answered with yes.
    case confirmed(DataScreen.Confirmed)

    // Performed by the runner.
    case quit(QuitMode)
    case suspend
    case redraw
    case copy(String)
    case setMouse(Bool)
    case editExternally(EditorRequest)
    case saveSetting(key: String, value: String)
    case data(DataScreen.Effect)
    case recipe(RecipeScreen.Effect)
    case train(TrainScreen.Effect)
    case compare(CompareScreen.Effect)
    case runs(RunsScreen.Effect)
    case models(ModelsScreen.Effect)
    /// `open` is answered by the workbench.
    case export(ExportEffect)
}

public enum QuitMode: Sendable, Equatable {
    /// Nothing is training.
    case now
    /// Close the screen, train on without it.
    case keepTraining
    /// Finish the step, save a checkpoint, stop, leave.
    case stopAndSave
    /// Leave at once; steps after the last checkpoint are lost.
    case abort
}

/// A line for people; also kept in the event log.
public struct Notice: Sendable, Equatable {
    public enum Level: Sendable, Equatable { case info, done, warning, error }
    public var level: Level
    public var text: String
    /// Details for the log only, such as a full error.
    public var detail: String?
    public init(_ level: Level, _ text: String, detail: String? = nil) {
        self.level = level
        self.text = text
        self.detail = detail
    }
}

/// A text asked for on the line above the hints.
public struct Prompt: Sendable, Equatable {
    public enum Purpose: Sendable, Equatable {
        case filter, openDataset, exportDataset, tag, note, saveView
        case field(String), saveRecipe, openRecipe, findField
        case learningRate, evaluationInterval
        case ownPrompt, voteNote
        case runNote, addModel, pullModel, goToLine, typedName(String)
    }
    public var purpose: Purpose
    public var title: String
    public var text: String
    /// Shown dim behind the text: an example or the syntax.
    public var hint: String
    public init(_ purpose: Purpose, title: String, text: String = "", hint: String = "") {
        self.purpose = purpose
        self.title = title
        self.text = text
        self.hint = hint
    }
}

/// A choice that has to be made before anything else; Esc is always "no" and the default.
public struct Question: Sendable, Equatable {
    public struct Choice: Sendable, Equatable {
        public var key: Key
        public var label: String
        public var effects: [Effect]
        public init(_ key: Key, _ label: String, effects: [Effect]) {
            self.key = key
            self.label = label
            self.effects = effects
        }
    }
    public var title: String
    public var lines: [String]
    public var choices: [Choice]
    /// One line above the hints instead of a box: for bulk acts that one undo takes back.
    public var isLine: Bool
    public init(title: String, lines: [String] = [], choices: [Choice], isLine: Bool = false) {
        self.title = title
        self.lines = lines
        self.choices = choices
        self.isLine = isLine
    }
}

/// A text for $EDITOR.
public struct EditorRequest: Sendable, Equatable {
    public enum Purpose: Sendable, Equatable { case example(Int), recipe, note }
    public var purpose: Purpose
    public var text: String
    /// File name ending, so that the editor colours it.
    public var fileExtension: String
    public init(_ purpose: Purpose, text: String, fileExtension: String) {
        self.purpose = purpose
        self.text = text
        self.fileExtension = fileExtension
    }
}

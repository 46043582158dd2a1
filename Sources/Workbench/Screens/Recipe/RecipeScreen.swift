import Foundation
import Recipes
import Runs
import TerminalUI

/// Every hyperparameter with its range, unit, explanation and default, and what the run will cost.
public struct RecipeScreen: ScreenState {
    enum Chooser: Sendable, Equatable { case presets, field(String, [String]) }

    var recipe = Recipe(model: "", data: .init(train: ""))
    /// What `*` and `=` compare with: a preset, a file or a run.
    var origin = (name: "the defaults", recipe: Recipe(model: "", data: .init(train: "")))
    var cursor = ListCursor(count: RecipeField.all.count)
    var field: TextField?
    var fieldProblem: String?
    var chooser: (what: Chooser, cursor: ListCursor)?
    var models: [String] = []
    var datasets: [String] = []
    var plan: Preflight?
    /// What fits the model and the data set, once it is known.
    var starting: StartingValues?
    /// Whether fields that nobody changed take the values that fit; not after a recipe came from elsewhere.
    var followsStart = true
    /// Whether the next values that fit are only compared with.
    var keepsValues = false
    /// Whether the values that fit are still being found, and will be taken.
    var isFitting = false
    /// Counts changes; an answer to an older plan is dropped.
    var revision = 0
    var isPlanning = false
    var isRestored = false
    var showsDifferences = false
    var explains = true
    var scroll = 0
    var searched = ""
    var undoStack: [Recipe] = []
    var redoStack: [Recipe] = []

    public init() {}

    var isBusy: Bool { isPlanning || isFitting }

    mutating func appear(_ context: ScreenContext) -> Effects {
        guard !isRestored else { return [.recipe(.listChoices)] }
        isRestored = true
        return [.recipe(.restore), .recipe(.listChoices)]
    }

    /// What decides how a row becomes tokens; whoever counts them counts anew when it changes.
    var textKey: String { "\(recipe.model)\n\(recipe.data.trainOn.rawValue)" }

    // MARK: Entering from other screens

    mutating func use(dataset name: String, _ context: ScreenContext) -> Effects {
        change { $0.data.train = name } + [.say(Notice(.info, "trains on \(name): rows not dropped"))]
    }

    mutating func use(model name: String, _ context: ScreenContext) -> Effects {
        change { $0.model = name } + [.say(Notice(.info, "starts from \(name)"))]
    }

    mutating func use(_ made: Recipe, origin name: String, _ context: ScreenContext) -> Effects {
        begin(from: made, named: name)
        return change { $0 = made } + [.say(Notice(.info, "recipe of \(name)"))]
    }

    // MARK: Messages

    mutating func receive(_ message: Message, _ context: ScreenContext) -> Effects {
        switch message {
        case .choices(let models, let datasets):
            self.models = models
            self.datasets = datasets
            var effects: Effects = []
            if recipe.model.isEmpty, let model = models.first {
                effects = change { recipe in
                    recipe.model = model
                    if recipe.data.train.isEmpty { recipe.data.train = datasets.first ?? "" }
                }
            } else if recipe.data.train.isEmpty, let first = datasets.first {
                effects = change { $0.data.train = first }
            } else if plan == nil, !isPlanning {
                effects = replan()
            }
            return effects
        case .starting(let model, let data, let values): return take(values, model: model, data: data)
        case .planned(let answered, let plan):
            guard answered == revision else { return [] }
            isPlanning = false
            self.plan = plan
        case .loaded(let loaded, let name, let problems):
            begin(from: loaded, named: name)
            let notes: Effects = problems.map { .say(Notice(.warning, $0)) }
            return change { $0 = loaded } + [.say(Notice(.done, "opened \(name)"))] + notes
        case .restored(let kept):
            recipe = kept
            // What was left stays as it was left, whatever fits; only another model or set brings other values.
            keepsValues = true
            return fit() + replan()
        case .saved(let path): return [.say(Notice(.done, "saved \(path)"))]
        case .started: return [.show(.train)]
        case .failed(let text):
            isPlanning = false
            return [.say(Notice(.error, text))]
        }
        return []
    }

    mutating func receive(edited text: String?, _ context: ScreenContext) -> Effects {
        guard let text else { return [.say(Notice(.info, "unchanged"))] }
        let reading = Recipe.read(yaml: text)
        guard let read = reading.recipe, !reading.problems.contains(where: { $0.severity == .error }) else {
            let lines = reading.problems.map(\.description)
            return [
                .say(
                    Notice(
                        .error, "not taken: \(lines.first ?? "the text is no recipe")",
                        detail: lines.joined(separator: "\n")))
            ]
        }
        return change { $0 = read } + [.say(Notice(.done, "taken from the editor"))]
    }

    /// Every change of the recipe goes through here: undo, autosave and a new forecast come with it.
    mutating func change(_ body: (inout Recipe) -> Void) -> Effects {
        var next = recipe
        body(&next)
        guard next != recipe else { return [] }
        undoStack.append(recipe)
        if undoStack.count > 500 { undoStack.removeFirst() }
        redoStack = []
        return replace(by: next)
    }

    /// The other recipe, kept and planned; what fits is found anew when it is about something else.
    mutating func replace(by next: Recipe) -> Effects {
        let isAboutTheSame = next.model == recipe.model && next.data.train == recipe.data.train
        recipe = next
        return [.recipe(.keep(next))] + (isAboutTheSame ? [] : fit()) + replan()
    }

    mutating func replan() -> Effects {
        revision += 1
        guard !recipe.model.isEmpty, !recipe.data.train.isEmpty else {
            plan = nil
            isPlanning = false
            return []
        }
        isPlanning = true
        return [.recipe(.plan(recipe, revision: revision))]
    }

    // MARK: Reading

    var fields: [RecipeField] { RecipeField.all }
    var current: RecipeField? { fields.indices.contains(cursor.selected) ? fields[cursor.selected] : nil }

    func isChanged(_ field: RecipeField) -> Bool {
        field.text(in: recipe) != field.text(in: origin.recipe) && !(origin.recipe.model.isEmpty && field.isRequired)
    }

    /// A field that does nothing as the recipe stands, such as a LoRA rank under full fine-tuning.
    func isIdle(_ field: RecipeField) -> Bool {
        field.section == "lora" && recipe.method != .lora || field.key == "epochs" && recipe.maxSteps != nil
            || field.key == "schedule.warmup_ratio" && recipe.schedule.warmupSteps != nil
    }

    var position: String { "field \(cursor.counter)" }

    var summary: String {
        let changed = fields.count { isChanged($0) }
        let problems = plan?.findings.count { $0.level == .error } ?? 0
        let state = problems > 0 ? "\(problems) to mend before it can start" : plan == nil ? "" : "valid"
        return "\(changed) change\(changed == 1 ? "" : "s") vs \(origin.name)" + (state.isEmpty ? "" : " · \(state)")
    }

    var copyText: String? { recipe.yaml(comments: false) }

    /// What the values of a field can be, when they are a list.
    func choices(of field: RecipeField) -> [String]? {
        switch field.key {
        case "model": models
        case "data.train": datasets
        default:
            if case .choice(let names) = field.kind { names } else { nil }
        }
    }
}

public import Foundation
import Runs
public import TerminalUI

/// The whole interface as one value. `update` is pure: it reaches neither engine nor disk nor clock,
/// it returns effects; `view` draws the value and changes nothing.
public struct Workbench: Sendable {
    public internal(set) var screen: Screen = .data
    public internal(set) var data = DataScreen()
    public internal(set) var recipe = RecipeScreen()
    public internal(set) var train = TrainScreen()
    public internal(set) var compare = CompareScreen()
    public internal(set) var runs = RunsScreen()
    public internal(set) var models = ModelsScreen()
    public internal(set) var serve = ServeScreen()

    /// What lies over the screen and swallows every key.
    var overlay: Overlay?
    var log = EventLog()
    /// The export that is being written, whatever screen is in front.
    var writing: ExportProgress?
    var exportHabits = ExportHabits()
    var wantsMouse = false
    var context: ScreenContext
    var glyphs: GlyphSet

    public init(width: Int, height: Int, glyphs: GlyphSet, now: Date) {
        context = ScreenContext(width: width, height: height, now: now, run: nil, frame: 0)
        self.glyphs = glyphs
    }

    /// Effects to perform before the first key: every screen that must load something says so.
    public mutating func start() -> [Effect] {
        settle(
            data.appear(context) + recipe.appear(context) + models.appear(context) + runs.appear(context)
                + [.export(.recall)])
    }

    /// Whether something moves by itself, so that ticks should come ten times a second.
    public var isAnimated: Bool {
        context.run?.phase.isLive == true || data.isBusy || compare.isBusy || recipe.isBusy || models.isBusy
            || runs.isBusy || writing != nil || isRehearsing || log.hasFreshNotice(at: context.now)
    }

    /// Whether the dialog in front waits for its check.
    private var isRehearsing: Bool { if case .export(let sheet) = overlay { sheet.check == nil } else { false } }

    public mutating func update(_ message: Message) -> [Effect] {
        let effects = take(message)
        // What the Data screen counts and renders follows the recipe's model and mask rule.
        guard recipe.textKey != data.textKey else { return effects }
        return effects + settle(data.use(textKey: recipe.textKey))
    }

    private mutating func take(_ message: Message) -> [Effect] {
        switch message {
        case .key(let key): return settle(press(key))
        case .tick(let now):
            context.now = now
            context.frame += 1
            return settle(data.tick(context) + compare.tick(context))
        case .resized(let width, let height):
            context.width = width
            context.height = height
            return []
        case .snapshot(let run, let isOwn):
            let before = context.run
            context.run = run
            return settle(train.follow(run, isOwn: isOwn, before: before, context))
        case .prompted(let purpose, let text): return settle(answer(purpose, text))
        case .edited(let purpose, let text):
            switch purpose {
            case .example, .note: return settle(data.receive(edited: purpose, text, context))
            case .recipe: return settle(recipe.receive(edited: text, context))
            }
        case .notice(let notice):
            log.add(notice, at: context.now)
            return []
        case .data(let message): return settle(data.receive(message, context))
        case .recipe(let message): return settle(recipe.receive(message, context))
        case .train(let message): return settle(train.receive(message, context))
        case .compare(let message): return settle(compare.receive(message, context))
        case .runs(let message): return settle(runs.receive(message, context))
        case .models(let message): return settle(models.receive(message, context))
        case .export(let message): return settle(receive(message))
        }
    }

    // MARK: Effects the workbench answers itself

    /// Takes out the effects that concern only the workbench, until none is left.
    private mutating func settle(_ effects: [Effect]) -> [Effect] {
        var outside: [Effect] = []
        var waiting = effects[...]
        while let effect = waiting.popFirst() {
            switch effect {
            case .say(let notice): log.add(notice, at: context.now)
            case .ask(let question): overlay = .question(question)
            case .prompt(let prompt): overlay = .prompt(PromptState(prompt))
            case .show(let screen): waiting = (show(screen) + waiting)[...]
            case .useDataset(let name):
                waiting = (recipe.use(dataset: name, context) + show(.recipe) + waiting)[...]
            case .useRecipe(let made, let origin):
                waiting = (recipe.use(made, origin: origin, context) + show(.recipe) + waiting)[...]
            case .useModel(let name):
                waiting = (recipe.use(model: name, context) + show(.recipe) + waiting)[...]
            case .confirmed(let confirmed): waiting = (data.perform(confirmed, context) + waiting)[...]
            case .compareModel(let path):
                waiting = (compare.choose(adapter: path, context) + show(.compare) + waiting)[...]
            case .compareRun(let run):
                waiting = (compare.choose(run: run, context) + show(.compare) + waiting)[...]
            case .runs(.attach(let run)):
                waiting = (train.open(run) + waiting)[...]
            case .export(.open(let source, let merging)):
                waiting = (openExport(source, merging: merging) + waiting)[...]
            default: outside.append(effect)
            }
        }
        return outside
    }

    mutating func show(_ next: Screen) -> [Effect] {
        screen = next
        return call(.appear).effects
    }

    private mutating func answer(_ purpose: Prompt.Purpose, _ text: String?) -> [Effect] {
        call(.answer(purpose, text)).effects
    }

    /// The screen in front, to read from.
    var current: any ScreenState {
        switch screen {
        case .data: data
        case .recipe: recipe
        case .train: train
        case .compare: compare
        case .runs: runs
        case .models: models
        case .serve: serve
        }
    }

    /// Lets the screen in front answer, in place: a copy of a screen with 100,000 rows would cost a frame.
    mutating func call(_ call: ScreenCall) -> ScreenAnswer {
        switch screen {
        case .data: call.made(on: &data, context)
        case .recipe: call.made(on: &recipe, context)
        case .train: call.made(on: &train, context)
        case .compare: call.made(on: &compare, context)
        case .runs: call.made(on: &runs, context)
        case .models: call.made(on: &models, context)
        case .serve: call.made(on: &serve, context)
        }
    }
}

/// What the workbench may ask of the screen in front.
enum ScreenCall {
    case appear
    case back
    case press(Key)
    case type(Key)
    case action(id: String)
    case answer(Prompt.Purpose, String?)

    func made<S: ScreenState>(on screen: inout S, _ context: ScreenContext) -> ScreenAnswer {
        switch self {
        case .appear: return ScreenAnswer(effects: screen.appear(context))
        case .back: return ScreenAnswer(effects: screen.back(context))
        case .type(let key): return ScreenAnswer(effects: screen.type(key, context))
        case .answer(let purpose, let text): return ScreenAnswer(effects: screen.answer(purpose, text, context))
        case .action(let id):
            guard let action = screen.activeKeys.action(id: id) else { return ScreenAnswer(effects: []) }
            return ScreenAnswer(effects: screen.perform(action, context))
        case .press(let key):
            switch screen.activeKeys.outcome(of: key, in: screen) {
            case .action(_, let action): return ScreenAnswer(effects: screen.perform(action, context))
            case .refused(let reason): return ScreenAnswer(effects: [.say(Notice(.warning, reason))])
            case .unbound: return ScreenAnswer(effects: [], isUnbound: true)
            }
        }
    }
}

struct ScreenAnswer {
    var effects: [Effect]
    /// The key means nothing to this screen; the keys of every screen come next.
    var isUnbound = false
}

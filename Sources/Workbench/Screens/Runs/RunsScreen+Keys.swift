import Foundation
import Recipes
import Runs
import TerminalUI

extension RunsScreen {
    enum Action: Sendable {
        case move(Key), open, mark, differences, resume, clone, compare, note, archive, delete, order, archived, filter
        case attach, trainLoss, export, merge
    }

    private static let needsRun: @Sendable (RunsScreen) -> String? = { screen in
        screen.current == nil ? "there is no run yet: 2 writes a recipe, R starts it" : nil
    }

    private static func movement(_ keys: [Key], _ id: String, _ title: String) -> [KeyBinding<RunsScreen, Action>] {
        keys.enumerated().map { index, key in
            KeyBinding(key, id: "\(id)-\(index)", title: title, group: "Move", action: .move(key))
        }
    }

    static let keys = KeyTable<RunsScreen, Action>(
        [
            KeyBinding(
                .enter, id: "open", title: "open the run's charts; with marked runs, overlay them",
                hint: Hint("open", long: "open", rank: 1), action: .open, refusal: needsRun),
            KeyBinding(
                " ", id: "mark", title: "mark, to overlay and compare", hint: Hint("mark", long: "mark", rank: 2),
                action: .mark, refusal: needsRun),
            KeyBinding(
                "=", id: "differences", title: "what differs between two recipes",
                hint: Hint("diff", long: "diff", rank: 3), action: .differences,
                refusal: { $0.pair == nil && !$0.showsDifferences ? "mark two runs with Space first" : nil }),
            KeyBinding(
                "A", id: "compare", title: "compare what the run writes with its base",
                hint: Hint("compare", long: "compare", rank: 4), action: .compare, refusal: needsRun),
            KeyBinding(
                "r", id: "resume", title: "go on from the last checkpoint",
                hint: Hint("resume", long: "resume", rank: 5), action: .resume,
                refusal: { screen in
                    guard let run = screen.current else { return "there is no run yet" }
                    if run.phase.isLive { return "\(run.id) is live; a follows it" }
                    if run.phase == .finished { return "\(run.id) is finished; c clones its recipe for another" }
                    return run.hasCheckpoint ? nil : "\(run.id) left no checkpoint to go on from"
                }),
            KeyBinding(
                "c", id: "clone", title: "its recipe as a new recipe", hint: Hint("clone", long: "clone", rank: 6),
                action: .clone, refusal: needsRun),
            KeyBinding(
                "a", id: "attach", title: "follow a live run on the Train screen", action: .attach, refusal: needsRun),
            KeyBinding("e", id: "note", title: "write a note", action: .note, refusal: needsRun),
            KeyBinding(
                "d", id: "archive", title: "put away, or take back (reversible)", action: .archive, refusal: needsRun),
            KeyBinding(
                "D", id: "delete", title: "delete the run and its folder for good; asks for its name", action: .delete,
                refusal: { screen in
                    guard let run = screen.current else { return "there is no run" }
                    return run.phase.isLive ? "\(run.id) is live; stop it first" : nil
                }),
            KeyBinding(
                "X", id: "export", title: "export what it trained: safetensors, PEFT, MLX, GGUF",
                hint: Hint("export", long: "export", rank: 7), action: .export, refusal: { $0.leftNothing }),
            KeyBinding(
                "m", id: "merge", title: "merge its adapter with the base into a new model of the workspace",
                action: .merge,
                refusal: { screen in
                    if let reason = screen.leftNothing { return reason }
                    return screen.exportSource?.hasAdapter == true
                        ? nil : "it trained the whole model: there is no adapter to merge"
                }),
            KeyBinding("o", id: "order", title: "order: newest, best held-out loss, name", action: .order),
            KeyBinding("O", id: "archived", title: "show or hide what was put away", action: .archived),
            KeyBinding(
                "i", id: "train-loss", title: "curves of training loss, or of held-out loss", action: .trainLoss),
            KeyBinding(
                "/", id: "filter", title: "filter by words", hint: Hint("filter", long: "filter", rank: 7),
                action: .filter),
        ] + movement([.down, "j"], "down", "next run") + movement([.up, "k"], "up", "previous run")
            + movement([.home, "g"], "first", "first run") + movement([.end, "G"], "last", "last run")
            + movement([.pageDown, .control("d"), .control("f")], "page-down", "page down")
            + movement([.pageUp, .control("u"), .control("b")], "page-up", "page up"))

    mutating func perform(_ action: Action, _ context: ScreenContext) -> Effects {
        switch action {
        case .move(let key):
            if showsDifferences {
                scroll = max(0, scroll + (key == .down || key == "j" ? 1 : key == .up || key == "k" ? -1 : 0))
                return []
            }
            _ = cursor.handle(key, height: max(1, context.height / 2))
            return loadCurves()
        case .open:
            guard let run = current else { return [] }
            if marked.count >= 2 { return [.runs(.attach(marked[0])), .train(.loadOverlay(marked[1])), .show(.train)] }
            return [.runs(.attach(run.id)), .show(.train)]
        case .attach: return current.map { [.runs(.attach($0.id)), .show(.train)] } ?? []
        case .mark:
            guard let run = current else { return [] }
            if let index = marked.firstIndex(of: run.id) { marked.remove(at: index) } else { marked.append(run.id) }
            cursor.move(by: 1)
            return loadCurves()
        case .differences:
            showsDifferences.toggle()
            scroll = 0
        case .resume: return current.map { [.runs(.resume($0.id))] } ?? []
        case .clone:
            guard let run = current else { return [] }
            let reading = Recipe.read(yaml: run.recipe)
            guard var recipe = reading.recipe else {
                return [.say(Notice(.error, "the recipe of \(run.id) cannot be read by this version"))]
            }
            recipe.name = nil
            return [.useRecipe(recipe, origin: run.id.rawValue)]
        case .export: return exportSource.map { [.export(.open($0, merging: false))] } ?? []
        case .merge: return exportSource.map { [.export(.open($0, merging: true))] } ?? []
        case .compare: return current.map { [.compareRun($0.id)] } ?? []
        case .note:
            return current.map { [.prompt(Prompt(.runNote, title: "note for \($0.id)", text: $0.note))] } ?? []
        case .archive:
            guard let run = current else { return [] }
            let verb = run.isArchived ? "taken back" : "put away (O shows it, d takes it back)"
            return [.runs(.archive(run.id, !run.isArchived)), .say(Notice(.done, "\(run.id) \(verb)"))]
        case .delete:
            return current.map {
                [.prompt(Prompt(.typedName($0.id.rawValue), title: "type \($0.id) to delete it for good"))]
            } ?? []
        case .order:
            order = Order(rawValue: (order.rawValue + 1) % Order.allCases.count) ?? .newest
            arrange(keeping: current?.id)
        case .archived:
            showsArchived.toggle()
            arrange(keeping: current?.id)
        case .trainLoss: showsTrainLoss.toggle()
        case .filter:
            return [.prompt(Prompt(.filter, title: "filter", text: filter, hint: "words of name, note or recipe"))]
        }
        return []
    }

    mutating func answer(_ purpose: Prompt.Purpose, _ text: String?, _ context: ScreenContext) -> Effects {
        guard let text else { return [] }
        switch purpose {
        case .filter:
            filter = text
            arrange(keeping: current?.id)
        case .runNote: return current.map { [.runs(.setNote($0.id, text))] } ?? []
        case .typedName(let name):
            guard text == name else { return [.say(Notice(.info, "not deleted: the name was not typed"))] }
            return [.runs(.delete(RunID(name))), .say(Notice(.done, "\(name) deleted"))]
        default: break
        }
        return []
    }

    mutating func back(_ context: ScreenContext) -> Effects {
        if showsDifferences {
            showsDifferences = false
        } else if !filter.isEmpty {
            filter = ""
            arrange(keeping: current?.id)
        } else {
            marked = []
        }
        return []
    }
}

import Foundation
import TerminalUI

/// The models of the workspace: bases, and below each the adapters and checkpoints made from it.
public struct ModelsScreen: ScreenState {
    enum Action: Sendable { case move(Key), add, pull, remove, compare, use, card, filter, verify, export, merge }

    var entries: [ModelEntry] = []
    var cursor = ListCursor()
    var filter = ""
    var isLoading = true
    var showsCard = false
    var scroll = 0
    /// To be selected once it is in the list.
    var awaited: String?
    var pull: PullState?

    public init() {}

    var isBusy: Bool { isLoading || pull != nil }
    var isPulling: Bool { pull != nil }

    mutating func appear(_ context: ScreenContext) -> Effects { [.models(.list)] }

    mutating func receive(_ message: Message, _ context: ScreenContext) -> Effects {
        switch message {
        case .list(let list):
            let selected = awaited ?? current?.name
            awaited = nil
            isLoading = false
            entries = list
            cursor.setCount(visible.count)
            if let index = visible.firstIndex(where: { $0.name == selected }) { cursor.move(to: index) }
        case .added(let name):
            awaited = name
            return [.models(.list), .say(Notice(.done, "added \(name)"))]
        case .pulling(let state):
            // A word from before the end that comes after it would leave a pull for ever on the screen.
            if pull?.repository == state.repository { pull = state }
        case .pullEnded(let notice, let name):
            pull = nil
            awaited = name
            return [.models(.list), .say(notice)]
        case .failed(let text):
            isLoading = false
            return [.say(Notice(.error, text))]
        }
        return []
    }

    var visible: [ModelEntry] {
        guard !filter.isEmpty else { return entries }
        let words = filter.lowercased().split(separator: " ")
        return entries.filter { entry in
            let text = "\(entry.name) \(entry.kind.rawValue) \(entry.path)".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
    }

    var current: ModelEntry? {
        let visible = visible
        return visible.indices.contains(cursor.selected) ? visible[cursor.selected] : nil
    }

    var position: String { visible.isEmpty ? "" : "model \(cursor.counter)" }
    var summary: String {
        pull == nil ? current?.path ?? "" : "^C stops the pull; what has come is kept"
    }
    var copyText: String? { current?.path }

    /// Stops the pull; the screen says so until its last word comes.
    mutating func cancelPull() -> Effects {
        pull?.detail = "stopping; what has come is kept"
        return [.models(.cancelPull)]
    }

    /// The model under the cursor with the base that an adapter needs.
    private var exportSource: ExportSource? {
        guard let current else { return nil }
        guard current.kind == .adapter else {
            return ExportSource(
                name: current.name, place: .folders(model: current.path, adapter: nil), hasAdapter: false)
        }
        guard let base = entries.first(where: { $0.base == nil && $0.name == current.base }) else { return nil }
        return ExportSource(
            name: current.name, place: .folders(model: base.path, adapter: current.path), hasAdapter: true)
    }

    /// Why the adapter under the cursor cannot be put on its base.
    private var baseIsMissing: String? {
        exportSource == nil ? "its base model is not in the workspace: p adds its folder" : nil
    }

    // MARK: Keys

    private static let needsModel: @Sendable (ModelsScreen) -> String? = {
        $0.current == nil ? "no model yet: p adds a folder" : nil
    }

    private static func movement(_ keys: [Key], _ id: String, _ title: String) -> [KeyBinding<ModelsScreen, Action>] {
        keys.enumerated().map { KeyBinding($1, id: "\(id)-\($0)", title: title, group: "Move", action: .move($1)) }
    }

    static let keys = KeyTable<ModelsScreen, Action>(
        [
            KeyBinding(
                "p", id: "add", title: "add a Hugging Face folder", hint: Hint("add", long: "add folder", rank: 1),
                action: .add),
            KeyBinding(
                "P", id: "pull", title: "fetch a model from the hub (OWNER/NAME)",
                hint: Hint("pull", long: "pull from hub", rank: 3), action: .pull,
                refusal: { $0.pull.map { "\($0.repository) is on its way; ^C stops it" } }),
            KeyBinding(
                "c", id: "compare", title: "compare it with its base", hint: Hint("compare", long: "compare", rank: 2),
                action: .compare,
                refusal: { $0.current?.kind == .adapter ? nil : "compare needs an adapter or a checkpoint" }),
            KeyBinding(
                "R", id: "use", title: "use it as the recipe's base model",
                hint: Hint("recipe", long: "use in recipe", rank: 3),
                action: .use,
                refusal: {
                    switch $0.current?.kind {
                    case .base, .full: nil
                    case .adapter: "a recipe starts from a base model, not from an adapter"
                    case .broken: "this folder cannot be read"
                    case nil: "no model yet: p adds a folder"
                    }
                }),
            KeyBinding(
                "m", id: "merge", title: "merge the adapter with its base into a new model of the workspace",
                hint: Hint("merge", long: "merge adapter", rank: 4), action: .merge,
                refusal: {
                    $0.current?.kind == .adapter
                        ? $0.baseIsMissing : "merge needs an adapter: a line below a base model"
                }),
            KeyBinding(
                "X", id: "export", title: "export for other tools: safetensors, PEFT, MLX, GGUF",
                hint: Hint("export", long: "export", rank: 3), action: .export,
                refusal: {
                    switch $0.current?.kind {
                    case .base, .full: nil
                    case .adapter: $0.baseIsMissing
                    case .broken: "this folder cannot be read"
                    case nil: "no model yet: p adds a folder"
                    }
                }),
            KeyBinding(
                .enter, "i", id: "card", title: "everything known of it", hint: Hint("card", long: "card", rank: 4),
                action: .card, refusal: needsModel),
            KeyBinding(
                "V", id: "verify", title: "read all folders again and check them", action: .verify),
            KeyBinding(
                "D", id: "remove", title: "forget a base model; its folder stays", action: .remove,
                refusal: { screen in
                    guard let current = screen.current else { return "no model" }
                    return current.base == nil ? nil : "an adapter belongs to its run: 5 Runs deletes it"
                }),
            KeyBinding(
                "/", id: "filter", title: "filter by words", hint: Hint("filter", long: "filter", rank: 5),
                action: .filter),
        ] + movement([.down, "j"], "down", "next model") + movement([.up, "k"], "up", "previous model")
            + movement([.home, "g"], "first", "first") + movement([.end, "G"], "last", "last")
            + movement([.pageDown, .control("d"), .control("f")], "page-down", "page down")
            + movement([.pageUp, .control("u"), .control("b")], "page-up", "page up"))

    mutating func perform(_ action: Action, _ context: ScreenContext) -> Effects {
        switch action {
        case .move(let key):
            if showsCard {
                scroll = max(0, scroll + (key == .down || key == "j" ? 1 : -1))
            } else {
                _ = cursor.handle(key, height: max(1, context.height / 2))
            }
        case .add:
            return [
                .prompt(
                    Prompt(.addModel, title: "model folder", hint: "a folder with config.json and model.safetensors"))
            ]
        case .pull:
            return [
                .prompt(
                    Prompt(
                        .pullModel, title: "pull model",
                        hint: "OWNER/NAME, with @REVISION for another than main"))
            ]
        case .remove:
            guard let current else { return [] }
            return [
                .ask(
                    Question(
                        title: "Forget \(current.name)? Its folder stays.",
                        choices: [.init("y", "forget", effects: [.models(.remove(name: current.name))])], isLine: true))
            ]
        case .compare: return current.map { [.compareModel($0.path)] } ?? []
        case .use: return current.map { [.useModel($0.name)] } ?? []
        case .card:
            showsCard.toggle()
            scroll = 0
        case .filter: return [.prompt(Prompt(.filter, title: "filter", text: filter))]
        case .export: return exportSource.map { [.export(.open($0, merging: false))] } ?? []
        case .merge: return exportSource.map { [.export(.open($0, merging: true))] } ?? []
        case .verify: return [.models(.list), .say(Notice(.info, "reading every folder again"))]
        }
        return []
    }

    mutating func answer(_ purpose: Prompt.Purpose, _ text: String?, _ context: ScreenContext) -> Effects {
        guard let text else { return [] }
        switch purpose {
        case .addModel where !text.trimmingCharacters(in: .whitespaces).isEmpty:
            return [.models(.add(path: text.trimmingCharacters(in: .whitespaces)))]
        case .pullModel where !text.trimmingCharacters(in: .whitespaces).isEmpty:
            guard pull == nil else { return [] }
            let name = text.trimmingCharacters(in: .whitespaces)
            pull = PullState(repository: name, detail: "asking the hub what it has")
            return [.models(.pull(repository: name))]
        case .filter:
            filter = text
            cursor.setCount(visible.count)
        default: break
        }
        return []
    }

    mutating func back(_ context: ScreenContext) -> Effects {
        if showsCard {
            showsCard = false
        } else {
            filter = ""
            cursor.setCount(visible.count)
        }
        return []
    }
}

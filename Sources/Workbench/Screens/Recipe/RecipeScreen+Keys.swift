import Foundation
import Recipes
import TerminalUI

extension RecipeScreen {
    enum Action: Sendable {
        case move(Key), nextGroup, previousGroup, edit, up, down, reset, differences, preset, find, findNext, explain,
            editor
        case save, open, run, undo, redo
    }

    private static func movement(_ keys: [Key], _ id: String, _ title: String) -> [KeyBinding<RecipeScreen, Action>] {
        keys.enumerated().map { KeyBinding($1, id: "\(id)-\($0)", title: title, group: "Move", action: .move($1)) }
    }

    static let keys = KeyTable<RecipeScreen, Action>(
        [
            KeyBinding(
                .enter, "e", id: "edit", title: "edit the value, or choose from the list",
                hint: Hint("edit", long: "edit", rank: 1), action: .edit),
            KeyBinding(
                .right, "l", id: "step-up", title: "next value", hint: Hint("step", long: "step", rank: 2, keys: "h/l"),
                action: .up),
            KeyBinding(.left, "h", id: "step-down", title: "previous value", action: .down),
            KeyBinding(
                "d", id: "default", title: "back to the default", hint: Hint("default", long: "default", rank: 3),
                action: .reset),
            KeyBinding(
                "=", id: "differences", title: "what differs from the preset, file or run it came from",
                hint: Hint("diff", long: "diff", rank: 5), action: .differences),
            KeyBinding(
                "p", id: "preset", title: "apply a preset", hint: Hint("preset", long: "preset", rank: 4),
                action: .preset),
            KeyBinding(
                "R", id: "run", title: "check and start the run", hint: Hint("run…", long: "run…", rank: 1),
                action: .run,
                refusal: { screen in
                    if screen.recipe.model.isEmpty { return "choose a base model first (first field, Enter)" }
                    if screen.recipe.data.train.isEmpty { return "choose a data set first" }
                    if screen.isFitting { return "the values that fit are still being found" }
                    return screen.isPlanning ? "the preflight is still being made" : nil
                }),
            KeyBinding(
                "/", id: "find", title: "find a field", hint: Hint("find", long: "find", rank: 6), action: .find),
            KeyBinding("n", id: "find-next", title: "next field found", action: .findNext),
            KeyBinding("i", id: "explain", title: "explanation or the whole preflight", action: .explain),
            KeyBinding("E", id: "editor", title: "the recipe as YAML in $EDITOR", action: .editor),
            KeyBinding(.control("s"), id: "save", title: "save as a file", action: .save),
            KeyBinding(.control("o"), id: "open", title: "open a recipe file", action: .open),
            KeyBinding(
                "u", id: "undo", title: "undo the last change", action: .undo,
                refusal: { $0.undoStack.isEmpty ? "nothing to undo" : nil }),
            KeyBinding(
                "U", id: "redo", title: "do it again", action: .redo,
                refusal: { $0.redoStack.isEmpty ? "nothing to do again" : nil }),
            KeyBinding("]", .tab, id: "next-group", title: "next group", group: "Move", action: .nextGroup),
            KeyBinding(
                "[", .backTab, id: "previous-group", title: "previous group", group: "Move", action: .previousGroup),
        ] + movement([.down, "j"], "down", "next field") + movement([.up, "k"], "up", "previous field")
            + movement([.home, "g"], "first", "first field") + movement([.end, "G"], "last", "last field")
            + movement([.pageDown, .control("d"), .control("f")], "page-down", "page down")
            + movement([.pageUp, .control("u"), .control("b")], "page-up", "page up"))

    var capturesKeys: Bool { field != nil || chooser != nil }

    mutating func type(_ key: Key, _ context: ScreenContext) -> Effects {
        if chooser != nil { return choose(key, context) }
        guard var editing = field, let current else { return [] }
        switch key {
        case .escape, .control("c"):
            field = nil
            fieldProblem = nil
        case .enter:
            if let problem = current.problem(with: editing.text, in: recipe) {
                fieldProblem = "\(problem.problem). \(problem.remedy)"
                return []
            }
            field = nil
            fieldProblem = nil
            return set(current, editing.text)
        default:
            _ = editing.handle(key)
            field = editing
            fieldProblem = current.problem(with: editing.text, in: recipe).map { "\($0.problem). \($0.remedy)" }
        }
        return []
    }

    private mutating func choose(_ key: Key, _ context: ScreenContext) -> Effects {
        guard var open = chooser else { return [] }
        switch key {
        case .escape, .control("c"), "q": chooser = nil
        case .enter:
            chooser = nil
            switch open.what {
            case .presets:
                guard presets.indices.contains(open.cursor.selected) else { return [] }
                let preset = presets[open.cursor.selected]
                let effects = change { $0 = preset.applied(to: $0) }
                begin(from: recipe, named: "preset \(preset.name)")
                return effects + [.say(Notice(.done, "preset \(preset.name): \(preset.explanation)"))]
            case .field(let key, let names):
                guard names.indices.contains(open.cursor.selected), let field = RecipeField.named(key) else {
                    return []
                }
                return set(field, names[open.cursor.selected])
            }
        case "e":
            guard case .field(let key, _) = open.what, let field = RecipeField.named(key) else { return [] }
            chooser = nil
            self.field = TextField(field.text(in: recipe))
        default:
            _ = open.cursor.handle(key, height: max(1, context.height - 8))
            chooser = open
        }
        return []
    }

    private mutating func set(_ field: RecipeField, _ text: String) -> Effects {
        change { try? field.set(text, in: &$0) }
    }

    mutating func perform(_ action: Action, _ context: ScreenContext) -> Effects {
        switch action {
        case .move(let key):
            if showsDifferences {
                scroll = max(0, scroll + (key == .down || key == "j" ? 1 : -1))
            } else {
                _ = cursor.handle(key, height: max(1, context.height - 6))
            }
        case .nextGroup: moveGroup(1)
        case .previousGroup: moveGroup(-1)
        case .edit:
            guard let current else { return [] }
            if let names = choices(of: current), !names.isEmpty {
                let at = names.firstIndex(of: current.text(in: recipe)) ?? 0
                chooser = (.field(current.key, names), ListCursor(count: names.count, selected: at))
            } else if case .flag = current.kind {
                return step(1)
            } else {
                field = TextField(current.text(in: recipe))
            }
        case .up: return step(1)
        case .down: return step(-1)
        case .reset:
            guard let current else { return [] }
            if current.isRequired { return [.say(Notice(.info, "\(current.title) has no default"))] }
            guard let value = starting?.value(of: current.key) else { return change { current.reset(in: &$0) } }
            return set(current, value.text) + [.say(Notice(.info, "\(value.text) fits: \(value.reason)"))]
        case .differences:
            showsDifferences.toggle()
            scroll = 0
        case .preset: chooser = (.presets, ListCursor(count: presets.count))
        case .find: return [.prompt(Prompt(.findField, title: "find field", hint: "rate, rank, packing…"))]
        case .findNext: return find(searched)
        case .explain: explains.toggle()
        case .editor: return [.editExternally(EditorRequest(.recipe, text: recipe.yaml(), fileExtension: "yaml"))]
        case .save:
            return [.prompt(Prompt(.saveRecipe, title: "save as", text: "\(recipe.name ?? "recipe").yaml"))]
        case .open: return [.prompt(Prompt(.openRecipe, title: "open recipe", hint: "a .yaml file"))]
        case .run: return startQuestion()
        case .undo:
            guard let before = undoStack.popLast() else { return [] }
            redoStack.append(recipe)
            return replace(by: before)
        case .redo:
            guard let after = redoStack.popLast() else { return [] }
            undoStack.append(recipe)
            return replace(by: after)
        }
        return []
    }

    private mutating func step(_ direction: Int) -> Effects {
        guard let current else { return [] }
        if let names = choices(of: current), !names.isEmpty {
            let at = names.firstIndex(of: current.text(in: recipe)) ?? (direction > 0 ? -1 : 0)
            return set(current, names[(at + direction + names.count) % names.count])
        }
        guard let next = current.stepped(in: recipe, by: direction) else {
            return [.say(Notice(.info, "\(current.title): no further step; Enter edits (\(current.range))"))]
        }
        return set(current, next)
    }

    private mutating func moveGroup(_ direction: Int) {
        guard let current else { return }
        let groups = RecipeField.Group.allCases
        guard let at = groups.firstIndex(of: current.group) else { return }
        let next = groups[(at + direction + groups.count) % groups.count]
        if let index = fields.firstIndex(where: { $0.group == next }) { cursor.move(to: index) }
    }

    private mutating func find(_ text: String) -> Effects {
        guard !text.isEmpty else { return [] }
        searched = text
        let wanted = text.lowercased()
        let order =
            Array(fields.indices.filter { $0 > cursor.selected })
            + Array(fields.indices.filter { $0 <= cursor.selected })
        let found = order.first { index in
            "\(fields[index].title) \(fields[index].key) \(fields[index].explanation)".lowercased().contains(wanted)
        }
        guard let found else { return [.say(Notice(.info, "no field matches '\(text)'"))] }
        cursor.move(to: found)
        return []
    }

    private func startQuestion() -> Effects {
        guard let plan else { return [.say(Notice(.warning, "no preflight yet; wait a moment"))] }
        if let error = plan.findings.first(where: { $0.level == .error }) {
            return [.say(Notice(.error, "cannot start: \(error.text)", detail: error.remedy))]
        }
        var lines = [
            "memory   \(NumberText.bytes(plan.memoryBytes)) of \(NumberText.bytes(plan.memoryAvailable)) free",
            "time     about \(plan.seconds.map { NumberText.duration(seconds: $0) } ?? "?"), "
                + "\(NumberText.grouped(plan.steps)) steps",
            "rows     \(NumberText.grouped(plan.rows)) to train on, "
                + "\(NumberText.grouped(plan.validationRows)) held out",
        ]
        for finding in plan.findings where finding.level == .warning { lines.append("! \(finding.text)") }
        return [
            .ask(
                Question(
                    title: "Start this run?", lines: lines,
                    choices: [.init(.enter, "start", effects: [.recipe(.start(recipe))])]))
        ]
    }

    mutating func answer(_ purpose: Prompt.Purpose, _ text: String?, _ context: ScreenContext) -> Effects {
        guard let text = text?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return [] }
        switch purpose {
        case .findField: return find(text)
        case .saveRecipe: return [.recipe(.save(recipe, path: text))]
        case .openRecipe: return [.recipe(.open(path: text))]
        default: return []
        }
    }

    mutating func back(_ context: ScreenContext) -> Effects {
        if showsDifferences { showsDifferences = false }
        return []
    }
}

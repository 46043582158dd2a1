import Foundation
import TerminalUI

extension Workbench {
    mutating func pressOverlay(_ key: Key) -> [Effect] {
        guard let open = overlay else { return [] }
        switch open {
        case .question(let question): return answer(question, with: key)
        case .prompt(let state): return type(key, into: state)
        case .log(let scroll): moveLog(key, from: scroll)
        case .help(let state): moveHelp(key, state)
        case .palette(let state): return movePalette(key, state)
        case .export(let sheet): return press(key, in: sheet)
        }
        return []
    }

    private mutating func answer(_ question: Question, with key: Key) -> [Effect] {
        if let choice = question.choices.first(where: { $0.key == key }) {
            overlay = nil
            return choice.effects
        }
        if key == .escape || key == .character("n") || key == .control("c") { overlay = nil }
        return []
    }

    private mutating func type(_ key: Key, into state: PromptState) -> [Effect] {
        var state = state
        switch key {
        case .escape, .control("c"):
            overlay = nil
            return call(.answer(state.prompt.purpose, nil)).effects
        case .enter:
            overlay = nil
            return call(.answer(state.prompt.purpose, state.field.text)).effects
        default:
            _ = state.field.handle(key)
            overlay = .prompt(state)
            return []
        }
    }

    private mutating func moveLog(_ key: Key, from scroll: Int) {
        switch key {
        case .up, .character("k"): overlay = .log(scroll: scroll + 1)
        case .down, .character("j"): overlay = .log(scroll: max(0, scroll - 1))
        case .pageUp, .control("b"), .control("u"): overlay = .log(scroll: scroll + context.height / 2)
        case .pageDown, .control("f"), .control("d"): overlay = .log(scroll: max(0, scroll - context.height / 2))
        case .home, .character("g"): overlay = .log(scroll: log.entries.count)
        case .end, .character("G"): overlay = .log(scroll: 0)
        case .escape, .character("@"), .character("q"), .enter, .control("c"): overlay = nil
        default: break
        }
    }

    private mutating func moveHelp(_ key: Key, _ state: HelpState) {
        var state = state
        switch key {
        case .escape, .function(1), .control("c"):
            overlay = nil
            return
        case .character("?") where state.filter.text.isEmpty, .character("q") where state.filter.text.isEmpty:
            overlay = nil
            return
        case .down: state.selected += 1
        case .up: state.selected -= 1
        case .pageDown: state.selected += context.height / 2
        case .pageUp: state.selected -= context.height / 2
        default:
            if state.filter.handle(key) == .changed { state.selected = 0 }
        }
        let count = KeyHelp(sections: helpSections(), filter: state.filter.text).lines.count
        state.selected = max(0, min(state.selected, count - 1))
        overlay = .help(state)
    }

    /// The keys of the screen in front, then those of every screen.
    func helpSections() -> [KeyHelpSection] {
        func own<S: ScreenState>(_ state: S) -> [KeyHelpSection] { state.activeKeys.helpSections(in: state) }
        return own(current) + Self.keys.helpSections(in: self)
    }

    // MARK: Palette

    /// Actions of the screen in front first, then those of every screen.
    func paletteItems() -> [PaletteEntry] {
        func own<S: ScreenState>(_ state: S) -> [PaletteItem] { state.activeKeys.paletteItems(in: state) }
        return own(current).map { PaletteEntry($0, .screen) }
            + Self.keys.paletteItems(in: self).map { PaletteEntry($0, .global) }
    }

    func matches(_ state: PaletteState) -> [PaletteEntry] {
        let query = state.query.text
        guard !query.isEmpty else { return state.items }
        return state.items.compactMap { item in
            FuzzyMatch.score(query, in: item.title).map { (item, $0) }
        }.sorted { $0.1 > $1.1 }.map(\.0)
    }

    private mutating func movePalette(_ key: Key, _ state: PaletteState) -> [Effect] {
        var state = state
        let found = matches(state)
        switch key {
        case .escape, .control("c"):
            overlay = nil
            return []
        case .down, .control("n"): state.selected = min(state.selected + 1, max(0, found.count - 1))
        case .up, .control("p"): state.selected = max(0, state.selected - 1)
        case .enter:
            overlay = nil
            guard found.indices.contains(state.selected) else { return [] }
            return run(found[state.selected])
        default:
            if state.query.handle(key) == .changed { state.selected = 0 }
        }
        overlay = .palette(state)
        return []
    }

    private mutating func run(_ entry: PaletteEntry) -> [Effect] {
        if let refusal = entry.refusal { return [.say(Notice(.warning, refusal))] }
        switch entry.origin {
        case .global:
            guard let action = Self.keys.action(id: entry.id) else { return [] }
            return perform(action)
        case .screen: return call(.action(id: entry.id)).effects
        }
    }
}

extension PaletteEntry {
    init(_ item: PaletteItem, _ origin: Origin) {
        self.init(origin: origin, id: item.id, title: item.title, keys: item.detail, refusal: item.refusal)
    }
}

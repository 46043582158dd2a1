import Testing

@testable import TerminalUI

@Suite("Keys")
struct KeyTests {
    @Test(
        "names can be read back",
        arguments: [
            Key.character("a"), "G", "?", " ", .control("c"), .control("_"), .function(1), .function(12), .up,
            .wordLeft, .home,
            .pageDown, .enter, .escape, .tab, .backTab, .backspace, .delete, "é",
        ])
    func names(key: Key) {
        #expect(Key(name: key.name) == key)
    }

    @Test("other spellings are understood, nonsense is not")
    func spellings() {
        #expect(Key(name: "Ctrl-C") == .control("c"))
        #expect(Key(name: "space") == .character(" "))
        #expect(Key(name: "shift-tab") == .backTab)
        #expect(Key(name: "F25") == nil)
        #expect(Key(name: "^") == .character("^"))
        #expect(Key(name: "^ab") == nil)
        #expect(Key(name: "") == nil)
    }

    @Test("a script is keys as one would type them")
    func script() {
        #expect(Key.script("jx<cr>^C<Esc>") == ["j", "x", .enter, .control("c"), .escape])
        #expect(Key.script("/len<20<cr>") == ["/", "l", "e", "n", "<", "2", "0", .enter])
        #expect(Key.script("a<b") == ["a", "<", "b"])
    }
}

private enum Act: Sendable, Equatable { case pause, save, quit }

private struct Training: Sendable { var isRunning = true }

@Suite("Key table")
struct KeyTableTests {
    private let table = KeyTable<Training, Act>([
        KeyBinding(
            "p", id: "train.pause", title: "pause or resume", hint: Hint("pause", rank: 1), action: .pause,
            refusal: { $0.isRunning ? nil : "nothing is training" }),
        KeyBinding(
            "C", id: "train.save", title: "checkpoint now", hint: Hint("ckpt", long: "checkpoint", rank: 3),
            action: .save),
        KeyBinding(
            "q", .control("q"), id: "quit", title: "quit", hint: Hint("quit", rank: 0), group: "Everywhere",
            action: .quit),
    ])

    @Test("a key does its action, says why not, or is unbound")
    func outcomes() {
        guard case .action(let id, let action) = table.outcome(of: "p", in: Training()) else {
            Issue.record("expected an action")
            return
        }
        #expect(id == "train.pause" && action == .pause)
        guard case .refused(let reason) = table.outcome(of: "p", in: Training(isRunning: false)) else {
            Issue.record("expected a refusal")
            return
        }
        #expect(reason == "nothing is training")
        guard case .unbound = table.outcome(of: "z", in: Training()) else {
            Issue.record("expected nothing")
            return
        }
    }

    @Test("help and palette list everything, with reasons for what is off")
    func help() {
        let sections = table.helpSections(in: Training(isRunning: false))
        #expect(sections.map(\.title) == ["This screen", "Everywhere", "Off now: why"])
        #expect(sections[2].lines[0].refusal == "nothing is training")
        #expect(sections[1].lines[0].keys == "q ^Q")
        #expect(table.paletteItems(in: Training()).map(\.id) == ["train.pause", "train.save", "quit"])
        #expect(table.hints(in: Training(isRunning: false))[0].isOff)
    }

    @Test("one key for two actions is a conflict")
    func conflicts() {
        #expect(table.conflicts.isEmpty)
        let other = KeyTable<Training, Act>([
            KeyBinding("C", id: "other.copy", title: "copy", action: .save)
        ])
        #expect(table.conflicts(with: other) == [KeyConflict(key: "C", first: "train.save", second: "other.copy")])
        #expect((table + other).conflicts.first?.description == "C is bound to both 'train.save' and 'other.copy'")
    }

    @Test("the user's keys replace ours; clashes and unknown actions are reported with their line")
    func remap() {
        let good = KeyRemap.parse("train.pause: [x, F5]\n", file: "keys.yaml")
        #expect(good.problems.isEmpty)
        let changed = table.remapped(good.remap)
        #expect(changed.problems.isEmpty)
        #expect(changed.table.bindings[0].keys == ["x", .function(5)])

        let bad = KeyRemap.parse(
            "# mine\ntrain.pause: C\ntrain.fly: f\ntrain.save: ^M\nquit: nosuch\n", file: "keys.yaml")
        #expect(
            bad.problems.map(\.description) == [
                "keys.yaml:4: 'train.save': terminals send ^M as Enter, so it cannot be told apart",
                "keys.yaml:5: 'quit': there is no key 'nosuch'; write a character, ^X, F1, Space, PgUp…",
            ])
        let refused = table.remapped(bad.remap)
        #expect(
            refused.problems.map(\.description) == [
                "keys.yaml:3: there is no action 'train.fly' on this screen",
                "keys.yaml:2: C is bound to both 'train.pause' and 'train.save'",
            ])
        #expect(refused.table.bindings[0].keys == ["p"])
        #expect(KeyRemap.parse("a: [", file: "k.yaml").problems.count == 1)
        #expect(KeyRemap.parse("", file: "k.yaml").problems.isEmpty)
    }
}

@Suite("Fuzzy match")
struct FuzzyMatchTests {
    @Test("letters must appear in order")
    func order() {
        #expect(FuzzyMatch.score("ckp", in: "checkpoint now") != nil)
        #expect(FuzzyMatch.score("pkc", in: "checkpoint now") == nil)
        #expect(FuzzyMatch.score("", in: "anything") == 0)
        #expect(FuzzyMatch.score("longer than it", in: "short") == nil)
        #expect(FuzzyMatch.match("cn", in: "checkpoint now")?.positions == [0, 11])
    }

    @Test("starts of words and runs come first")
    func ranking() {
        let items = ["stop after this step", "smoothing next", "checkpoint now", "sample now"]
            .map { PaletteItem(id: $0, title: $0) }
        #expect(PaletteList(items: items, query: "sn").matches.map(\.title).contains("smoothing next"))
        #expect(PaletteList(items: items, query: "smn").matches.first?.title == "smoothing next")
        #expect(PaletteList(items: items, query: "now").matches.map(\.title) == ["sample now", "checkpoint now"])
        #expect(PaletteList(items: items, query: "zzz").matches.isEmpty)
    }
}

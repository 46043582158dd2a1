import Runs
import TerminalUI

/// What the keys that work on every screen do.
public enum GlobalAction: Sendable, Equatable {
    case show(Screen), help, palette, log, toggleMouse, reload, redraw, copy, suspend, quit, back, cancel
}

extension Workbench {
    /// The keys of every screen, after those of the screen itself.
    static let keys = KeyTable<Workbench, GlobalAction>(
        Screen.allCases.map { screen in
            KeyBinding(
                .character(Character("\(screen.rawValue + 1)")), id: "screen.\(screen)", title: "go to \(screen.title)",
                group: "Everywhere", action: .show(screen))
        } + [
            KeyBinding(
                .character("?"), .function(1), id: "help", title: "keys of this screen and what they do",
                hint: Hint("help", long: "help", rank: 0), group: "Everywhere", action: .help),
            KeyBinding(
                .character(":"), .control("p"), id: "palette", title: "every action by name", group: "Everywhere",
                action: .palette),
            KeyBinding(.character("@"), id: "log", title: "event log", group: "Everywhere", action: .log),
            KeyBinding(
                .character("y"), id: "copy", title: "copy (OSC 52: works over SSH)", group: "Everywhere",
                action: .copy),
            KeyBinding(.escape, id: "back", title: "back, clear", group: "Everywhere", action: .back),
            KeyBinding(
                .character("%"), id: "mouse", title: "mouse on or off (off: the terminal selects text)",
                group: "Everywhere", action: .toggleMouse),
            KeyBinding(
                .control("r"), id: "reload", title: "read this screen's data again", group: "Everywhere",
                action: .reload),
            KeyBinding(
                .control("l"), id: "redraw", title: "draw the screen anew", group: "Everywhere", action: .redraw),
            KeyBinding(
                .control("c"), id: "cancel", title: "cancel what is going on; twice while training: save and stop",
                group: "Everywhere", action: .cancel),
            KeyBinding(
                .control("z"), id: "suspend", title: "suspend (training waits until you are back)", group: "Everywhere",
                action: .suspend),
            KeyBinding(
                .character("q"), id: "quit", title: "quit; asks when a run would be touched", group: "Everywhere",
                action: .quit),
        ])

    mutating func press(_ key: Key) -> [Effect] {
        if overlay != nil { return pressOverlay(key) }
        if current.capturesKeys { return call(.type(key)).effects }
        let answer = call(.press(key))
        guard answer.isUnbound else { return answer.effects }
        switch Self.keys.outcome(of: key, in: self) {
        case .action(_, let action): return perform(action)
        case .refused(let reason): return [.say(Notice(.warning, reason))]
        case .unbound:
            if case .mouse = key { return [] }
            return [.say(Notice(.info, "\(key.name) does nothing here; ? lists the keys"))]
        }
    }

    mutating func perform(_ action: GlobalAction) -> [Effect] {
        switch action {
        case .show(let screen): return show(screen)
        case .help: overlay = .help(HelpState())
        case .palette: overlay = .palette(PaletteState(items: paletteItems()))
        case .log: overlay = .log(scroll: 0)
        case .toggleMouse:
            wantsMouse.toggle()
            return [
                .setMouse(wantsMouse),
                .say(
                    Notice(
                        .info, wantsMouse ? "mouse on; % turns it off again" : "mouse off: the terminal selects text")),
            ]
        case .reload: return call(.appear).effects
        case .redraw: return [.redraw]
        case .copy:
            guard let text = current.copyText else { return [.say(Notice(.info, "nothing to copy here"))] }
            return [.copy(text), .say(Notice(.done, "copied \(text.utf8.count) bytes"))]
        case .suspend: return [.suspend]
        case .back: return call(.back).effects
        case .cancel: return cancel()
        case .quit: return quit()
        }
        return []
    }

    private mutating func cancel() -> [Effect] {
        if writing != nil { return cancelExport() }
        if compare.isBusy, screen == .compare { return compare.cancel(context) }
        if data.canCancel, screen == .data { return data.cancel(context) }
        if models.isPulling, screen == .models { return models.cancelPull() }
        guard let run = context.run, run.phase.isLive else {
            return [.say(Notice(.info, "nothing to cancel; q quits"))]
        }
        if log.lastText == Self.cancelHint, log.hasFreshNotice(at: context.now) {
            return [
                .train(.command(run.id, .stop)), .say(Notice(.info, "saving and stopping \(run.id) after this step")),
            ]
        }
        return [.say(Notice(.warning, Self.cancelHint))]
    }

    private static let cancelHint = "^C again: finish this step, save a checkpoint, stop the run"

    private mutating func quit() -> [Effect] {
        guard let run = context.run, run.phase.isLive, train.ownsRun else { return quitWhileWriting() }
        let step = run.latest.map { "step \($0.step) of \(run.facts?.totalSteps ?? 0)" } ?? "preparing"
        overlay = .question(
            Question(
                title: "Quit while \(run.id) is training?",
                lines: [step],
                choices: [
                    .init(
                        .character("c"), "close the screen, train on without it (come back with: ftbench)",
                        effects: [.quit(.keepTraining)]),
                    .init(
                        .character("s"), "finish this step, save a checkpoint, stop, quit",
                        effects: [.quit(.stopAndSave)]),
                    .init(
                        .character("a"), "abort now; steps after the last checkpoint are lost",
                        effects: [
                            .ask(
                                Question(
                                    title: "Abort \(run.id)? Steps after its last checkpoint are lost.",
                                    choices: [.init(.character("y"), "abort and quit", effects: [.quit(.abort)])]))
                        ]),
                ]))
        return []
    }

    /// Without a run: only an export that is being written can be lost.
    private mutating func quitWhileWriting() -> [Effect] {
        guard let writing else { return [.quit(.now)] }
        overlay = .question(
            Question(
                title: "Quit while \(writing.name) is written?", lines: ["Nothing of it would be left."],
                choices: [.init("s", "stop the export and quit", effects: [.quit(.now)])]))
        return []
    }
}

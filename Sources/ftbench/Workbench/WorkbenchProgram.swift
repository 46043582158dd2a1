import CTerminal
import CursesDriver
import Foundation
import Records
import Runs
import TerminalUI
import Workbench

/// The loop of the thread that owns the screen: keys and messages in, pictures out. Nothing here computes.
final class WorkbenchProgram {
    private let terminal: CursesTerminal
    private let inbox: Inbox
    private let runner: EffectRunner
    private var workbench: Workbench
    private var themes: ThemeLibrary?
    private var theme: Theme
    private let themeName: String
    private var isDirty = true
    private var hasKey = true
    private var lastDrawn = ContinuousClock.now
    private var lastTick = ContinuousClock.now
    private var end: QuitMode?
    /// Set while the terminal is gone and the run goes on.
    private var isHeadless = false

    /// Pictures of what moves by itself; keys are drawn at once.
    private static let frame = Duration.milliseconds(100)

    init(workspace: Workspace, terminalOptions: TerminalOptions, theme: String?) throws {
        let name = try theme ?? workspace.setting("theme") ?? "terminal"
        let library = Shipped.themes.map { ThemeLibrary(folder: $0) }
        if let theme {
            if let library, !library.themes.contains(where: { $0.name == theme }) {
                throw Failure(
                    "There is no theme '\(theme)'. There are: \(library.themes.map(\.name).joined(separator: ", ")).")
            }
            try workspace.set("theme", to: theme)
        }
        themeName = name
        themes = library
        self.theme = library?.theme(named: name) ?? .builtIn
        terminal = try CursesTerminal(options: terminalOptions)
        let waker = terminal.waker
        inbox = Inbox { waker.wake() }
        runner = EffectRunner(workspace: workspace, inbox: inbox)
        workbench = Workbench(width: terminal.width, height: terminal.height, glyphs: terminal.glyphs, now: Date())
        for problem in library?.problems ?? [] { inbox.post(.notice(Notice(.warning, "theme: \(problem)"))) }
    }

    func run(opening file: String?) throws {
        perform(workbench.start())
        draw()
        // What fills the first picture is drawn when it comes, not a frame later.
        lastDrawn -= Self.frame
        runner.start(opening: file)
        while end == nil {
            step()
        }
        terminal.close()
        runner.finish(end ?? .now)
    }

    private func step() {
        let event = terminal.nextEvent(timeoutMilliseconds: timeout)
        hasKey = false
        switch event {
        case .key(let key):
            hasKey = true
            isDirty = true
            if case .resize(let width, let height) = key {
                handle(.resized(width: width, height: height))
            } else {
                handle(.key(key))
            }
        case .wake, .timeout: break
        case .hangup: hangUp()
        case .terminate: handleTermination()
        }
        for message in inbox.take() {
            handle(message)
            isDirty = true
        }
        tick()
        drawIfDue(hasKey: hasKey)
    }

    private var timeout: Int {
        if runner.hasMoreToDo { return 0 }
        if isDirty { return max(0, Int((Self.frame - (.now - lastDrawn)) / .milliseconds(1))) }
        return workbench.isAnimated ? 100 : 1000
    }

    private func tick() {
        let now = ContinuousClock.now
        let isDue = now - lastTick >= (workbench.isAnimated ? Self.frame : .seconds(1))
        if isDue {
            lastTick = now
            handle(.tick(now: Date()))
            reloadThemes()
            if workbench.isAnimated { isDirty = true }
        }
        // Slices of long work on this thread go on whenever no key waits.
        if !hasKey, let message = runner.nextSlice() {
            handle(message)
            isDirty = true
        }
    }

    private func handle(_ message: Message) { perform(workbench.update(message)) }

    private func perform(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .quit(let mode): end = mode
            case .suspend:
                terminal.suspend()
                isDirty = true
            case .redraw:
                terminal.redraw()
                isDirty = true
            case .copy(let text):
                if !terminal.copy(text) {
                    inbox.post(.notice(Notice(.warning, "this terminal takes no text for its clipboard (OSC 52)")))
                }
            case .setMouse(let wanted): terminal.wantsMouse = wanted
            case .editExternally(let request): edit(request)
            default: runner.perform(effect)
            }
        }
    }

    private func drawIfDue(hasKey: Bool) {
        guard isDirty, end == nil, !isHeadless else { return }
        if hasKey || ContinuousClock.now - lastDrawn >= Self.frame { draw() }
    }

    private func draw() {
        terminal.present(workbench.view(), theme: theme)
        lastDrawn = .now
        isDirty = false
    }

    /// A theme saved in an editor shows at once.
    private func reloadThemes() {
        guard let old = themes, ThemeLibrary.stamp(of: old.folder) != old.modificationStamp else { return }
        let fresh = ThemeLibrary(folder: old.folder)
        themes = fresh
        theme = fresh.theme(named: themeName) ?? theme
        for problem in fresh.problems { inbox.post(.notice(Notice(.warning, "theme: \(problem)"))) }
        isDirty = true
    }

    // MARK: Leaving

    private func hangUp() {
        isHeadless = true
        guard runner.ownsLiveRun else {
            end = .now
            return
        }
        // The terminal is gone, the run is not: it goes on here, and the next ftbench shows it.
        end = .keepTraining
    }

    private func handleTermination() {
        end = runner.ownsLiveRun ? .stopAndSave : .now
    }

    // MARK: $EDITOR

    private func edit(_ request: EditorRequest) {
        let environment = ProcessInfo.processInfo.environment
        let editor = [environment["VISUAL"], environment["EDITOR"]].compactMap(\.self).first { !$0.isEmpty } ?? "vi"
        let path =
            NSTemporaryDirectory()
            + "/ftbench-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0 ... .max)).\(request.fileExtension)"
        defer { unlink(path) }
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(request.text.utf8), attributes: [.posixPermissions: 0o600])
        else {
            inbox.post(.notice(Notice(.error, "cannot write \(path) for the editor; check the temporary folder")))
            return
        }
        let status = terminal.released { () -> Int32 in
            cterminal_run_editor(editor, path)
        }
        isDirty = true
        guard status == 0 else {
            inbox.post(
                .notice(Notice(.error, "the editor '\(editor)' ended with status \(status); set EDITOR to another")))
            inbox.post(.edited(request.purpose, nil))
            return
        }
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        inbox.post(.edited(request.purpose, text == request.text ? nil : text))
    }
}

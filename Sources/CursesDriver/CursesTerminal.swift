import CNCurses
import CTerminal
import Glibc
public import TerminalUI

/// Wishes about how the screen is opened.
public struct TerminalOptions: Sendable {
    /// Instead of what the terminal is thought to show.
    public var glyphs: GlyphSet?
    /// Instead of what terminfo and NO_COLOR say.
    public var depth: ColourDepth?
    /// Whether the terminal reports the mouse from the start.
    public var mouse = false

    public init() {}
}

/// What the event loop has to react to.
public enum TerminalEvent: Sendable, Hashable {
    case key(Key)
    /// Somebody called `Waker.wake`.
    case wake
    case timeout
    /// The terminal is gone: nothing can be drawn or read any more, and the process should go on without.
    case hangup
    /// The process was asked to end (SIGTERM).
    case terminate
}

/// The screen of the process: keys in, cells out. Only the main thread may use it; other threads wake it by `waker`.
///
/// Opening it takes over the terminal; `close`, the end of the process and a crash all give it back.
public final class CursesTerminal {
    public internal(set) var width: Int
    public internal(set) var height: Int
    public let glyphs: GlyphSet
    public let depth: ColourDepth
    public let waker: Waker
    /// The terminfo entry in use; not TERM when that was unknown.
    public let term: String
    /// False once the terminal hung up.
    public internal(set) var isOpen = true

    private var pairs: PairCache
    var decoder = KeyDecoder()
    var pending: [TerminalEvent] = []
    /// What is on the screen; nil when that is unknown.
    var shown: CellGrid?
    private var shownTheme: Theme?
    private var shownTitle: String?
    private var isXtermLike: Bool
    private var takesMouse = false

    /// - Throws: `TerminalError` when there is no terminal, or none that can be drawn on.
    public init(options: TerminalOptions = TerminalOptions()) throws(TerminalError) {
        guard isatty(STDIN_FILENO) == 1 else { throw .notATerminal(stream: "Input") }
        guard isatty(STDOUT_FILENO) == 1 else { throw .notATerminal(stream: "Output") }
        let name = TerminalAbilities.environment("TERM") ?? ""
        guard !name.isEmpty else { throw .termNotSet }
        let locale = LocaleChoice.set()
        let waker = try Waker()
        // The settings to go back to are those from before ncurses changed them.
        _ = cterminal_guard_arm(STDIN_FILENO, STDOUT_FILENO, "", 0)
        cterminal_guard_disarm()
        // ncurses leaves signals alone that already have handlers.
        cterminal_signals_to(waker.writeEnd)
        guard let term = CursesTerminal.open(name) else {
            cterminal_signals_release()
            throw .unknownTerminal(name: name)
        }
        guard strlen(ft_capability("cup")) > 0 else {
            endwin()
            cterminal_signals_release()
            throw .cannotMoveCursor(name: name)
        }
        ft_input_modes()
        ft_define_key("\u{1B}[200~", KeyDecoder.pasteStart)
        ft_define_key("\u{1B}[201~", KeyDecoder.pasteEnd)
        let noColour = TerminalAbilities.environment("NO_COLOR").map { !$0.isEmpty } ?? false
        let colours = noColour || options.depth == .mono ? 0 : ft_start_colors()
        let found = TerminalAbilities.depth(
            colours: colours == 0 ? 0 : Int(ft_colors()), isDirect: ft_direct_color() == 1, noColour: noColour)
        depth = colours == 0 ? .mono : options.depth ?? found
        glyphs = options.glyphs ?? TerminalAbilities.glyphs(term: name, isUTF8: locale.isUTF8)
        pairs = PairCache(depth: depth, hasDefaults: colours == 2, limit: max(8, min(ft_color_pairs(), 32_000)))
        width = Int(ft_cols())
        height = Int(ft_lines())
        self.waker = waker
        self.term = term
        isXtermLike = TerminalAbilities.isXtermLike(name)
        ft_erase()
        ft_refresh()
        let reset = resetBytes
        reset.withCString { cterminal_guard_bytes($0, strlen($0)) }
        cterminal_guard_rearm()
        enterModes()
        if options.mouse { wantsMouse = true }
    }

    deinit {
        close()
    }

    /// Opens the terminal by its name, or a close relative when this machine's terminfo does not know it.
    private static func open(_ name: String) -> String? {
        var direct: Int32 = 0
        var names = [name]
        if TerminalAbilities.isXtermLike(name) { names += ["xterm-256color", "xterm"] }
        for name in names where ft_terminfo_colors(name, &direct) >= 0 {
            if ft_open(name) == 1 { return name }
        }
        return nil
    }

    // MARK: Modes

    /// What undoes everything: our modes, and terminfo's for cursor, keypad and the alternate screen.
    private var resetBytes: String {
        var text = ""
        if isXtermLike { text += "\u{1B}[?1000l\u{1B}[?1002l\u{1B}[?1006l\u{1B}[?2004l\u{1B}[23;2t" }
        for name in ["sgr0", "rmkx", "cnorm", "rmcup"] {
            text += CursesTerminal.withoutPadding(String(cString: ft_capability(name)))
        }
        return text + "\r"
    }

    /// Delays written as `$<5>` are for ncurses to carry out, not for the screen.
    static func withoutPadding(_ capability: String) -> String {
        var text = String.UnicodeScalarView()
        var rest = Substring(capability).unicodeScalars
        while let scalar = rest.popFirst() {
            if scalar == "$", rest.first == "<", let end = rest.firstIndex(of: ">") {
                rest = rest[rest.index(after: end)...]
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }

    private func enterModes() {
        guard isXtermLike else { return }
        // Remember the window's title, mark pasted text.
        send("\u{1B}[22;2t\u{1B}[?2004h")
        shownTitle = nil
    }

    private func leaveModes() {
        guard isXtermLike else { return }
        send("\u{1B}[?2004l\u{1B}[23;2t")
    }

    private func send(_ text: String) {
        if isOpen { writeAll(Array(text.utf8), to: STDOUT_FILENO) }
    }

    /// Whether clicks and the wheel come as keys; the terminal's own selection then needs Shift.
    public var wantsMouse: Bool {
        get { takesMouse }
        set {
            guard isOpen && newValue != takesMouse else { return }
            takesMouse = newValue
            ft_mouse(newValue ? 1 : 0)
        }
    }

    // MARK: Drawing

    /// Brings `image` onto the screen: writes the cells that differ from what is there, then refreshes once.
    public func present(_ image: ScreenImage, theme: Theme) {
        guard isOpen else { return }
        if shownTheme != theme {
            shown = nil
            shownTheme = theme
        }
        if shown == nil { ft_erase() }
        image.grid.forEachDifference(from: shown) { x, y, cell in
            guard x < width && y < height else { return }
            write(cell, x: x, y: y, theme: theme)
        }
        shown = image.grid
        if let cursor = image.cursor, cursor.x >= 0, cursor.y >= 0, cursor.x < width, cursor.y < height {
            ft_cursor(1, Int32(cursor.y), Int32(cursor.x))
        } else {
            ft_cursor(0, 0, 0)
        }
        ft_refresh()
        if isXtermLike && shownTitle != image.title {
            shownTitle = image.title
            send("\u{1B}]2;" + CursesTerminal.safeTitle(image.title) + "\u{07}")
        }
    }

    static func safeTitle(_ title: String) -> String {
        String(
            String.UnicodeScalarView(
                title.unicodeScalars.prefix(200).filter { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }))
    }

    private func write(_ cell: Cell, x: Int, y: Int, theme: Theme) {
        let look = pairs.look(of: cell.style, theme: theme)
        func put(_ scalar: UInt32, at x: Int, marks: (UInt32, UInt32) = (0, 0)) {
            _ = ft_put(Int32(y), Int32(x), scalar, marks.0, marks.1, look.bits, look.pair)
        }
        let scalar = cell.scalar.value
        if scalar < 0x7F {
            put(scalar, at: x, marks: (mark(cell.firstMark), mark(cell.secondMark)))
        } else if Int(ft_width(scalar)) == Int(cell.width) {
            put(scalar, at: x, marks: (mark(cell.firstMark), mark(cell.secondMark)))
        } else {
            // The C library would give it another width than we did, and shift the rest of the line.
            for offset in 0..<max(1, Int(cell.width)) { put(63, at: x + offset) }
        }
    }

    private func mark(_ value: UInt32) -> UInt32 {
        value != 0 && ft_width(value) == 0 ? value : 0
    }

    /// Draws everything anew at the next `present`, whatever another program left on the screen.
    public func redraw() {
        guard isOpen else { return }
        shown = nil
        ft_redraw()
    }

    /// Puts text on the user's clipboard, over SSH too, where the terminal allows it (OSC 52).
    ///
    /// - Returns: false when the terminal has no such thing or the text is too long for it.
    @discardableResult
    public func copy(_ text: String) -> Bool {
        guard isOpen && isXtermLike && text.utf8.count <= 74_000 else { return false }
        send("\u{1B}]52;c;" + Base64.encode(Array(text.utf8)) + "\u{07}")
        return true
    }

    // MARK: Leaving and coming back

    private func leave() {
        leaveModes()
        if takesMouse { ft_mouse(0) }
        endwin()
        cterminal_guard_disarm()
    }

    private func enter() {
        guard isOpen else { return }
        cterminal_guard_rearm()
        shown = nil
        ft_redraw()
        enterModes()
        if takesMouse { ft_mouse(1) }
        checkSize()
    }

    /// Stops the process as ^Z does in a shell; returns when it is continued, with the screen taken back.
    public func suspend() {
        guard isOpen else { return }
        leave()
        cterminal_stop_self()
        enter()
    }

    /// Gives the terminal to another program, such as the user's editor, while `body` runs.
    public func released<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard isOpen else { return try body() }
        leave()
        cterminal_stop_is_default(1)
        defer {
            cterminal_stop_is_default(0)
            // A ^C meant for that program is not one for us.
            note(waker.drain().filter { $0 != UInt8(CTERMINAL_INTERRUPT) })
            enter()
        }
        return try body()
    }

    /// Gives the terminal back. Nothing can be drawn afterwards.
    public func close() {
        guard isOpen else { return }
        leave()
        isOpen = false
        cterminal_signals_release()
    }
}

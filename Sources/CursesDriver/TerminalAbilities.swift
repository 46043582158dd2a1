import CNCurses
import CTerminal
import Glibc
public import TerminalUI

/// What the terminal can do, as far as it can be known without opening the screen: for `doctor`.
public struct TerminalAbilities: Sendable, Equatable {
    /// TERM; empty when not set.
    public var term: String
    public var isKnownTerm: Bool
    public var isTerminalInput: Bool
    public var isTerminalOutput: Bool
    /// Colours that terminfo declares; 0 for none.
    public var colours: Int
    /// What will be used of them, with NO_COLOR taken into account.
    public var depth: ColourDepth
    public var hasNoColour: Bool
    /// Character set of the locale, and whether characters beyond ASCII will be drawn.
    public var codeset: String
    public var isUTF8: Bool
    public var glyphs: GlyphSet
    /// Columns and rows; nil when output is not a terminal.
    public var size: CellPosition?

    /// Asks environment, terminfo and terminal. Sets the locale of the process for characters (LC_CTYPE) on the way.
    public static func query() -> TerminalAbilities {
        let term = environment("TERM") ?? ""
        var direct: Int32 = 0
        let colours = term.isEmpty ? -1 : Int(ft_terminfo_colors(term, &direct))
        let noColour = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        let locale = LocaleChoice.set()
        var columns: Int32 = 0
        var rows: Int32 = 0
        let hasSize = cterminal_size(STDOUT_FILENO, &columns, &rows) == 0
        return TerminalAbilities(
            term: term, isKnownTerm: colours >= 0, isTerminalInput: isatty(STDIN_FILENO) == 1,
            isTerminalOutput: isatty(STDOUT_FILENO) == 1, colours: max(0, colours),
            depth: depth(colours: colours, isDirect: direct != 0, noColour: noColour), hasNoColour: noColour,
            codeset: locale.codeset, isUTF8: locale.isUTF8, glyphs: glyphs(term: term, isUTF8: locale.isUTF8),
            size: hasSize ? CellPosition(x: Int(columns), y: Int(rows)) : nil)
    }

    static func depth(colours: Int, isDirect: Bool, noColour: Bool) -> ColourDepth {
        if noColour || colours < 8 { return .mono }
        if isDirect && colours >= 0x1000000 { return .trueColour }
        if colours >= 256 { return .indexed256 }
        return colours >= 16 ? .indexed16 : .indexed8
    }

    /// Terminals of hardware's age show ASCII, the Linux console has blocks but hardly ever braille.
    static func glyphs(term: String, isUTF8: Bool) -> GlyphSet {
        guard isUTF8 else { return .ascii }
        if ["vt100", "vt102", "vt220", "vt320", "ansi", "dumb", "cons25"].contains(term) { return .ascii }
        return term == "linux" || term.hasPrefix("linux-") ? .block : .braille
    }

    /// Terminals that understand xterm's private modes: bracketed paste, titles, OSC 52.
    static func isXtermLike(_ term: String) -> Bool {
        let families = [
            "xterm", "tmux", "screen", "rxvt", "alacritty", "kitty", "foot", "wezterm", "vte", "gnome", "konsole", "st",
            "ghostty", "iterm", "contour", "mintty", "putty",
        ]
        return families.contains { term == $0 || term.hasPrefix($0 + "-") }
    }

    static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        return String(cString: value)
    }
}

/// The character set that the process draws with.
struct LocaleChoice {
    var codeset: String
    var isUTF8: Bool

    /// Takes the user's locale for characters. A plain C locale says nothing about the terminal, so C.UTF-8 is tried
    /// instead (in plain C, ncurses blanks everything beyond ASCII); any other character set is the user's word, and
    /// then we keep to ASCII.
    static func set() -> LocaleChoice {
        let own = String(cString: ft_locale(0))
        if isUTF8(own) { return LocaleChoice(codeset: own, isUTF8: true) }
        if own.isEmpty || own == "ANSI_X3.4-1968" || own == "US-ASCII" {
            let fallback = String(cString: ft_locale(1))
            if isUTF8(fallback) { return LocaleChoice(codeset: fallback, isUTF8: true) }
            _ = ft_locale(0)
        }
        return LocaleChoice(codeset: own.isEmpty ? "C" : own, isUTF8: false)
    }

    static func isUTF8(_ codeset: String) -> Bool {
        let plain = codeset.lowercased().filter { $0 != "-" }
        return plain == "utf8"
    }
}

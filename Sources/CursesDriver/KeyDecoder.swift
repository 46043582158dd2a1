import CNCurses
import TerminalUI

/// Turns what ncurses reads into keys. A value without a terminal, so that tests can feed it.
struct KeyDecoder {
    /// Codes that we give to the sequences around pasted text; beyond all of ncurses' own.
    static let pasteStart: Int32 = 0o2001
    static let pasteEnd: Int32 = 0o2002

    private var pasted: String.UnicodeScalarView?
    /// A paste longer than this is given in parts, so that a lost end mark cannot swallow the keyboard for ever.
    private static let pasteLimit = 4_000_000

    var isPasting: Bool { pasted != nil }

    /// A character as typed.
    mutating func character(_ value: UInt32) -> Key? {
        if pasted != nil {
            let scalar = value == 13 ? "\n" : Unicode.Scalar(value)
            if let scalar { pasted?.append(scalar) }
            return (pasted?.count ?? 0) >= KeyDecoder.pasteLimit ? endPaste() : nil
        }
        switch value {
        case 0: return .control(" ")
        case 9: return .tab
        case 10, 13: return .enter
        case 27: return .escape
        case 8, 127: return .backspace
        case 1...26: return .control(Character(Unicode.Scalar(UInt8(value + 96))))
        case 28...31: return .control(Character(Unicode.Scalar(UInt8(value + 64))))
        // C1 controls are never typed; a terminal in a wrong character set sends them.
        case 0x80..<0xA0: return nil
        default: return Unicode.Scalar(value).map { .character(Character($0)) }
        }
    }

    /// A function key by its ncurses code; `name` is its terminfo name, asked for only when needed.
    mutating func code(_ code: Int32, name: () -> String) -> Key? {
        switch code {
        case KeyDecoder.pasteStart:
            pasted = String.UnicodeScalarView()
            return nil
        case KeyDecoder.pasteEnd: return endPaste()
        default: break
        }
        if pasted != nil {
            if code == KEY_ENTER { pasted?.append("\n") }
            return nil
        }
        switch code {
        case KEY_UP: return .up
        case KEY_DOWN: return .down
        case KEY_LEFT: return .left
        case KEY_RIGHT: return .right
        case KEY_HOME, KEY_A1: return .home
        case KEY_END, KEY_LL, KEY_C1: return .end
        case KEY_PPAGE, KEY_A3: return .pageUp
        case KEY_NPAGE, KEY_C3: return .pageDown
        case KEY_ENTER: return .enter
        case KEY_BTAB: return .backTab
        case KEY_BACKSPACE: return .backspace
        case KEY_DC: return .delete
        case KEY_IC: return .insert
        default: break
        }
        let first = ft_key_f(1)
        if code >= first && code < first + 24 { return .function(Int(code - first) + 1) }
        switch name() {
        case "kLFT5", "kLFT3": return .wordLeft
        case "kRIT5", "kRIT3": return .wordRight
        default: return nil
        }
    }

    private mutating func endPaste() -> Key? {
        guard let text = pasted else { return nil }
        pasted = nil
        return .paste(String(text))
    }
}

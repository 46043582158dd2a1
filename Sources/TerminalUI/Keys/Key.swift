/// What the user did: a key, pasted text, the mouse, or a new size of the screen.
public enum Key: Sendable, Hashable {
    case character(Character)
    /// A letter or sign with Control, in lower case.
    case control(Character)
    case function(Int)
    case up, down, left, right
    /// Left and right with Control: to the next word.
    case wordLeft, wordRight
    case home, end, pageUp, pageDown
    case enter, escape, tab, backTab, backspace, delete, insert
    /// Text pasted in one go (bracketed paste); never to be taken for keys.
    case paste(String)
    case mouse(MouseEvent)
    case resize(width: Int, height: Int)
}

/// A press of a mouse button or a turn of its wheel.
public struct MouseEvent: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        case press, release, doubleClick, wheelUp, wheelDown
    }

    public var action: Action
    /// 1 left, 2 middle, 3 right; 0 for the wheel.
    public var button: Int
    public var x: Int
    public var y: Int

    public init(action: Action, button: Int, x: Int, y: Int) {
        self.action = action
        self.button = button
        self.x = x
        self.y = y
    }
}

extension Key {
    private static let names: [(name: String, key: Key)] = [
        ("Space", .character(" ")), ("Enter", .enter), ("Esc", .escape), ("Tab", .tab), ("S-Tab", .backTab),
        ("Backspace", .backspace), ("Del", .delete), ("Ins", .insert), ("Up", .up), ("Down", .down), ("Left", .left),
        ("Right", .right), ("Home", .home), ("End", .end), ("PgUp", .pageUp), ("PgDn", .pageDown),
        ("^Left", .wordLeft), ("^Right", .wordRight),
    ]

    private static let aliases: [String: Key] = [
        "return": .enter, "cr": .enter, "ret": .enter, "escape": .escape, "shift-tab": .backTab, "backtab": .backTab,
        "bs": .backspace, "delete": .delete, "insert": .insert, "pageup": .pageUp, "pagedown": .pageDown, "lt": "<",
        "gt": ">",
    ]

    /// The name shown in hints and help, and accepted by `init(name:)`: `a`, `^C`, `Space`, `F1`, `PgUp`.
    public var name: String {
        if let known = Key.names.first(where: { $0.key == self }) { return known.name }
        switch self {
        case .character(let character): return String(character)
        case .control(let character): return "^" + String(character).uppercased()
        case .function(let number): return "F\(number)"
        case .paste: return "paste"
        case .mouse: return "mouse"
        case .resize: return "resize"
        default: return "?"
        }
    }

    /// The key with this name: a single character, `^C` or `Ctrl-C`, `F1`…`F24`, or a word such as `Space`, `PgUp`,
    /// `S-Tab` (case does not matter). Nil when there is no such key.
    public init?(name: String) {
        if name.count == 1, let character = name.first {
            self = character == " " ? .character(" ") : .character(character)
            return
        }
        let lower = name.lowercased()
        if let known = Key.names.first(where: { $0.name.lowercased() == lower }) {
            self = known.key
            return
        }
        if let alias = Key.aliases[lower] {
            self = alias
            return
        }
        for prefix in ["^", "ctrl-", "c-"] where lower.hasPrefix(prefix) {
            let rest = lower.dropFirst(prefix.count)
            guard rest.count == 1, let character = rest.first else { return nil }
            self = .control(character)
            return
        }
        if lower.hasPrefix("f"), let number = Int(lower.dropFirst()), (1...24).contains(number) {
            self = .function(number)
            return
        }
        return nil
    }

    /// Keys from a line as one would type it, for tests and recorded sessions: `jjx/len<20<cr>^C` — plain characters
    /// stand for themselves, names go in angle brackets, `^` makes a control key of the letter after it. A bracket or
    /// caret that opens nothing known is itself.
    public static func script(_ text: String) -> [Key] {
        var keys: [Key] = []
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character == "<", let close = rest.firstIndex(of: ">"), rest.startIndex != close,
                let key = Key(name: String(rest[..<close]))
            {
                keys.append(key)
                rest = rest[rest.index(after: close)...]
            } else if character == "^", let next = rest.first, next.isASCII, next.isLetter || "@[]\\_".contains(next) {
                keys.append(.control(Character(next.lowercased())))
                rest.removeFirst()
            } else {
                keys.append(.character(character))
            }
        }
        return keys
    }

    /// The character typed, when the key is one; pasted text is not.
    public var typed: Character? {
        if case .character(let character) = self { return character }
        return nil
    }
}

extension Key: ExpressibleByUnicodeScalarLiteral {
    public init(unicodeScalarLiteral value: Unicode.Scalar) {
        self = .character(Character(value))
    }
}

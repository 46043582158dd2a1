/// Which characters a terminal can show: braille charts, block charts (fonts without braille), or ASCII alone.
public enum GlyphSet: String, Sendable, Hashable, CaseIterable {
    case braille, block, ascii

    private func pick(_ full: Unicode.Scalar, _ plain: Unicode.Scalar) -> Unicode.Scalar {
        self == .ascii ? plain : full
    }

    public var ellipsis: String { self == .ascii ? "." : "…" }
    public var running: Unicode.Scalar { pick("►", ">") }
    public var paused: Unicode.Scalar { pick("‖", "=") }
    public var stopped: Unicode.Scalar { pick("■", "#") }
    public var separator: Unicode.Scalar { pick("·", ".") }
    public var undecided: Unicode.Scalar { pick("·", ".") }
    public var kept: Unicode.Scalar { "+" }
    public var dropped: Unicode.Scalar { "-" }
    public var edited: Unicode.Scalar { "~" }
    public var flagged: Unicode.Scalar { "!" }
    public var cursor: Unicode.Scalar { ">" }
    public var marked: Unicode.Scalar { "*" }
    public var masked: Unicode.Scalar { pick("░", "_") }
    public var nonFinite: Unicode.Scalar { pick("×", "x") }
    public var clippedAbove: Unicode.Scalar { pick("▲", "^") }
    public var clippedBelow: Unicode.Scalar { pick("▼", "v") }
    public var cursorLine: Unicode.Scalar { pick("┊", ":") }
    public var axisVertical: Unicode.Scalar { pick("│", "|") }
    public var axisTick: Unicode.Scalar { pick("┤", "+") }
    public var axisCorner: Unicode.Scalar { pick("└", "+") }
    public var axisHorizontal: Unicode.Scalar { pick("─", "-") }
    public var ascending: Unicode.Scalar { pick("↑", "^") }
    public var descending: Unicode.Scalar { pick("↓", "v") }

    /// Horizontal, vertical, and the corners from top left clockwise.
    func frameLines(heavy: Bool) -> (
        horizontal: Unicode.Scalar, vertical: Unicode.Scalar,
        corners: (Unicode.Scalar, Unicode.Scalar, Unicode.Scalar, Unicode.Scalar)
    ) {
        if self == .ascii {
            // Weight cannot be shown by lines here, so focus is another character.
            return heavy ? ("=", "|", ("#", "#", "#", "#")) : ("-", "|", ("+", "+", "+", "+"))
        }
        return heavy ? ("━", "┃", ("┏", "┓", "┛", "┗")) : ("─", "│", ("┌", "┐", "┘", "└"))
    }

    /// The picture of a spinner at `frame`, which the caller counts up.
    public func spinner(frame: Int) -> Unicode.Scalar {
        let pictures: [Unicode.Scalar]
        switch self {
        case .braille: pictures = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"]
        case .block: pictures = ["▖", "▘", "▝", "▗"]
        case .ascii: pictures = ["|", "/", "-", "\\"]
        }
        return pictures[((frame % pictures.count) + pictures.count) % pictures.count]
    }

    /// Bars filling a cell from its bottom, from empty to full.
    var verticalEighths: [Unicode.Scalar] {
        self == .ascii
            ? [" ", ".", ".", ":", ":", "|", "|", "#", "#"] : [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    }

    /// Bars filling a cell from its left, from empty to full.
    var horizontalEighths: [Unicode.Scalar] {
        self == .ascii
            ? [" ", " ", " ", "-", "-", "-", "=", "=", "#"] : [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]
    }

    /// The ASCII character that says most nearly the same.
    public static func asciiTwin(of scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.value < 0x80 { return scalar }
        if scalar.value >= 0xC0 && scalar.value <= 0xFF {
            return latinTwins[Int(scalar.value) - 0xC0]
        }
        switch scalar.value {
        case 0x2400...0x241F: return Unicode.Scalar(UInt8(scalar.value - 0x2400 + 0x40))
        case 0x2500, 0x2501, 0x2504, 0x2505, 0x2508, 0x2509, 0x254C, 0x254D: return "-"
        case 0x2502, 0x2503, 0x2506, 0x2507, 0x250A, 0x250B, 0x254E, 0x254F: return "|"
        case 0x250C...0x254B: return "+"
        case 0x2591: return "_"
        case 0x2581...0x2588: return "#"
        case 0x2589...0x259F: return "#"
        case 0x2800...0x28FF: return "*"
        default: return twins[scalar.value] ?? "?"
        }
    }

    private static let latinTwins = Array(
        "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty".unicodeScalars)

    private static let twins: [UInt32: Unicode.Scalar] = [
        0xA0: " ", 0xA1: "!", 0xA2: "c", 0xA3: "L", 0xA5: "Y", 0xA6: "|", 0xA7: "S", 0xA9: "c", 0xAB: "<", 0xAC: "-",
        0xAE: "r", 0xB0: "o", 0xB1: "+", 0xB2: "2", 0xB3: "3", 0xB4: "'", 0xB5: "u", 0xB7: ".", 0xB9: "1", 0xBB: ">",
        0xBF: "?", 0x152: "O", 0x153: "o", 0x394: "d", 0x3B1: "a", 0x3B2: "b", 0x3BB: "l", 0x3BC: "u", 0x3C3: "s",
        0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2014: "-", 0x2015: "-", 0x2016: "=", 0x2018: "'",
        0x2019: "'", 0x201A: ",", 0x201C: "\"", 0x201D: "\"", 0x201E: "\"", 0x2020: "+", 0x2022: "*", 0x2026: ".",
        0x2032: "'", 0x2033: "\"", 0x2039: "<", 0x203A: ">", 0x20AC: "E", 0x2122: "t", 0x2190: "<", 0x2191: "^",
        0x2192: ">", 0x2193: "v", 0x21B5: "<", 0x21C4: "<", 0x2212: "-", 0x2219: ".", 0x221A: "v", 0x2229: "n",
        0x2248: "~", 0x2260: "=", 0x2264: "<", 0x2265: ">", 0x22C5: ".", 0x237D: "_", 0x2421: "?", 0x2424: "$",
        0x25A0: "#", 0x25A1: "o", 0x25B2: "^", 0x25BA: ">", 0x25BC: "v", 0x25C4: "<", 0x25C6: "*", 0x25CB: "o",
        0x25CC: "o", 0x25CF: "*", 0x2713: "v", 0x2714: "v", 0x2717: "x", 0x2718: "x", 0x2580: "#", 0x2592: "#",
    ]
}

/// What is drawn for one scalar of untrusted text.
///
/// Text from data sets and models may hold escape sequences, controls and invisible characters; a terminal must never
/// receive them. Every character reaches the screen through this type, so nothing else has to remember that.
struct DisplayForm {
    /// The scalar to draw, always printable.
    var scalar: UInt32
    /// Cells it takes: 1 or 2; 0 for a mark on the previous cell; `dropped` when nothing is drawn.
    var width: Int

    static let dropped = -1
    /// Stands for characters of no width that would otherwise hide in the text.
    static let hiddenSymbol: UInt32 = 0x237D
    /// Stands for characters that turn the direction of writing.
    static let directionSymbol: UInt32 = 0x21C4
    /// Stands for what has no picture of its own: C1 controls, private use, noncharacters.
    static let unknownSymbol: UInt32 = 0xFFFD

    /// - Parameters:
    ///   - value: the scalar.
    ///   - previous: the scalar before it in the same line, 0 at its start; joiners are meant to be seen only where
    ///     the writing has no use for them.
    /// - Returns: what to draw.
    @inline(__always)
    static func of(_ value: UInt32, after previous: UInt32) -> DisplayForm {
        if value >= 0x20 && value < 0x7F { return DisplayForm(scalar: value, width: 1) }
        // The bulk of Chinese, Japanese and Korean text, without a search.
        if (value >= 0x4E00 && value < 0xA000) || (value >= 0xAC00 && value <= 0xD7A3) {
            return DisplayForm(scalar: value, width: 2)
        }
        return ofUncommon(value, after: previous)
    }

    private static func ofUncommon(_ value: UInt32, after previous: UInt32) -> DisplayForm {
        switch value {
        case 0..<0x20: return DisplayForm(scalar: 0x2400 + value, width: 1)
        case 0x7F: return DisplayForm(scalar: 0x2421, width: 1)
        case 0x80..<0xA0: return DisplayForm(scalar: unknownSymbol, width: 1)
        case 0xA0: return DisplayForm(scalar: 0x20, width: 1)
        case 0xA1..<0x300:
            return value == 0xAD
                ? DisplayForm(scalar: hiddenSymbol, width: 1) : DisplayForm(scalar: value, width: 1)
        // Joiners have work to do in Arabic, Indic scripts and emoji; in Latin text they only hide.
        case 0x200C, 0x200D:
            return previous >= 0x0590
                ? DisplayForm(scalar: 0, width: dropped) : DisplayForm(scalar: hiddenSymbol, width: 1)
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
            return DisplayForm(scalar: directionSymbol, width: 1)
        case 0x2028, 0x2029: return DisplayForm(scalar: 0x2424, width: 1)
        // Variation selectors and skin tones: terminals disagree about their width, so only the base is drawn.
        case 0xFE00...0xFE0F, 0xE0100...0xE01EF, 0x180B...0x180F, 0x1F3FB...0x1F3FF:
            return DisplayForm(scalar: 0, width: dropped)
        // Whole blocks that Unicode says to ignore when drawing, assigned or not.
        case 0x2060...0x206F, 0xFFF0...0xFFFB, 0xE0000...0xE0FFF:
            return DisplayForm(scalar: hiddenSymbol, width: 1)
        case 0xE000...0xF8FF, 0xF0000...0x10FFFF, 0xFDD0...0xFDEF:
            return DisplayForm(scalar: unknownSymbol, width: 1)
        default: break
        }
        if value & 0xFFFE == 0xFFFE { return DisplayForm(scalar: unknownSymbol, width: 1) }
        if value >= 0x1100 && WidthTable.contains(value, in: WidthTable.wide) {
            return WidthTable.contains(value, in: WidthTable.hidden)
                ? DisplayForm(scalar: hiddenSymbol, width: 1) : DisplayForm(scalar: value, width: 2)
        }
        if WidthTable.contains(value, in: WidthTable.marks) { return DisplayForm(scalar: value, width: 0) }
        if WidthTable.contains(value, in: WidthTable.hidden) { return DisplayForm(scalar: hiddenSymbol, width: 1) }
        return DisplayForm(scalar: value, width: 1)
    }
}

/// Widths of text on screen, in cells.
public enum TextWidth {
    /// Cells that `text` takes on one line, as `CellGrid.put` draws it.
    public static func of(_ text: String) -> Int {
        var width = 0
        var previous: UInt32 = 0
        for scalar in text.unicodeScalars {
            var form = DisplayForm.of(scalar.value, after: previous)
            // A mark without a base gets a dotted circle of its own.
            if form.width == 0 && width == 0 { form.width = 1 }
            width += max(0, form.width)
            previous = scalar.value
        }
        return width
    }

    /// Cells that one scalar takes by itself.
    public static func of(_ scalar: Unicode.Scalar) -> Int {
        max(0, DisplayForm.of(scalar.value, after: 0).width)
    }

    /// The longest head of `text` that fits in `cells`, and its width; never half of a wide character, and marks stay
    /// with their base.
    static func head(of text: String, cells: Int) -> (end: String.Index, width: Int) {
        let scalars = text.unicodeScalars
        var width = 0
        var previous: UInt32 = 0
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let value = scalars[index].value
            var form = DisplayForm.of(value, after: previous)
            if form.width == 0 && width == 0 { form.width = 1 }
            if form.width > 0 {
                if width + form.width > cells { return (index, width) }
                width += form.width
            }
            previous = value
            index = scalars.index(after: index)
        }
        return (index, width)
    }
}

/// Where text sits in a space wider than itself.
public enum Alignment: Sendable, Hashable {
    case left, right, center
}

extension String {
    /// The text cut to `cells`, with an ellipsis as its last cell when something was cut.
    public func truncatedToCells(_ cells: Int, ellipsis: String = "…") -> String {
        guard cells > 0 else { return "" }
        let whole = TextWidth.head(of: self, cells: cells)
        if whole.end == endIndex { return self }
        let head = TextWidth.head(of: self, cells: max(0, cells - TextWidth.of(ellipsis)))
        return String(self[..<head.end]) + ellipsis
    }

    /// The text in exactly `cells`: cut with an ellipsis or filled with spaces.
    public func paddedToCells(_ cells: Int, alignment: Alignment = .left) -> String {
        guard cells > 0 else { return "" }
        let shown = truncatedToCells(cells)
        let missing = cells - TextWidth.of(shown)
        switch alignment {
        case .left: return shown + String(repeating: " ", count: missing)
        case .right: return String(repeating: " ", count: missing) + shown
        case .center:
            return String(repeating: " ", count: missing / 2) + shown
                + String(repeating: " ", count: missing - missing / 2)
        }
    }
}

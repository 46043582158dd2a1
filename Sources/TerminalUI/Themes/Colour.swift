/// A colour as themes name it.
public enum Colour: Sendable, Hashable {
    /// The terminal's own foreground or background.
    case standard
    /// One of the user's 16 colours, 0…15.
    case named(Int)
    /// `0xRRGGBB`.
    case rgb(UInt32)

    /// Names of the 16 colours, in their order.
    public static let names = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright-black", "bright-red",
        "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan", "bright-white",
    ]

    /// `default`, one of the 16 names (`gray` and `grey` for `bright-black`), or `#rrggbb`.
    public init?(_ text: String) {
        let text = text.lowercased()
        if text == "default" {
            self = .standard
        } else if text == "gray" || text == "grey" {
            self = .named(8)
        } else if let index = Colour.names.firstIndex(of: text) {
            self = .named(index)
        } else if text.hasPrefix("#"), text.utf8.count == 7, text.utf8.dropFirst().allSatisfy({ $0 != 43 && $0 != 45 }),
            let value = UInt32(text.dropFirst(), radix: 16)
        {
            self = .rgb(value)
        } else {
            return nil
        }
    }
}

/// How many colours a terminal shows.
public enum ColourDepth: String, Sendable, Hashable, CaseIterable {
    case trueColour, indexed256, indexed16, indexed8, mono
}

/// A colour that a terminal of some depth can show.
public enum TerminalColour: Sendable, Hashable {
    case standard
    /// An index into the terminal's palette.
    case indexed(Int)
    case rgb(UInt32)
}

extension Colour {
    /// The nearest colour at `depth`. Colours given by name stay the user's own.
    public func resolved(_ depth: ColourDepth) -> TerminalColour {
        switch (self, depth) {
        case (.standard, _), (_, .mono): return .standard
        case (.named(let index), .indexed8): return .indexed(index & 7)
        // With direct colour only the first eight numbers are still the palette's.
        case (.named(let index), .trueColour) where index >= 8: return .rgb(Colour.palette(index))
        case (.named(let index), _): return .indexed(index)
        case (.rgb(let value), .trueColour): return .rgb(value)
        // The first 16 are the user's to change, so a nearest colour is looked for among the fixed 240.
        case (.rgb(let value), .indexed256): return .indexed(Colour.nearest(to: value, in: 16..<256))
        case (.rgb(let value), .indexed16): return .indexed(Colour.nearest(to: value, in: 0..<16))
        case (.rgb(let value), .indexed8): return .indexed(Colour.nearest(to: value, in: 0..<16) & 7)
        }
    }

    private static func nearest(to value: UInt32, in range: Range<Int>) -> Int {
        var best = range.lowerBound
        var smallest = Int.max
        for index in range {
            let distance = distance(value, palette(index))
            if distance < smallest { (best, smallest) = (index, distance) }
        }
        return best
    }

    /// Squared difference weighted by how the eye sees red, green and blue at this redness (the "redmean" formula).
    private static func distance(_ left: UInt32, _ right: UInt32) -> Int {
        let (r1, g1, b1) = parts(left)
        let (r2, g2, b2) = parts(right)
        let red = (r1 + r2) / 2
        let (dr, dg, db) = (r1 - r2, g1 - g2, b1 - b2)
        return ((512 + red) * dr * dr) / 256 + 4 * dg * dg + ((767 - red) * db * db) / 256
    }

    static func parts(_ value: UInt32) -> (red: Int, green: Int, blue: Int) {
        (Int(value >> 16 & 255), Int(value >> 8 & 255), Int(value & 255))
    }

    /// What xterm shows for a palette index: 16 system colours, a 6×6×6 cube, 24 greys.
    static func palette(_ index: Int) -> UInt32 {
        let system: [UInt32] = [
            0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5, 0x7F7F7F, 0xFF0000,
            0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
        ]
        if index < 16 { return system[max(0, index)] }
        if index >= 232 {
            let grey = UInt32(min(255, 8 + 10 * (index - 232)))
            return grey << 16 | grey << 8 | grey
        }
        let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
        let cube = index - 16
        return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6]
    }

    /// The contrast of two colours, 1…21, as the Web Content Accessibility Guidelines define it.
    public static func contrast(_ left: UInt32, _ right: UInt32) -> Double {
        let (a, b) = (luminance(left), luminance(right))
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }

    private static func luminance(_ value: UInt32) -> Double {
        let (red, green, blue) = parts(value)
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    private static func linear(_ part: Int) -> Double {
        let share = Double(part) / 255
        if share <= 0.04045 { return share / 12.92 }
        // ((share + 0.055) / 1.055) ^ 2.4 = x² · (x²)^(1/5), the fifth root by Newton's method.
        let x = (share + 0.055) / 1.055
        let square = x * x
        var root = max(square, 0.2)
        for _ in 0..<40 {
            let fourth = root * root * root * root
            root = (4 * root + square / fourth) / 5
        }
        return square * root
    }
}

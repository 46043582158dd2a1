import CNCurses
import TerminalUI

/// Colour pairs of ncurses, made as they are needed, and what each style came to.
struct PairCache {
    private struct Pair: Hashable {
        var foreground: Int32
        var background: Int32
    }

    private let depth: ColourDepth
    /// Without default colours, -1 must be told as white on black.
    private let hasDefaults: Bool
    private let limit: Int32
    private var pairs: [Pair: Int32] = [:]
    private var styles: [Style: (bits: UInt32, pair: Int32)] = [:]
    private var theme: Theme?

    init(depth: ColourDepth, hasDefaults: Bool, limit: Int32) {
        self.depth = depth
        self.hasDefaults = hasDefaults
        self.limit = limit
    }

    /// Attribute bits and pair for `style` in `theme`.
    mutating func look(of style: Style, theme: Theme) -> (bits: UInt32, pair: Int32) {
        if self.theme != theme {
            self.theme = theme
            styles = [:]
        }
        if let known = styles[style] { return known }
        let resolved = theme.resolved(style, depth: depth)
        let look = (
            bits: UInt32(resolved.attributes.rawValue), pair: pair(resolved.foreground, resolved.background)
        )
        styles[style] = look
        return look
    }

    private mutating func pair(_ foreground: TerminalColour, _ background: TerminalColour) -> Int32 {
        if depth == .mono || (foreground == .standard && background == .standard) { return 0 }
        let wanted = Pair(
            foreground: number(foreground, standard: 7), background: number(background, standard: 0))
        if let known = pairs[wanted] { return known }
        let next = Int32(pairs.count + 1)
        // Out of pairs: plain text is still readable.
        guard next < limit, ft_init_pair(next, wanted.foreground, wanted.background) == 1 else { return 0 }
        pairs[wanted] = next
        return next
    }

    private func number(_ colour: TerminalColour, standard: Int32) -> Int32 {
        switch colour {
        case .standard: return hasDefaults ? -1 : standard
        case .indexed(let index): return Int32(index)
        // Direct colours below 8 are palette entries, so the darkest blues give way by a hair.
        case .rgb(let value): return value == 0 ? 0 : Int32(max(8, value))
        }
    }
}

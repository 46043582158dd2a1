/// What a piece of the screen means. Themes give each role its colours; drawing code never names a colour.
///
/// Raw values are the names used in theme files.
public enum Role: String, CaseIterable, Sendable, Hashable {
    case text, dim, title, frame
    case frameFocus = "frame.focus"
    case tabActive = "tab.active"
    case hint, select, mark, ok, warn, error, accent
    case kept, dropped, flagged, edited, masked, added, removed
    case axis, cursor, banner
    case series1 = "series.1"
    case series2 = "series.2"
    case series3 = "series.3"
    case series4 = "series.4"
    case series5 = "series.5"
    case series6 = "series.6"
    case series7 = "series.7"
    case series8 = "series.8"

    /// The role of the chart series at `index` (from 0); there are eight, then they repeat.
    public static func series(_ index: Int) -> Role {
        let all: [Role] = [.series1, .series2, .series3, .series4, .series5, .series6, .series7, .series8]
        return all[((index % all.count) + all.count) % all.count]
    }
}

/// Ways to make text stand out without colour.
public struct Attributes: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let bold = Attributes(rawValue: 1)
    public static let underline = Attributes(rawValue: 2)
    public static let reverse = Attributes(rawValue: 4)
    public static let dim = Attributes(rawValue: 8)
    public static let italic = Attributes(rawValue: 16)
}

/// How one cell looks: a role, attributes on top of the role's own, and the role whose background lies under it.
public struct Style: Sendable, Hashable {
    public var role: Role
    public var attributes: Attributes
    /// The role that gives the background instead of `role`, such as `.select` under a warning in the selected row.
    public var ground: Role?

    public init(_ role: Role = .text, _ attributes: Attributes = [], on ground: Role? = nil) {
        self.role = role
        self.attributes = attributes
        self.ground = ground
    }

    /// The same style on the background of `ground`.
    public func on(_ ground: Role?) -> Style {
        var style = self
        style.ground = ground
        return style
    }

    /// The same style with more attributes.
    public func adding(_ more: Attributes) -> Style {
        var style = self
        style.attributes.formUnion(more)
        return style
    }
}

extension Style {
    public static let text = Style(.text)
    public static let bold = Style(.text, .bold)
    public static let dim = Style(.dim)
    public static let title = Style(.title)
    public static let frame = Style(.frame)
    public static let frameFocus = Style(.frameFocus)
    public static let tabActive = Style(.tabActive)
    public static let hint = Style(.hint)
    public static let select = Style(.select)
    public static let mark = Style(.mark)
    public static let ok = Style(.ok)
    public static let warn = Style(.warn)
    public static let error = Style(.error)
    public static let accent = Style(.accent)
    public static let kept = Style(.kept)
    public static let dropped = Style(.dropped)
    public static let flagged = Style(.flagged)
    public static let edited = Style(.edited)
    public static let masked = Style(.masked)
    public static let added = Style(.added)
    public static let removed = Style(.removed)
    public static let axis = Style(.axis)
    public static let cursor = Style(.cursor)
    public static let banner = Style(.banner)

    /// The style of the chart series at `index` (from 0).
    public static func series(_ index: Int) -> Style { Style(.series(index)) }
}

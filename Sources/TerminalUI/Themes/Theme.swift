/// Colours and attributes of one role.
public struct RoleLook: Sendable, Hashable {
    public var foreground: Colour
    public var background: Colour
    public var attributes: Attributes
    /// The mark of this role when there is no colour at all; the coloured attributes when nil.
    public var mono: Attributes?

    public init(
        _ foreground: Colour = .standard, on background: Colour = .standard, _ attributes: Attributes = [],
        mono: Attributes? = nil
    ) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
        self.mono = mono
    }
}

/// What a terminal is told for one cell.
public struct ResolvedStyle: Sendable, Hashable {
    public var foreground: TerminalColour
    public var background: TerminalColour
    public var attributes: Attributes
}

/// A look for each role.
public struct Theme: Sendable, Equatable {
    public let name: String
    /// One line about it, for a menu.
    public let summary: String
    private let looks: [Role: RoleLook]

    /// Roles that `looks` leaves out look like plain text.
    public init(name: String, summary: String = "", looks: [Role: RoleLook]) {
        self.name = name
        self.summary = summary
        self.looks = looks
    }

    public func look(of role: Role) -> RoleLook { looks[role] ?? RoleLook() }

    /// What a terminal of `depth` shows for `style`.
    public func resolved(_ style: Style, depth: ColourDepth) -> ResolvedStyle {
        let look = look(of: style.role)
        let ground = style.ground.map { self.look(of: $0) }
        if depth == .mono {
            var attributes = (look.mono ?? look.attributes).union(style.attributes)
            if let ground { attributes.formUnion(ground.mono ?? ground.attributes) }
            return ResolvedStyle(foreground: .standard, background: .standard, attributes: attributes)
        }
        var foreground = look.foreground
        var attributes = look.attributes.union(style.attributes)
        if let ground {
            attributes.formUnion(ground.attributes)
            // Plain text takes the colour that was made for the ground under it.
            if style.role == .text || look.foreground == ground.background { foreground = ground.foreground }
        }
        // Eight colours have no bright half; bold is what such terminals show it by.
        if depth == .indexed8, case .named(let index) = foreground, index >= 8 { attributes.formUnion(.bold) }
        return ResolvedStyle(
            foreground: foreground.resolved(depth), background: (ground ?? look).background.resolved(depth),
            attributes: attributes)
    }
}

extension Theme {
    /// The look when no theme file can be read: only the user's 16 colours on the terminal's own background.
    public static let builtIn = Theme(
        name: "terminal", summary: "your terminal's own colours",
        looks: [
            .text: RoleLook(),
            .dim: RoleLook(.standard, .dim, mono: .dim),
            .title: RoleLook(.standard, .bold, mono: .bold),
            .frame: RoleLook(.standard, .dim, mono: .dim),
            .frameFocus: RoleLook(.named(6), .bold, mono: .bold),
            .tabActive: RoleLook(.standard, [.bold, .reverse], mono: [.bold, .reverse]),
            .hint: RoleLook(),
            .select: RoleLook(.standard, .reverse, mono: .reverse),
            .mark: RoleLook(.named(5), .bold, mono: .bold),
            .ok: RoleLook(.named(2), mono: []),
            .warn: RoleLook(.named(3), .bold, mono: .bold),
            .error: RoleLook(.named(1), .bold, mono: [.bold, .reverse]),
            .accent: RoleLook(.named(6), mono: .bold),
            .kept: RoleLook(.named(2), mono: []),
            .dropped: RoleLook(.named(1), mono: .dim),
            .flagged: RoleLook(.named(3), .bold, mono: .bold),
            .edited: RoleLook(.named(6), mono: .underline),
            .masked: RoleLook(.standard, .dim, mono: .dim),
            .added: RoleLook(.named(2), mono: .underline),
            .removed: RoleLook(.named(1), mono: .reverse),
            .axis: RoleLook(.standard, .dim, mono: .dim),
            .cursor: RoleLook(.named(3), .bold, mono: .bold),
            .banner: RoleLook(.named(1), [.bold, .reverse], mono: [.bold, .reverse]),
            .series1: RoleLook(.named(6), mono: []),
            .series2: RoleLook(.named(3), mono: []),
            .series3: RoleLook(.named(5), mono: []),
            .series4: RoleLook(.named(2), mono: []),
            .series5: RoleLook(.named(4), mono: []),
            .series6: RoleLook(.named(1), mono: []),
            .series7: RoleLook(.named(14), mono: []),
            .series8: RoleLook(.named(11), mono: []),
        ])
}

extension RoleLook {
    init(_ foreground: Colour, _ attributes: Attributes, mono: Attributes? = nil) {
        self.init(foreground, on: .standard, attributes, mono: mono)
    }
}

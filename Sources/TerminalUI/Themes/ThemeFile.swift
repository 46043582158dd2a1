import Yams

/// One thing wrong in a theme file.
public struct ThemeProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public var file: String
    /// Counted from 1; 0 when it concerns the whole file.
    public var line: Int
    /// The role it is about, by its name in the file.
    public var role: String?
    public var reason: String

    public var description: String {
        (line > 0 ? "\(file):\(line): " : "\(file): ") + (role.map { "role '\($0)': " } ?? "") + reason
    }
}

/// Everything wrong in a theme file, so that it can be put right in one go.
public struct ThemeError: Error, Sendable, Hashable, CustomStringConvertible {
    public var problems: [ThemeProblem]

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension Theme {
    private static let attributeNames: [String: Attributes] = [
        "bold": .bold, "underline": .underline, "reverse": .reverse, "dim": .dim, "italic": .italic,
    ]

    /// Reads a theme file:
    ///
    ///     name: dark
    ///     summary: light text on a dark ground
    ///     roles:
    ///       text: {fg: "#d0d0d0", bg: "#1c1c1c"}
    ///       error: {fg: "#ff6b6b", attributes: [bold], mono: [bold, reverse]}
    ///
    /// `fg` and `bg` are `default`, one of the 16 colour names or `#rrggbb`; a role without them takes those of `text`.
    /// `mono` says how the role looks without colours. Every role must be there.
    ///
    /// - Throws: `ThemeError` with each missing role and each bad value, by file, line and role.
    public init(parsing yaml: String, file: String) throws(ThemeError) {
        var reader = ThemeReader(file: file)
        let theme = reader.theme(from: yaml)
        guard reader.problems.isEmpty, let theme else { throw ThemeError(problems: reader.problems) }
        self = theme
    }

    static func attributes(named name: String) -> Attributes? { attributeNames[name] }
    static var attributeList: String { attributeNames.keys.sorted().joined(separator: ", ") }
}

/// Reads one theme file and collects what is wrong with it.
private struct ThemeReader {
    let file: String
    var problems: [ThemeProblem] = []

    init(file: String) {
        self.file = file
    }

    mutating func report(_ line: Int, _ role: String?, _ reason: String) {
        problems.append(ThemeProblem(file: file, line: line, role: role, reason: reason))
    }

    mutating func theme(from yaml: String) -> Theme? {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            report(YamlPlace.line(of: error), nil, "this is not YAML: \(YamlPlace.reason(of: error))")
            return nil
        }
        guard case .mapping(let top)? = root else {
            report(0, nil, "expected 'name:' and 'roles:'")
            return nil
        }
        var name = ""
        var summary = ""
        var roles: Node.Mapping?
        for (key, value) in top {
            let line = key.mark?.line ?? 0
            switch key.string {
            case "name": name = value.scalar?.string ?? ""
            case "summary": summary = value.scalar?.string ?? ""
            case "roles":
                if case .mapping(let mapping) = value {
                    roles = mapping
                } else {
                    report(line, nil, "'roles' must be a list of roles")
                }
            default: report(line, nil, "'\(key.string ?? "?")' is not known here; use name, summary, roles")
            }
        }
        if name.isEmpty { report(0, nil, "it has no 'name'") }
        guard let roles else {
            if !problems.contains(where: { $0.reason.contains("'roles'") }) { report(0, nil, "it has no 'roles'") }
            return nil
        }
        return Theme(name: name, summary: summary, looks: looks(from: roles))
    }

    private mutating func looks(from roles: Node.Mapping) -> [Role: RoleLook] {
        var entries: [Role: (node: Node, line: Int)] = [:]
        for (key, value) in roles {
            let line = key.mark?.line ?? 0
            let name = key.string ?? "?"
            guard let role = Role(rawValue: name) else {
                report(line, name, "there is no such role")
                continue
            }
            entries[role] = (value, line)
        }
        var base = RoleLook()
        if let text = entries[.text] { base = look(.text, text.node, line: text.line, base: RoleLook()) ?? base }
        var looks: [Role: RoleLook] = [.text: base]
        for role in Role.allCases where role != .text {
            guard let entry = entries[role] else {
                report(0, role.rawValue, "it is missing")
                continue
            }
            var plain = base
            (plain.attributes, plain.mono) = ([], nil)
            looks[role] = look(role, entry.node, line: entry.line, base: plain)
        }
        if entries[.text] == nil { report(0, Role.text.rawValue, "it is missing") }
        return looks
    }

    private mutating func look(_ role: Role, _ node: Node, line: Int, base: RoleLook) -> RoleLook? {
        guard case .mapping(let mapping) = node else {
            report(line, role.rawValue, "expected {fg: …, bg: …, attributes: […]}")
            return nil
        }
        var look = base
        for (key, value) in mapping {
            let line = key.mark?.line ?? line
            switch key.string {
            case "fg": if let colour = colour(value, role, line) { look.foreground = colour }
            case "bg": if let colour = colour(value, role, line) { look.background = colour }
            case "attributes": look.attributes = attributes(value, role, line)
            case "mono": look.mono = attributes(value, role, line)
            default: report(line, role.rawValue, "'\(key.string ?? "?")' is not known; use fg, bg, attributes, mono")
            }
        }
        return look
    }

    private mutating func colour(_ node: Node, _ role: Role, _ line: Int) -> Colour? {
        if let text = node.scalar?.string, let colour = Colour(text) { return colour }
        let given = node.scalar?.string ?? "?"
        report(
            node.mark?.line ?? line, role.rawValue,
            "'\(given)' is no colour; write \"#rrggbb\", default, or one of \(Colour.names.joined(separator: ", "))")
        return nil
    }

    private mutating func attributes(_ node: Node, _ role: Role, _ line: Int) -> Attributes {
        let names: [String]
        switch node {
        case .sequence(let sequence): names = sequence.map { $0.scalar?.string ?? "?" }
        case .scalar(let scalar): names = scalar.string.isEmpty ? [] : [scalar.string]
        default: names = ["?"]
        }
        var attributes: Attributes = []
        for name in names {
            if let attribute = Theme.attributes(named: name) {
                attributes.formUnion(attribute)
            } else {
                report(
                    node.mark?.line ?? line, role.rawValue, "'\(name)' is no attribute; use \(Theme.attributeList)")
            }
        }
        return attributes
    }
}

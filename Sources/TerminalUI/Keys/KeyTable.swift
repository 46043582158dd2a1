/// How a key is offered on the hint line.
public struct Hint: Sendable, Hashable {
    /// One word or two, for narrow screens.
    public var short: String
    /// What wide screens show instead.
    public var long: String
    /// Importance: hints with the largest rank are dropped first when the line is full.
    public var rank: Int
    /// Label for the keys when it is not the name of the first one: `h/l`, `+ - 0`.
    public var keys: String?

    public init(_ short: String, long: String? = nil, rank: Int = 5, keys: String? = nil) {
        self.short = short
        self.long = long ?? short
        self.rank = rank
        self.keys = keys
    }
}

/// One line of a key table: the keys, what they do, how they are offered, and when they are refused.
public struct KeyBinding<State, Action>: Sendable where State: Sendable, Action: Sendable {
    public var keys: [Key]
    /// Names the action in remap files and tests: `train.pause`.
    public let id: String
    /// What it does, for help and palette.
    public let title: String
    public let hint: Hint?
    /// Heading under which help lists it.
    public let group: String
    public let action: Action
    /// Why it cannot be used now, or nil when it can. Shown, never swallowed.
    public let refusal: @Sendable (State) -> String?

    public init(
        _ keys: Key..., id: String, title: String, hint: Hint? = nil, group: String = "This screen", action: Action,
        refusal: @escaping @Sendable (State) -> String? = { _ in nil }
    ) {
        self.keys = keys
        self.id = id
        self.title = title
        self.hint = hint
        self.group = group
        self.action = action
        self.refusal = refusal
    }
}

/// What a key press means in a state.
public enum KeyOutcome<Action> {
    /// The key does this.
    case action(id: String, Action)
    /// The key is bound but cannot be used now, for this reason.
    case refused(String)
    case unbound
}

/// One key that would do two things.
public struct KeyConflict: Sendable, Hashable, CustomStringConvertible {
    public var key: Key
    public var first: String
    public var second: String

    public var description: String { "\(key.name) is bound to both '\(first)' and '\(second)'" }
}

/// All keys of a screen, in one place. Dispatch, hint line, help sheet and palette are made from it, so they cannot
/// disagree.
public struct KeyTable<State, Action>: Sendable where State: Sendable, Action: Sendable {
    public private(set) var bindings: [KeyBinding<State, Action>]
    private var index: [Key: Int] = [:]

    public init(_ bindings: [KeyBinding<State, Action>]) {
        self.bindings = bindings
        makeIndex()
    }

    private mutating func makeIndex() {
        index = [:]
        for (position, binding) in bindings.enumerated() {
            for key in binding.keys where index[key] == nil { index[key] = position }
        }
    }

    /// Both tables in one; where they share a key, the left table has it.
    public static func + (left: KeyTable, right: KeyTable) -> KeyTable {
        KeyTable(left.bindings + right.bindings)
    }

    /// What `key` does in `state`.
    public func outcome(of key: Key, in state: State) -> KeyOutcome<Action> {
        guard let position = index[key] else { return .unbound }
        let binding = bindings[position]
        if let reason = binding.refusal(state) { return .refused(reason) }
        return .action(id: binding.id, binding.action)
    }

    /// What the action named `id` does in `state`, for the palette.
    public func outcome(ofAction id: String, in state: State) -> KeyOutcome<Action> {
        guard let binding = bindings.first(where: { $0.id == id }) else { return .unbound }
        if let reason = binding.refusal(state) { return .refused(reason) }
        return .action(id: binding.id, binding.action)
    }

    /// Keys bound twice within this table, and actions named twice.
    public var conflicts: [KeyConflict] { KeyTable.conflicts(among: bindings.map { ($0.id, $0.keys) }) }

    /// Keys bound both here and in `other`.
    public func conflicts<OtherState, OtherAction>(with other: KeyTable<OtherState, OtherAction>) -> [KeyConflict] {
        KeyTable.conflicts(among: bindings.map { ($0.id, $0.keys) } + other.bindings.map { ($0.id, $0.keys) })
    }

    private static func conflicts(among bindings: [(id: String, keys: [Key])]) -> [KeyConflict] {
        var owners: [Key: String] = [:]
        var found: [KeyConflict] = []
        for binding in bindings {
            for key in binding.keys {
                if let owner = owners[key] {
                    found.append(KeyConflict(key: key, first: owner, second: binding.id))
                } else {
                    owners[key] = binding.id
                }
            }
        }
        return found
    }

    /// Items for the hint line. Keys that are refused now are marked, not removed, so that hands learn their places.
    public func hints(in state: State) -> [HintItem] {
        bindings.compactMap { binding in
            guard let hint = binding.hint, let key = binding.keys.first else { return nil }
            return HintItem(
                keys: hint.keys ?? key.name, short: hint.short, long: hint.long, rank: hint.rank,
                isOff: binding.refusal(state) != nil)
        }
    }

    /// Sections for the help sheet, by group in the order of the table; refused keys come last, with their reasons.
    public func helpSections(in state: State) -> [KeyHelpSection] {
        var sections: [KeyHelpSection] = []
        var off: [KeyHelpLine] = []
        for binding in bindings {
            let line = KeyHelpLine(
                id: binding.id, keys: binding.keys.map(\.name).joined(separator: " "), title: binding.title,
                refusal: binding.refusal(state))
            if line.refusal != nil {
                off.append(line)
            } else if let section = sections.firstIndex(where: { $0.title == binding.group }) {
                sections[section].lines.append(line)
            } else {
                sections.append(KeyHelpSection(title: binding.group, lines: [line]))
            }
        }
        if !off.isEmpty { sections.append(KeyHelpSection(title: "Off now: why", lines: off)) }
        return sections
    }

    /// Every action of the table, for the command palette.
    public func paletteItems(in state: State) -> [PaletteItem] {
        bindings.map { binding in
            PaletteItem(
                id: binding.id, title: binding.title, detail: binding.keys.first?.name ?? "",
                refusal: binding.refusal(state))
        }
    }

    /// The table with the user's keys instead of ours.
    ///
    /// An action that the remap does not name keeps its keys. What cannot be used is reported and left as it was.
    public func remapped(_ remap: KeyRemap) -> (table: KeyTable, problems: [KeyRemapProblem]) {
        var changed = bindings
        var problems: [KeyRemapProblem] = []
        for entry in remap.entries {
            guard let position = changed.firstIndex(where: { $0.id == entry.action }) else {
                problems.append(
                    KeyRemapProblem(
                        file: remap.file, line: entry.line,
                        reason: "there is no action '\(entry.action)' on this screen"))
                continue
            }
            changed[position].keys = entry.keys
        }
        let clashes = KeyTable.conflicts(among: changed.map { ($0.id, $0.keys) })
            .filter { clash in !conflicts.contains(clash) }
        guard clashes.isEmpty else {
            for clash in clashes {
                let line = remap.entries.first { $0.action == clash.second || $0.action == clash.first }?.line ?? 0
                problems.append(KeyRemapProblem(file: remap.file, line: line, reason: clash.description))
            }
            return (self, problems)
        }
        return (KeyTable(changed), problems)
    }
}

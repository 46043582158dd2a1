import Yams

/// The user's own keys: a YAML file of `action: key` or `action: [key, key]`.
public struct KeyRemap: Sendable {
    public struct Entry: Sendable, Hashable {
        public var action: String
        public var keys: [Key]
        public var line: Int
    }

    public var file: String
    public var entries: [Entry]

    /// Keys a terminal cannot tell from others, and what it sends instead.
    private static let undeliverable: [Key: String] = [
        .control("i"): "Tab", .control("j"): "Enter", .control("m"): "Enter", .control("h"): "Backspace",
        .control("["): "Esc",
    ]

    /// Reads a remap file. Lines that cannot be used are left out and reported.
    ///
    /// - Parameters:
    ///   - yaml: text of the file.
    ///   - file: its name, for messages.
    /// - Returns: the usable entries, and what is wrong with the others.
    public static func parse(_ yaml: String, file: String) -> (remap: KeyRemap, problems: [KeyRemapProblem]) {
        var remap = KeyRemap(file: file, entries: [])
        var problems: [KeyRemapProblem] = []
        func report(_ line: Int, _ reason: String) {
            problems.append(KeyRemapProblem(file: file, line: line, reason: reason))
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            report(YamlPlace.line(of: error), "this is not YAML: \(YamlPlace.reason(of: error))")
            return (remap, problems)
        }
        guard let root else { return (remap, problems) }
        guard case .mapping(let mapping) = root else {
            report(root.mark?.line ?? 1, "expected lines of 'action: key'")
            return (remap, problems)
        }
        for (name, value) in mapping {
            let line = name.mark?.line ?? 0
            guard let action = name.string else {
                report(line, "the name of an action must be text")
                continue
            }
            let names: [String]
            switch value {
            case .scalar(let scalar): names = [scalar.string]
            case .sequence(let sequence): names = sequence.compactMap(\.scalar?.string)
            default:
                report(line, "'\(action)' needs a key or a list of keys")
                continue
            }
            var keys: [Key] = []
            var isUsable = !names.isEmpty
            for name in names {
                if let key = Key(name: name), undeliverable[key] == nil {
                    keys.append(key)
                    continue
                }
                isUsable = false
                if let key = Key(name: name), let sent = undeliverable[key] {
                    report(line, "'\(action)': terminals send \(key.name) as \(sent), so it cannot be told apart")
                } else {
                    report(line, "'\(action)': there is no key '\(name)'; write a character, ^X, F1, Space, PgUp…")
                }
            }
            if isUsable { remap.entries.append(Entry(action: action, keys: keys, line: line)) }
        }
        return (remap, problems)
    }
}

/// A line of a remap file that could not be used.
public struct KeyRemapProblem: Sendable, Hashable, CustomStringConvertible {
    public var file: String
    /// Counted from 1; 0 when unknown.
    public var line: Int
    public var reason: String

    public var description: String { "\(file):\(line): \(reason)" }
}

/// Places and reasons in the errors of the YAML parser.
enum YamlPlace {
    static func line(of error: any Error) -> Int {
        guard let error = error as? YamlError else { return 0 }
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): return mark.line
        case .duplicatedKeysInMapping(_, let context): return context.mark.line
        default: return 0
        }
    }

    static func reason(of error: any Error) -> String {
        guard let error = error as? YamlError else { return "\(error)" }
        switch error {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
            return problem
        case .duplicatedKeysInMapping(let keys, _): return "'\(keys.joined(separator: "', '"))' is given twice"
        default: return "it cannot be read"
        }
    }
}

import OrderedCollections

/// Python's `pprint.pformat` with its own settings: lines of 80 characters, dicts by key.
struct PrettyPrinter {
    private static let width = 80
    private var text = ""

    mutating func text(_ value: Value) throws(Fault) -> String {
        try write(value, indent: 0, allowance: 0, level: 1)
        return text
    }

    private mutating func write(_ value: Value, indent: Int, allowance: Int, level: Int) throws(Fault) {
        guard level <= deepestValue, text.utf8.count < 8 << 20 else { throw .limit("the printed value is too long") }
        let plain = try Self.plain(value)
        guard plain.unicodeScalars.count > Self.width - indent - allowance else {
            text += plain
            return
        }
        switch value {
        case .dictionary(let dictionary) where !dictionary.members.isEmpty:
            text += "{"
            let members = try Self.sorted(dictionary)
            for (index, member) in members.enumerated() {
                let isLast = index == members.count - 1
                let key = try Self.plain(member.key)
                text += key + ": "
                try write(
                    member.value, indent: indent + 1 + key.unicodeScalars.count + 2,
                    allowance: isLast ? allowance + 1 : 1, level: level + 1)
                if !isLast { text += ",\n" + String(repeating: " ", count: indent + 1) }
            }
            text += "}"
        case .list(let items) where !items.values.isEmpty:
            try write(items.values, in: ("[", "]"), indent, allowance, level)
        case .tuple(let items) where !items.values.isEmpty && items.fields.isEmpty:
            try write(items.values, in: ("(", items.values.count == 1 ? ",)" : ")"), indent, allowance, level)
        case .string(let string): writeText(string, indent, allowance, level)
        default: text += plain
        }
    }

    private mutating func write(
        _ values: [Value], in brackets: (String, String), _ indent: Int, _ allowance: Int, _ level: Int
    ) throws(Fault) {
        text += brackets.0
        for (index, value) in values.enumerated() {
            let isLast = index == values.count - 1
            if index > 0 { text += ",\n" + String(repeating: " ", count: indent + 1) }
            try write(
                value, indent: indent + 1, allowance: isLast ? allowance + brackets.1.utf8.count : 1, level: level + 1)
        }
        text += brackets.1
    }

    /// A long text as several literals, cut at line ends and between words.
    private mutating func writeText(_ string: String, _ indent: Int, _ allowance: Int, _ level: Int) {
        let lines = PythonText.lines(string, keepsEnds: true)
        let (indent, allowance) = level == 1 ? (indent + 1, allowance + 1) : (indent, allowance)
        var chunks: [String] = []
        for (index, line) in lines.enumerated() {
            let room = Self.width - indent - (index == lines.count - 1 ? allowance : 0)
            let whole = PythonText.repr(line)
            guard whole.unicodeScalars.count > room else {
                chunks.append(whole)
                continue
            }
            var current = ""
            var size = LiteralWidth()
            let parts = Self.words(line)
            for (place, part) in parts.enumerated() {
                let isLast = place == parts.count - 1 && index == lines.count - 1
                let limit = Self.width - indent - (isLast ? allowance : 0)
                let added = LiteralWidth(of: part)
                if (size + added).total > limit {
                    if !current.isEmpty { chunks.append(PythonText.repr(current)) }
                    (current, size) = (part, added)
                } else {
                    current += part
                    size = size + added
                }
            }
            if !current.isEmpty { chunks.append(PythonText.repr(current)) }
        }
        guard chunks.count > 1 else {
            text += PythonText.repr(string)
            return
        }
        let joined = chunks.joined(separator: "\n" + String(repeating: " ", count: indent))
        text += level == 1 ? "(" + joined + ")" : joined
    }

    /// Runs of text, each with the white space behind it.
    private static func words(_ line: String) -> [String] {
        var parts: [String] = []
        var part = String.UnicodeScalarView()
        var wasSpace = false
        for scalar in line.unicodeScalars {
            if wasSpace, !scalar.isPythonSpace {
                parts.append(String(part))
                part = String.UnicodeScalarView()
            }
            part.append(scalar)
            wasSpace = scalar.isPythonSpace
        }
        if !part.isEmpty { parts.append(String(part)) }
        return parts
    }

    /// `repr` with the members of dicts in order, as `pprint` writes what fits one line.
    private static func plain(_ value: Value) throws(Fault) -> String { try ordered(value, depth: 0).repr() }

    private static func ordered(_ value: Value, depth: Int) throws(Fault) -> Value {
        guard depth <= deepestValue else { throw .limit("the printed value is too deep") }
        switch value {
        case .dictionary(let dictionary):
            var pairs: [(Value, Value)] = []
            for (key, member) in try sorted(dictionary) { pairs.append((key, try ordered(member, depth: depth + 1))) }
            return .dictionary(
                try Dictionary(.init(uniqueKeysWithValues: pairs.map { (DictionaryKey(unchecked: $0.0), $0.1) })))
        case .list(let items):
            var values: [Value] = []
            for item in items.values { values.append(try ordered(item, depth: depth + 1)) }
            return try .list(of: values)
        case .tuple(let items):
            var values: [Value] = []
            for item in items.values { values.append(try ordered(item, depth: depth + 1)) }
            return try .tuple(of: values)
        default: return value
        }
    }

    /// By key; keys of different types, which have no order, by the name of the type.
    private static func sorted(_ dictionary: Dictionary) throws(Fault) -> [(key: Value, value: Value)] {
        let members = dictionary.members.map { (key: $0.key.value, value: $0.value) }
        let keys = members.map { member in
            let type: Value = .string("<class '\(member.key.typeName)'>")
            return (member, type)
        }
        do throws(Fault) {
            return try Value.sorted(members, reverse: false) { member throws(Fault) in member.key }
        } catch {
            return try Value.sorted(keys, reverse: false) { pair throws(Fault) in pair.1 }.map(\.0)
        }
    }
}

/// How long `repr` makes a text, counted part by part: writing it out again for every word of a line would cost the
/// length of a line each time.
private struct LiteralWidth {
    private var inner = 0
    private var hasDouble = false
    private var singles = 0

    init() {}

    init(of text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'":
                singles += 1
                inner += 1
            case "\"":
                hasDouble = true
                inner += 1
            case "\\", "\n", "\r", "\t": inner += 2
            default:
                inner += scalar.isPythonPrintable ? 1 : scalar.value < 0x100 ? 4 : scalar.value < 0x10000 ? 6 : 10
            }
        }
    }

    static func + (a: LiteralWidth, b: LiteralWidth) -> LiteralWidth {
        var sum = a
        sum.inner += b.inner
        sum.singles += b.singles
        sum.hasDouble = a.hasDouble || b.hasDouble
        return sum
    }

    /// With its quotes: single ones, before which those within are escaped, unless only those are within.
    var total: Int { 2 + inner + (hasDouble ? singles : 0) }
}

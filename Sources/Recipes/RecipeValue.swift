/// The value of one field, without its place in the recipe.
public enum RecipeValue: Sendable, Equatable {
    case none
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case list([String])
    case numbers([Double])
    case patterns([Recipe.LoRASection.Pattern])

    /// As a person reads and types it.
    public var text: String {
        switch self {
        case .none: ""
        case .text(let text): text
        case .integer(let value): String(value)
        case .number(let value): NumberText.shortest(value)
        case .flag(let value): value ? "true" : "false"
        case .list(let items):
            items.contains { $0.contains(",") || $0.contains("\n") || $0.hasPrefix("[") }
                ? YAMLText.flow(items) : items.joined(separator: ", ")
        case .numbers(let values): values.map(NumberText.shortest).joined(separator: ", ")
        case .patterns(let entries):
            entries.contains { $0.pattern.contains(",") || $0.pattern.contains(":") || $0.pattern.hasPrefix("{") }
                ? YAMLText.flow(entries)
                : entries.map { "\($0.pattern): \(NumberText.shortest($0.value))" }.joined(separator: ", ")
        }
    }

    /// As it stands in a recipe file, on one line.
    public var yaml: String {
        switch self {
        case .none: "null"
        case .text(let text): YAMLText.scalar(text)
        case .list(let items): items.count == 1 ? YAMLText.scalar(items[0]) : YAMLText.flow(items)
        case .numbers(let values): "[" + values.map(NumberText.shortest).joined(separator: ", ") + "]"
        case .patterns(let entries): YAMLText.flow(entries)
        case .integer, .number, .flag: text
        }
    }
}

/// What stands beside a key in a file or after `=` on the command line, before its field has looked at it.
public enum RecipeInput: Sendable, Equatable {
    case null
    case scalar(String)
    case list([String])
    /// `{q_proj: 8}`: keys and their values in order.
    case pairs([Pair])

    public struct Pair: Sendable, Equatable {
        public var key: String
        public var value: String
    }
}

enum YAMLText {
    /// Quotes `text` unless every reader of YAML takes it as this very string.
    static func scalar(_ text: String) -> String {
        let plain =
            !text.isEmpty && text.utf8.allSatisfy(isPlain) && !looksTyped(text)
            && text.utf8.first != UInt8(ascii: "-")
        return plain ? text : quoted(text)
    }

    static func flow(_ items: [String]) -> String {
        "[" + items.map(scalar).joined(separator: ", ") + "]"
    }

    static func flow(_ entries: [Recipe.LoRASection.Pattern]) -> String {
        let items = entries.map { "\(scalar($0.pattern)): \(NumberText.shortest($0.value))" }
        return "{" + items.joined(separator: ", ") + "}"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }

    private static func looksTyped(_ text: String) -> Bool {
        let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"]
        return words.contains(text.lowercased()) || Double(text) != nil || text.utf8.first == UInt8(ascii: ".")
            || text.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                let invisible =
                    scalar.properties.generalCategory == .control
                    || scalar.properties.generalCategory == .format || scalar.value == 0x85
                    || scalar.value == 0x2028 || scalar.value == 0x2029 || scalar.value == 0xFEFF
                if invisible {
                    let hex = String(scalar.value, radix: 16, uppercase: true)
                    out += "\\U" + String(repeating: "0", count: 8 - hex.count) + hex
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }
}

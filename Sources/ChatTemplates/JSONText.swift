import OrderedCollections

/// The `tojson` filter as model folders define it: Python's `json.dumps` without ASCII escapes.
struct JSONText {
    var indent: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    var isASCII = false
    var sortsKeys = false
    private let interpreter: Interpreter
    private var text = ""

    init(_ arguments: Arguments, for interpreter: Interpreter) throws(Fault) {
        self.interpreter = interpreter
        let names = ["ensure_ascii", "indent", "separators", "sort_keys"]
        let values = try arguments.bound(to: names, of: "tojson")
        isASCII = try values[0]?.isTrue ?? false
        sortsKeys = try values[3]?.isTrue ?? false
        if let value = values[1], !value.isNone {
            if let text = value.text {
                indent = text
            } else if let count = value.whole {
                try interpreter.charge(bytes: max(0, count))
                indent = String(repeating: " ", count: max(0, count))
            } else {
                throw .type("tojson: indent must be an integer or a string, not \(value.typeName)")
            }
            itemSeparator = ","
        }
        if let value = values[2], !value.isNone {
            let parts = try value.elements().map(\.text)
            guard parts.count == 2, let item = parts[0], let key = parts[1] else {
                throw .value("tojson: separators must be two strings")
            }
            (itemSeparator, keySeparator) = (item, key)
        }
    }

    mutating func written(_ value: Value) throws(Fault) -> String {
        try write(value, depth: 0)
        try interpreter.charge(bytes: text.utf8.count)
        try interpreter.charge(text.utf8.count / 4)
        return text
    }

    private mutating func write(_ value: Value, depth: Int) throws(Fault) {
        guard text.utf8.count <= interpreter.limits.outputBytes, depth <= deepestValue else {
            throw .limit("the JSON text is too long")
        }
        switch value {
        case .none: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .float(let number): text += Self.number(number)
        case .string(let string), .markup(let string): write(string)
        case .list(let items), .tuple(let items):
            guard !items.values.isEmpty else {
                text += "[]"
                return
            }
            text += "["
            for (index, item) in items.values.enumerated() {
                try separate(index, depth)
                try write(item, depth: depth + 1)
            }
            try close("]", depth)
        case .dictionary(let dictionary):
            guard !dictionary.members.isEmpty else {
                text += "{}"
                return
            }
            text += "{"
            var members = dictionary.members.map { (key: $0.key.value, value: $0.value) }
            if sortsKeys { members = try Value.sorted(members, reverse: false) { member throws(Fault) in member.key } }
            for (index, member) in members.enumerated() {
                try separate(index, depth)
                write(try Self.key(member.key))
                text += keySeparator
                try write(member.value, depth: depth + 1)
            }
            try close("}", depth)
        default: throw .type("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func separate(_ index: Int, _ depth: Int) throws(Fault) {
        if index > 0 { text += itemSeparator }
        try breakLine(depth + 1)
    }

    private mutating func close(_ bracket: String, _ depth: Int) throws(Fault) {
        try breakLine(depth)
        text += bracket
    }

    private mutating func breakLine(_ depth: Int) throws(Fault) {
        guard let indent else { return }
        let (bytes, overflows) = indent.utf8.count.multipliedReportingOverflow(by: depth)
        try interpreter.charge(bytes: overflows ? Int.max : bytes)
        text += "\n" + String(repeating: indent, count: depth)
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return PythonText.repr(value)
    }

    private static func key(_ key: Value) throws(Fault) -> String {
        switch key {
        case .string(let text), .markup(let text): text
        case .none: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .float(let number): Self.number(number)
        default: throw .type("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private mutating func write(_ string: String) {
        var result = String.UnicodeScalarView()
        result.append("\"")
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result.append(contentsOf: "\\\"".unicodeScalars)
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            case "\t": result.append(contentsOf: "\\t".unicodeScalars)
            case "\u{08}": result.append(contentsOf: "\\b".unicodeScalars)
            case "\u{0C}": result.append(contentsOf: "\\f".unicodeScalars)
            default:
                if scalar.value < 0x20 || (isASCII && scalar.value > 0x7E) {
                    for unit in String(scalar).utf16 {
                        let hex = String(unit, radix: 16)
                        let escape = "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                        result.append(contentsOf: escape.unicodeScalars)
                    }
                } else {
                    result.append(scalar)
                }
            }
        }
        result.append("\"")
        text += String(result)
    }
}

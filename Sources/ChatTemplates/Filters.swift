import OrderedCollections

/// What may stand after `|`.
enum Filters {
    static let names: Set<String> = [
        "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape",
        "filesizeformat",
        "first", "float", "forceescape", "format", "groupby", "indent", "int", "items", "join", "last", "length",
        "list",
        "lower", "map", "max", "min", "pprint", "random", "reject", "rejectattr", "replace", "reverse", "round", "safe",
        "select",
        "selectattr", "slice", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "truncate",
        "unique", "upper", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr",
    ]
}

extension Interpreter {
    func applyFilter(_ name: String, to value: Value, _ arguments: Arguments) throws(Fault) -> Value {
        try charge((value.text?.utf8.count ?? 0) / 16 + value.extent.weight / 4)
        if let result = try textFilter(name, value, arguments) { return result }
        if let result = try numberFilter(name, value, arguments) { return result }
        if let result = try sequenceFilter(name, value, arguments) { return result }
        if let result = try selectionFilter(name, value, arguments) { return result }
        if let result = try layoutFilter(name, value, arguments) { return result }
        throw .type("No filter named '\(name)'.")
    }

    // MARK: Text

    private func textFilter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value? {
        func same(_ text: String) -> Value {
            if case .markup = value { .markup(text) } else { .string(text) }
        }
        func none() throws(Fault) { _ = try arguments.bound(to: [], of: name) }
        switch name {
        case "string":
            try none()
            return same(try value.str())
        case "safe":
            try none()
            return .markup(try value.str())
        case "escape", "e":
            try none()
            if case .markup = value { return value }
            return .markup(PythonText.escapeHTML(try value.str()))
        case "forceescape":
            try none()
            return .markup(PythonText.escapeHTML(try value.str()))
        case "upper", "lower", "capitalize", "title":
            try none()
            let text = try value.str()
            switch name {
            case "upper": return same(text.uppercased())
            case "lower": return same(PythonText.lower(text))
            case "capitalize": return same(PythonText.capitalize(text))
            default: return .string(PythonText.wordTitle(text))
            }
        case "trim":
            let values = try arguments.bound(to: ["chars"], of: name)
            let text = try value.str()
            if let given = values[0], !given.isNone {
                guard let characters = given.text else {
                    throw .type("strip arg must be None or str, not \(given.typeName)")
                }
                return same(PythonText.strip(text, characters: characters))
            }
            return same(PythonText.strip(text))
        case "replace":
            let values = try arguments.bound(to: ["old", "new", "count"], of: name, required: 2)
            guard let old = values[0], let new = values[1] else { break }
            let limit = try values[2].map { count throws(Fault) in count.isNone ? -1 : try count.index() } ?? -1
            return .string(
                try TextMethods.replace(
                    try old.str(), with: try new.str(), in: try value.str(), limit: limit, for: self))
        case "center":
            let values = try arguments.bound(to: ["width"], of: name)
            return same(
                try TextMethods.padded(try value.str(), try values[0]?.index() ?? 80, " ", "center", for: self))
        case "indent": return same(try indented(value, arguments))
        case "truncate": return try truncated(value, arguments)
        case "wordcount":
            try none()
            return .integer(Self.wordCount(try value.str()))
        case "format":
            let text = try value.str()
            if !arguments.named.isEmpty {
                guard arguments.positional.isEmpty else {
                    throw .type("can't handle positional and keyword arguments at the same time")
                }
                var members: OrderedDictionary<DictionaryKey, Value> = [:]
                for (key, value) in arguments.named { members[DictionaryKey(unchecked: .string(key))] = value }
                return try Arithmetic.apply(.modulo, same(text), .dictionary(try Dictionary(members)), for: self)
            }
            return try Arithmetic.apply(.modulo, same(text), try .tuple(of: arguments.positional), for: self)
        case "tojson":
            var writer = try JSONText(arguments, for: self)
            return .string(try writer.written(value))
        default: break
        }
        return nil
    }

    private static func wordCount(_ text: String) -> Int {
        var count = 0
        var inside = false
        for scalar in text.unicodeScalars {
            let isWord = scalar == "_" || scalar.isPythonAlphanumeric
            if isWord, !inside { count += 1 }
            inside = isWord
        }
        return count
    }

    private func indented(_ value: Value, _ arguments: Arguments) throws(Fault) -> String {
        let values = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        if case .undefined(let message) = value { throw .undefined(message) }
        guard let text = value.text else {
            throw .type("unsupported operand type(s) for +=: '\(value.typeName)' and 'str'")
        }
        let width = try values[0].map { given throws(Fault) in given.text == nil ? try given.index() : 0 } ?? 4
        if values[0]?.text == nil { try charge(bytes: max(0, width)) }
        let indention = values[0]?.text ?? String(repeating: " ", count: max(0, width))
        let first = try values[1]?.isTrue ?? false
        let blank = try values[2]?.isTrue ?? false
        let lines = PythonText.lines(text + "\n")
        let (added, overflows) = indention.utf8.count.multipliedReportingOverflow(by: lines.count)
        try charge(bytes: overflows ? Int.max : added.addingReportingOverflow(text.utf8.count).partialValue)
        var result = first ? indention : ""
        for (index, line) in lines.enumerated() {
            if index > 0 { result += "\n" + (blank || !line.isEmpty ? indention : "") }
            result += line
        }
        return result
    }

    private func truncated(_ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
        let values = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")
        let length = try values[0]?.index() ?? 255
        let end = values[2] ?? .string("...")
        let leeway = try values[3].map { given throws(Fault) in given.isNone ? 5 : try given.index() } ?? 5
        let kept = length.subtractingReportingOverflow(try end.length()).partialValue
        guard kept >= 0, leeway >= 0, length >= 0 else {
            throw .value("expected length >= \(try end.length()), got \(length)")
        }
        if try value.length() <= length.addingReportingOverflow(leeway).partialValue { return value }
        guard let text = value.text else { throw .type("a \(value.typeName) cannot be truncated") }
        var head = String(String.UnicodeScalarView(text.unicodeScalars.prefix(kept)))
        if try values[1]?.isTrue != true {
            head = PythonText.splitFromRight(head, separator: " ", limit: 1)[0]
        }
        if case .markup = value { return try Arithmetic.apply(.add, .markup(head), end, for: self) }
        return try Arithmetic.apply(.add, .string(head), end, for: self)
    }

    // MARK: Numbers and single values

    private func numberFilter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value? {
        switch name {
        case "default", "d":
            let values = try arguments.bound(to: ["default_value", "boolean"], of: name)
            let fallback = values[0] ?? .string("")
            if value.isUndefined { return fallback }
            if try values[1]?.isTrue ?? false, try !value.isTrue { return fallback }
            return value
        case "abs":
            if case .undefined(let message) = value { throw .undefined(message) }
            if let whole = value.whole { return whole < 0 ? try Arithmetic.negative(value) : .integer(whole) }
            if case .float(let number) = value { return .float(number.magnitude) }
            throw .type("bad operand type for abs(): '\(value.typeName)'")
        case "int":
            let values = try arguments.bound(to: ["default", "base"], of: name)
            if case .undefined(let message) = value { throw .undefined(message) }
            return Numbers.integer(value, base: values[1].map { $0.whole ?? -1 } ?? 10).map { .integer($0) } ?? values[
                0] ?? .integer(0)
        case "float":
            let values = try arguments.bound(to: ["default"], of: name)
            if case .undefined(let message) = value { throw .undefined(message) }
            return Numbers.float(value).map { .float($0) } ?? values[0] ?? .float(0)
        case "round":
            let values = try arguments.bound(to: ["precision", "method"], of: name)
            if let given = values[0], given.isNone, case .float(let number) = value {
                guard let whole = Int(exactly: number.rounded(.toNearestOrEven)) else {
                    throw .value("\(number) does not fit an integer of 64 bits")
                }
                return .integer(whole)
            }
            let precision = try values[0].map { given throws(Fault) in given.isNone ? 0 : try given.index() } ?? 0
            return try Numbers.round(value, precision, try values[1]?.str() ?? "common")
        case "attr":
            let values = try arguments.bound(to: ["name"], of: name, required: 1)
            if case .dictionary = value, let key = values[0]?.text, !Methods.names(of: value).contains(key) {
                return .undefined("'dict object' has no attribute '\(key)'")
            }
            return try attribute(try values[0]?.str() ?? "", of: value)
        case "length", "count":
            _ = try arguments.bound(to: [], of: name)
            return .integer(try value.length())
        default: return nil
        }
    }
}

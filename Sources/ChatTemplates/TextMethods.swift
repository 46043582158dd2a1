import OrderedCollections

/// The methods of Python's `str`.
enum TextMethods {
    static let names: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index", "isalnum",
        "format_map", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
        "isprintable", "isspace",
        "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix",
        "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith",
        "strip", "swapcase", "title", "translate", "upper", "zfill",
    ]

    static func call(
        _ name: String, of text: String, _ arguments: Arguments, for interpreter: Interpreter
    ) throws(Fault) -> Value {
        try interpreter.charge(bytes: text.utf8.count)
        if let result = try question(name, text, arguments) { return result }
        switch name {
        case "format", "format_map":
            return .string(
                try BraceFormat.format(text, try formatArguments(name, arguments), escapes: false, for: interpreter))
        case "strip", "lstrip", "rstrip":
            let values = try arguments.positional(0...1, of: "str.\(name)()")
            let characters = try optionalText(values[0], name)
            return .string(
                PythonText.strip(text, characters: characters, left: name != "rstrip", right: name != "lstrip"))
        case "split", "rsplit":
            return try split(text, arguments, fromRight: name == "rsplit")
        case "splitlines":
            let values = try arguments.bound(to: ["keepends"], of: name)
            return try .list(
                of: PythonText.lines(text, keepsEnds: try values[0]?.isTrue ?? false).map { .string($0) })
        case "partition", "rpartition":
            return try partition(text, try oneText(arguments, name), fromRight: name == "rpartition")
        case "removeprefix":
            let prefix = try oneText(arguments, name)
            return .string(text.utf8.starts(with: prefix.utf8) ? cut(text, prefix.utf8.count, 0) : text)
        case "removesuffix":
            let suffix = try oneText(arguments, name)
            let ends = !suffix.isEmpty && text.utf8.reversed().starts(with: suffix.utf8.reversed())
            return .string(ends ? cut(text, 0, suffix.utf8.count) : text)
        case "join": return .string(try join(text, arguments, for: interpreter))
        case "replace":
            let values = try arguments.positional(2...3, of: "str.replace()")
            guard let old = try optionalText(values[0], name), let new = try optionalText(values[1], name) else {
                throw .type("replace expected at least 2 arguments")
            }
            let limit = try whole(values[2], name) ?? -1
            return .string(try replace(old, with: new, in: text, limit: limit, for: interpreter))
        case "center", "ljust", "rjust": return .string(try justify(name, text, arguments, for: interpreter))
        case "zfill":
            let width = try whole(try arguments.positional(1...1, of: "str.zfill()")[0], name) ?? 0
            return .string(try zeroFilled(text, width, for: interpreter))
        case "expandtabs":
            let width = try whole(try arguments.bound(to: ["tabsize"], of: name)[0], name) ?? 8
            return .string(try expandTabs(text, width, for: interpreter))
        case "translate": return .string(try translated(text, arguments, for: interpreter))
        default:
            _ = try arguments.positional(0...0, of: "str.\(name)()")
            return .string(recased(name, text))
        }
    }

    private static func recased(_ name: String, _ text: String) -> String {
        switch name {
        case "upper": text.uppercased()
        case "lower": PythonText.lower(text)
        case "casefold": PythonText.fold(text)
        case "title": PythonText.title(text)
        case "capitalize": PythonText.capitalize(text)
        default: PythonText.swapCase(text)
        }
    }

    /// Methods that answer with a boolean or a number.
    private static func question(_ name: String, _ text: String, _ arguments: Arguments) throws(Fault) -> Value? {
        switch name {
        case "startswith", "endswith":
            return .bool(try hasAffix(text, arguments, atEnd: name == "endswith"))
        case "find", "rfind", "index", "rindex", "count":
            return .integer(try search(name, text, arguments))
        default: break
        }
        let scalars = text.unicodeScalars
        let holds: Bool
        switch name {
        case "isalnum": holds = !scalars.isEmpty && scalars.allSatisfy(\.isPythonAlphanumeric)
        case "isalpha": holds = !scalars.isEmpty && scalars.allSatisfy(\.isPythonAlphabetic)
        case "isascii": holds = scalars.allSatisfy(\.isASCII)
        case "isdecimal": holds = !scalars.isEmpty && scalars.allSatisfy(\.isPythonDecimal)
        case "isdigit": holds = !scalars.isEmpty && scalars.allSatisfy(\.isPythonDigit)
        case "isnumeric": holds = !scalars.isEmpty && scalars.allSatisfy { $0.properties.numericType != nil }
        case "isspace": holds = !scalars.isEmpty && scalars.allSatisfy(\.isPythonSpace)
        case "isprintable": holds = scalars.allSatisfy(\.isPythonPrintable)
        case "isupper": holds = PythonText.isUpper(text)
        case "islower": holds = PythonText.isLower(text)
        case "istitle": holds = PythonText.isTitle(text)
        case "isidentifier":
            let starts = scalars.first.map { $0 == "_" || $0.properties.isXIDStart } ?? false
            holds = starts && scalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
        default: return nil
        }
        _ = try arguments.positional(0...0, of: "str.\(name)()")
        return .bool(holds)
    }

    // MARK: Arguments

    private static func optionalText(_ value: Value?, _ name: String) throws(Fault) -> String? {
        guard let value, !value.isNone else { return nil }
        if case .undefined(let message) = value { throw .undefined(message) }
        guard let text = value.text else { throw .type("\(name)() argument must be str, not \(value.typeName)") }
        return text
    }

    private static func oneText(_ arguments: Arguments, _ name: String) throws(Fault) -> String {
        guard let text = try optionalText(try arguments.positional(1...1, of: "str.\(name)()")[0], name) else {
            throw .type("\(name)() takes exactly one argument, a string")
        }
        return text
    }

    private static func whole(_ value: Value?, _ name: String) throws(Fault) -> Int? {
        guard let value else { return nil }
        guard let whole = value.whole else {
            throw .type("'\(value.typeName)' object cannot be interpreted as an integer")
        }
        return whole
    }

    private static func cut(_ text: String, _ first: Int, _ last: Int) -> String {
        String(decoding: text.utf8.dropFirst(first).dropLast(last), as: UTF8.self)
    }

    /// The text between the optional bounds at `first` of the arguments, and its offset in code points.
    private static func part(
        _ text: String, _ values: [Value?], _ first: Int
    ) throws(Fault) -> (text: String, offset: Int)? {
        let bounds = [values[first], values[first + 1]]
        guard bounds.contains(where: { $0.map { !$0.isNone } ?? false }) else { return (text, 0) }
        let scalars = Array(text.unicodeScalars)
        func place(_ value: Value?, _ fallback: Int) throws(Fault) -> Int {
            guard let value, !value.isNone else { return fallback }
            let whole = try whole(value, "find") ?? 0
            return whole < 0 ? max(0, whole.addingReportingOverflow(scalars.count).partialValue) : whole
        }
        let start = try place(bounds[0], 0)
        let stop = min(try place(bounds[1], scalars.count), scalars.count)
        guard start <= stop else { return nil }
        return (String(String.UnicodeScalarView(scalars[start..<stop])), start)
    }

    private static func hasAffix(_ text: String, _ arguments: Arguments, atEnd: Bool) throws(Fault) -> Bool {
        let name = atEnd ? "endswith" : "startswith"
        let values = try arguments.positional(1...3, of: "str.\(name)()")
        guard let (text, _) = try part(text, values, 1) else { return false }
        let affixes: [Value]
        switch values[0] {
        case .tuple(let items): affixes = items.values
        case .some(let value): affixes = [value]
        case nil: throw .type("\(name)() takes at least 1 argument (0 given)")
        }
        for value in affixes {
            if case .undefined(let message) = value { throw .undefined(message) }
            guard let affix = value.text else {
                throw .type("\(name) first arg must be str or a tuple of str, not \(value.typeName)")
            }
            if atEnd {
                if text.utf8.reversed().starts(with: affix.utf8.reversed()) { return true }
            } else if text.utf8.starts(with: affix.utf8) {
                return true
            }
        }
        return false
    }

    private static func search(_ name: String, _ text: String, _ arguments: Arguments) throws(Fault) -> Int {
        let values = try arguments.positional(1...3, of: "str.\(name)()")
        guard let needle = try optionalText(values[0], name) else { throw .type("must be str, not NoneType") }
        let found = try part(text, values, 1)
        if name == "count" { return found.map { PythonText.count(needle, in: $0.text) } ?? 0 }
        if let found {
            let (bytes, part) = (Array(found.text.utf8), Array(needle.utf8))
            let place =
                name.hasPrefix("r")
                ? PythonText.findLast(part, in: bytes, before: bytes.count) : PythonText.find(part, in: bytes)
            if let place {
                return String(decoding: bytes[..<place], as: UTF8.self).unicodeScalars.count + found.offset
            }
        }
        if name.hasSuffix("index") { throw .value("substring not found") }
        return -1
    }

    /// The arguments of `format`; `format_map` takes one dict in their place.
    static func formatArguments(_ name: String, _ arguments: Arguments) throws(Fault) -> Arguments {
        guard name == "format_map" else { return arguments }
        guard case .dictionary(let dictionary)? = try arguments.positional(1...1, of: "format_map()")[0] else {
            throw .type("format_map() takes a dict")
        }
        var result = Arguments()
        for (key, value) in dictionary.members {
            if let key = key.value.text { result.named[key] = value }
        }
        return result
    }

    private static func translated(
        _ text: String, _ arguments: Arguments, for interpreter: Interpreter
    ) throws(Fault) -> String {
        guard case .dictionary(let table)? = try arguments.positional(1...1, of: "str.translate()")[0] else {
            throw .type("str.translate() takes a dict from code points to texts, code points or None")
        }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch table.members[DictionaryKey(unchecked: .integer(Int(scalar.value)))] {
            case nil: result.append(scalar)
            case .some(.none): break
            case .integer(let code):
                guard let mapped = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
                    throw .value("character mapping must be in range(0x110000)")
                }
                result.append(mapped)
            case .some(let value):
                guard let mapped = value.text else {
                    throw .type("character mapping must return integer, None or str")
                }
                result.append(contentsOf: mapped.unicodeScalars)
            }
            guard result.count & 0xFFF != 0 || result.count <= interpreter.limits.outputBytes else {
                throw .limit("a translated text is too long")
            }
        }
        return String(result)
    }

    // MARK: Taking apart and putting together

    private static func split(_ text: String, _ arguments: Arguments, fromRight: Bool) throws(Fault) -> Value {
        let name = fromRight ? "rsplit" : "split"
        let values = try arguments.bound(to: ["sep", "maxsplit"], of: name)
        let limit = try whole(values[1], name) ?? -1
        let parts: [String]
        if let separator = try optionalText(values[0], name) {
            guard !separator.isEmpty else { throw .value("empty separator") }
            parts =
                fromRight
                ? PythonText.splitFromRight(text, separator: separator, limit: limit)
                : PythonText.split(text, separator: separator, limit: limit)
        } else {
            parts = fromRight ? PythonText.wordsFromRight(text, limit: limit) : PythonText.words(text, limit: limit)
        }
        return try .list(of: parts.map { .string($0) })
    }

    private static func partition(_ text: String, _ separator: String, fromRight: Bool) throws(Fault) -> Value {
        guard !separator.isEmpty else { throw .value("empty separator") }
        let parts =
            fromRight
            ? PythonText.splitFromRight(text, separator: separator, limit: 1)
            : PythonText.split(text, separator: separator, limit: 1)
        let result =
            parts.count == 2 ? [parts[0], separator, parts[1]] : fromRight ? ["", "", text] : [text, "", ""]
        return try .tuple(of: result.map { .string($0) })
    }

    private static func join(
        _ separator: String, _ arguments: Arguments, for interpreter: Interpreter
    ) throws(Fault) -> String {
        guard let source = try arguments.positional(1...1, of: "str.join()")[0] else {
            throw .type("str.join() takes exactly one argument (0 given)")
        }
        var parts: [String] = []
        var bytes = 0
        for (index, value) in try source.elements().enumerated() {
            guard let text = value.text else {
                throw .type("sequence item \(index): expected str instance, \(value.typeName) found")
            }
            parts.append(text)
            bytes += text.utf8.count + separator.utf8.count
            guard bytes <= interpreter.limits.outputBytes else { break }
        }
        try interpreter.charge(bytes: bytes)
        return parts.joined(separator: separator)
    }

    static func replace(
        _ old: String, with new: String, in text: String, limit: Int, for interpreter: Interpreter
    ) throws(Fault) -> String {
        let found = PythonText.count(old, in: text)
        let replaced = limit < 0 ? found : min(found, limit)
        let (added, overflows) = new.utf8.count.multipliedReportingOverflow(by: replaced)
        try interpreter.charge(bytes: overflows ? Int.max : text.utf8.count.addingReportingOverflow(added).partialValue)
        return PythonText.replace(old, with: new, in: text, limit: limit)
    }

    // MARK: Widths

    private static func justify(
        _ name: String, _ text: String, _ arguments: Arguments, for interpreter: Interpreter
    ) throws(Fault) -> String {
        let values = try arguments.positional(1...2, of: "str.\(name)()")
        let width = try whole(values[0], name) ?? 0
        let fill = try values[1].map { value throws(Fault) in try optionalText(value, name) ?? "" } ?? " "
        guard fill.unicodeScalars.count == 1 else {
            throw .type("The fill character must be exactly one character long")
        }
        return try padded(text, width, fill, name, for: interpreter)
    }

    static func padded(
        _ text: String, _ width: Int, _ fill: String, _ name: String, for interpreter: Interpreter
    ) throws(Fault) -> String {
        let length = text.unicodeScalars.count
        guard width > length else { return text }
        try interpreter.charge(bytes: width)
        let room = width - length
        // Python's center puts the odd space left when the width is odd.
        let left = name == "ljust" ? 0 : name == "rjust" ? room : room / 2 + (room & width & 1)
        return String(repeating: fill, count: left) + text + String(repeating: fill, count: room - left)
    }

    private static func zeroFilled(
        _ text: String, _ width: Int, for interpreter: Interpreter
    ) throws(Fault) -> String {
        let isSigned = text.hasPrefix("-") || text.hasPrefix("+")
        let digits = isSigned ? cut(text, 1, 0) : text
        return (isSigned ? String(text.prefix(1)) : "")
            + (try padded(digits, isSigned ? max(0, width) - 1 : width, "0", "rjust", for: interpreter))
    }

    private static func expandTabs(
        _ text: String, _ width: Int, for interpreter: Interpreter
    ) throws(Fault) -> String {
        var result = String.UnicodeScalarView()
        var column = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                let count = width > 0 ? width - column % width : 0
                try interpreter.charge(bytes: count)
                result.append(contentsOf: repeatElement(" ", count: count))
                column += count
            } else {
                result.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return String(result)
    }
}

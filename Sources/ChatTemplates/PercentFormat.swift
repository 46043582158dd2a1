import OrderedCollections

/// `text % values`.
enum PercentFormat {
    static func format(
        _ text: String, _ values: Value, escapes: Bool = false, for interpreter: Interpreter
    ) throws(Fault) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = ""
        var index = 0
        var given: [Value] = [values]
        if case .tuple(let items) = values { given = items.values }
        var used = 0
        var usesKeys = false
        func next() throws(Fault) -> Value {
            guard used < given.count else { throw .type("not enough arguments for format string") }
            used += 1
            return given[used - 1]
        }
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var field = FormatField()
            var value: Value?
            if index < scalars.count, scalars[index] == "(" {
                guard let end = scalars[index...].firstIndex(of: ")") else {
                    throw .value("incomplete format key")
                }
                guard case .dictionary(let dictionary) = values else { throw .type("format requires a mapping") }
                let key = String(String.UnicodeScalarView(scalars[index + 1..<end]))
                guard let member = dictionary[key] else { throw .value("KeyError: \(PythonText.repr(key))") }
                value = member
                usesKeys = true
                index = end + 1
            }
            while index < scalars.count, "#0- +".unicodeScalars.contains(scalars[index]) {
                switch scalars[index] {
                case "#": field.isAlternate = true
                case "0": if field.alignment != "<" { (field.fill, field.alignment) = ("0", "=") }
                case "-": (field.fill, field.alignment) = (" ", "<")
                default: if field.sign != "+" { field.sign = scalars[index] }
                }
                index += 1
            }
            field.width = try number(scalars, &index, next) ?? 0
            if index < scalars.count, scalars[index] == "." {
                index += 1
                field.precision = try number(scalars, &index, next) ?? 0
            }
            while index < scalars.count, "hlL".unicodeScalars.contains(scalars[index]) { index += 1 }
            guard index < scalars.count else { throw .value("incomplete format") }
            field.kind = scalars[index]
            index += 1
            if field.kind == "%" {
                result += "%"
                continue
            }
            let argument = if let value { value } else { try next() }
            result += try piece(field, argument, escapes: escapes, for: interpreter)
            guard result.utf8.count <= interpreter.limits.outputBytes else {
                throw .limit("a formatted text is too long")
            }
        }
        // What can be indexed counts as a mapping, which may hold more than the format asks for.
        let isMapping: Bool =
            switch values {
            case .dictionary, .list, .undefined, .range: true
            default: false
            }
        guard usesKeys || isMapping || used == given.count else {
            throw .type("not all arguments converted during string formatting")
        }
        return result
    }

    private static func number(
        _ scalars: [Unicode.Scalar], _ index: inout Int, _ next: () throws(Fault) -> Value
    ) throws(Fault) -> Int? {
        if index < scalars.count, scalars[index] == "*" {
            index += 1
            guard let whole = try next().whole, whole.magnitude <= FormatField.widest else {
                throw .type("* wants int")
            }
            return max(0, whole)
        }
        var value: Int?
        while index < scalars.count, scalars[index].isASCIIDigit {
            value = (value ?? 0) * 10 + Int(scalars[index].value - 48)
            guard value ?? 0 <= FormatField.widest else { throw .value("width too big in a format") }
            index += 1
        }
        return value
    }

    private static func piece(
        _ field: FormatField, _ value: Value, escapes: Bool, for interpreter: Interpreter
    ) throws(Fault) -> String {
        var field = field
        let kind = field.kind ?? "s"
        switch kind {
        case "s", "r", "a":
            field.fill = " "
            if field.alignment != "<" { field.alignment = ">" }
            var text = kind == "s" ? try value.str() : try value.repr()
            if escapes { text = kind == "s" ? try value.escapedHTML() : PythonText.escapeHTML(text) }
            if kind == "a" { text = PythonText.asciiOnly(text) }
            return try field.padded(field.string(text), isNumber: false, for: interpreter)
        case "c":
            if field.alignment != "<" { (field.fill, field.alignment) = (" ", ">") }
            if let text = value.text, text.unicodeScalars.count == 1 {
                return try field.padded(text, isNumber: false, for: interpreter)
            }
            guard let code = value.whole.flatMap(UInt32.init(exactly:)), let scalar = Unicode.Scalar(code) else {
                throw .type("%c requires int or char")
            }
            return try field.padded(String(scalar), isNumber: false, for: interpreter)
        case "d", "i", "u", "x", "X", "o":
            var whole = value.whole
            if case .float(let number) = value, "diu".unicodeScalars.contains(kind) {
                whole = Int(exactly: number.rounded(.towardZero))
            }
            guard let whole else {
                if case .undefined(let message) = value { throw .undefined(message) }
                throw .type("%\(kind) format: a real number is required, not \(value.typeName)")
            }
            return try field.padded(field.integer(whole), isNumber: true, for: interpreter)
        case "e", "E", "f", "F", "g", "G":
            if case .undefined(let message) = value { throw .undefined(message) }
            guard let number = value.number else {
                throw .type("must be real number, not \(value.typeName)")
            }
            if kind == "g" || kind == "G" { field.precision = field.precision ?? 6 }
            return try field.padded(field.float(number), isNumber: true, for: interpreter)
        default:
            throw .value("unsupported format character \(PythonText.repr(String(kind)))")
        }
    }
}

import OrderedCollections

/// `text.format(...)`.
enum BraceFormat {
    static func format(
        _ text: String, _ arguments: Arguments, escapes: Bool, for interpreter: Interpreter
    ) throws(Fault) -> String {
        var automatic = 0
        return try format(
            Array(text.unicodeScalars), arguments, escapes: escapes, automatic: &automatic, level: 0,
            for: interpreter)
    }

    private static func format(
        _ scalars: [Unicode.Scalar], _ arguments: Arguments, escapes: Bool, automatic: inout Int, level: Int,
        for interpreter: Interpreter
    ) throws(Fault) -> String {
        guard level < 3 else { throw .value("Max string recursion exceeded") }
        var result = ""
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if scalar == "{" || scalar == "}" {
                if index < scalars.count, scalars[index] == scalar {
                    result.unicodeScalars.append(scalar)
                    index += 1
                    continue
                }
                guard scalar == "{" else { throw .value("Single '}' encountered in format string") }
                let start = index
                var open = 1
                while index < scalars.count, open > 0 {
                    if scalars[index] == "{" { open += 1 }
                    if scalars[index] == "}" { open -= 1 }
                    index += 1
                }
                guard open == 0 else { throw .value("expected '}' before end of string") }
                result += try replacement(
                    Array(scalars[start..<index - 1]), arguments, escapes: escapes, automatic: &automatic,
                    level: level, for: interpreter)
                guard result.utf8.count <= interpreter.limits.outputBytes else {
                    throw .limit("a formatted text is too long")
                }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func replacement(
        _ field: [Unicode.Scalar], _ arguments: Arguments, escapes: Bool, automatic: inout Int, level: Int,
        for interpreter: Interpreter
    ) throws(Fault) -> String {
        let colon = field.firstIndex(of: ":") ?? field.count
        var head = Array(field[..<colon])
        var conversion: Unicode.Scalar?
        if let mark = head.lastIndex(of: "!") {
            guard mark == head.count - 2 else { throw .value("expected ':' after conversion specifier") }
            conversion = head[mark + 1]
            head.removeLast(2)
        }
        var value = try self.value(head, arguments, &automatic, for: interpreter)
        let style =
            colon < field.count
            ? try format(
                Array(field[(colon + 1)...]), arguments, escapes: escapes, automatic: &automatic, level: level + 1,
                for: interpreter)
            : ""
        switch conversion {
        case "r": value = .string(try value.repr())
        case "a": value = .string(PythonText.asciiOnly(try value.repr()))
        case "s": value = .string(try value.str())
        case nil: break
        default: throw .value("Unknown conversion specifier")
        }
        if escapes, case .markup(let text) = value {
            guard style.isEmpty else { throw .value("Unsupported format specification for Markup.") }
            return text
        }
        let text = try formatted(value, style, for: interpreter)
        return escapes ? PythonText.escapeHTML(text) : text
    }

    private static func value(
        _ head: [Unicode.Scalar], _ arguments: Arguments, _ automatic: inout Int, for interpreter: Interpreter
    ) throws(Fault) -> Value {
        let nameEnd = head.firstIndex { $0 == "." || $0 == "[" } ?? head.count
        let name = String(String.UnicodeScalarView(head[..<nameEnd]))
        var value: Value
        if name.isEmpty || Int(name) != nil {
            // Below zero: the fields carry numbers of their own.
            guard name.isEmpty ? automatic >= 0 : automatic <= 0 else {
                throw .value("cannot switch between manual field specification and automatic field numbering")
            }
            let index = Int(name) ?? automatic
            automatic = name.isEmpty ? automatic + 1 : -1
            guard arguments.positional.indices.contains(index) else {
                throw .value("Replacement index \(index) out of range for positional args tuple")
            }
            value = arguments.positional[index]
        } else {
            guard let named = arguments.named[name] else { throw .value("KeyError: \(PythonText.repr(name))") }
            value = named
        }
        var index = nameEnd
        while index < head.count {
            let opener = head[index]
            let start = index + 1
            guard opener == "." || opener == "[" else {
                throw .value("Only '.' or '[' may follow ']' in format field specifier")
            }
            let end =
                opener == "["
                ? head[start...].firstIndex(of: "]")
                : head[start...].firstIndex { $0 == "." || $0 == "[" } ?? head.count
            guard let end, end > start else { throw .value("Empty attribute in format string") }
            let part = String(String.UnicodeScalarView(head[start..<end]))
            if opener == "[" {
                value = try interpreter.item(Int(part).map { .integer($0) } ?? .string(part), of: value)
                index = end + 1
            } else {
                value = try interpreter.attribute(part, of: value)
                index = end
            }
        }
        return value
    }

    private static func formatted(
        _ value: Value, _ style: String, for interpreter: Interpreter
    ) throws(Fault) -> String {
        if style.isEmpty { return try value.str() }
        let field = try parsed(Array(style.unicodeScalars))
        if let text = value.text {
            guard field.kind == nil || field.kind == "s" else {
                throw .value("Unknown format code '\(field.kind ?? "s")' for object of type 'str'")
            }
            guard field.grouping == nil, field.sign == nil, !field.isAlternate, !field.dropsNegativeZero,
                field.alignment != "="
            else {
                throw .value("a text cannot be formatted as '\(style)'")
            }
            return try field.padded(field.string(text), isNumber: false, for: interpreter)
        }
        if let whole = value.whole, field.kind.map({ "dxXobnc".unicodeScalars.contains($0) }) ?? true {
            guard field.precision == nil, !field.dropsNegativeZero else {
                throw .value("'\(style)' does not suit an integer")
            }
            if field.kind == "c" {
                guard let scalar = UInt32(exactly: whole).flatMap(Unicode.Scalar.init), field.grouping == nil,
                    field.sign == nil
                else { throw .value("%c arg not in range(0x110000)") }
                return try field.padded(String(scalar), isNumber: false, for: interpreter)
            }
            return try field.padded(field.integer(whole), isNumber: true, for: interpreter)
        }
        guard let number = value.number, field.kind.map({ "eEfFgGn%".unicodeScalars.contains($0) }) ?? true else {
            throw .type("unsupported format string passed to \(value.typeName).__format__")
        }
        return try field.padded(field.float(number), isNumber: true, for: interpreter)
    }

    private static func parsed(_ scalars: [Unicode.Scalar]) throws(Fault) -> FormatField {
        var field = FormatField()
        var index = 0
        let alignments = "<>=^".unicodeScalars
        let hasFill = scalars.count > 1 && alignments.contains(scalars[1])
        if scalars.count > 1, alignments.contains(scalars[1]) {
            (field.fill, field.alignment, index) = (scalars[0], scalars[1], 2)
        } else if alignments.contains(scalars[0]) {
            (field.alignment, index) = (scalars[0], 1)
        }
        func at(_ choices: String) -> Bool { index < scalars.count && choices.unicodeScalars.contains(scalars[index]) }
        if at("+- ") {
            field.sign = scalars[index]
            index += 1
        }
        if at("z") {
            field.dropsNegativeZero = true
            index += 1
        }
        if at("#") {
            field.isAlternate = true
            index += 1
        }
        if at("0") {
            // Zeros fill where no other filling was named; numbers take them between sign and digits.
            if !hasFill { field.fill = "0" }
            if field.alignment == nil { field.padsDigits = true }
            index += 1
        }
        func number() throws(Fault) -> Int? {
            var value: Int?
            while index < scalars.count, scalars[index].isASCIIDigit {
                value = (value ?? 0) * 10 + Int(scalars[index].value - 48)
                guard value ?? 0 <= FormatField.widest else { throw .value("Too many decimal digits in format string") }
                index += 1
            }
            return value
        }
        field.width = try number() ?? 0
        if at(",_") {
            field.grouping = scalars[index]
            index += 1
        }
        if at(".") {
            index += 1
            guard let precision = try number() else { throw .value("Format specifier missing precision") }
            field.precision = precision
        }
        if index < scalars.count {
            field.kind = scalars[index]
            index += 1
        }
        guard index == scalars.count else { throw .value("Invalid format specifier") }
        return field
    }
}

import OrderedCollections

/// What may stand after `is`.
enum Tests {
    static let names: Set<String> = [
        "odd", "even", "divisibleby", "defined", "undefined", "filter", "test", "none", "boolean", "false", "true",
        "integer", "float", "lower", "upper", "string", "mapping", "number", "sequence", "iterable", "callable",
        "sameas", "escaped", "in", "==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan", "ge", ">=", "<", "lt",
        "lessthan", "<=", "le",
    ]

    private static let comparisons: [String: Comparison] = [
        "==": .equal, "eq": .equal, "equalto": .equal, "!=": .unequal, "ne": .unequal, ">": .greater, "gt": .greater,
        "greaterthan": .greater, ">=": .greaterOrEqual, "ge": .greaterOrEqual, "<": .less, "lt": .less,
        "lessthan": .less, "<=": .lessOrEqual, "le": .lessOrEqual, "in": .within,
    ]

    static func holds(
        _ name: String, _ value: Value, _ arguments: Arguments, for interpreter: Interpreter
    ) throws(Fault) -> Bool {
        func remainder(_ divisor: Value) throws(Fault) -> Value {
            try Arithmetic.apply(.modulo, value, divisor, for: interpreter)
        }
        if let comparison = comparisons[name] {
            return try value.compare(comparison, try operand(name, arguments))
        }
        switch name {
        case "sameas": return value.isSame(as: try operand(name, arguments))
        case "divisibleby": return try remainder(try operand(name, arguments)).equals(.integer(0))
        default: break
        }
        guard arguments.positional.isEmpty, arguments.named.isEmpty else {
            throw .type("test '\(name)' takes no arguments")
        }
        switch name {
        case "odd": return try remainder(.integer(2)).equals(.integer(1))
        case "even": return try remainder(.integer(2)).equals(.integer(0))
        case "filter", "test":
            _ = try DictionaryKey(value)
            guard let text = value.text else { return false }
            return name == "filter" ? Filters.names.contains(text) : names.contains(text)
        case "lower": return PythonText.isLower(try value.str())
        case "upper": return PythonText.isUpper(try value.str())
        default: return try isOfKind(name, value)
        }
    }

    private static func operand(_ name: String, _ arguments: Arguments) throws(Fault) -> Value {
        guard arguments.positional.count == 1, arguments.named.isEmpty else {
            throw .type("test '\(name)' takes one argument (\(arguments.positional.count) given)")
        }
        return arguments.positional[0]
    }

    private static func isOfKind(_ name: String, _ value: Value) throws(Fault) -> Bool {
        switch (name, value) {
        case ("defined", _): !value.isUndefined
        case ("undefined", _): value.isUndefined
        case ("none", _): value.isNone
        case ("boolean", .bool), ("false", .bool(false)), ("true", .bool(true)): true
        case ("integer", .integer), ("float", .float), ("number", .bool), ("number", .integer), ("number", .float): true
        case ("string", _): value.text != nil
        case ("mapping", .dictionary), ("escaped", .markup): true
        // Undefined answers `__getitem__` by raising, but has it; so does Python's test find it a sequence.
        case ("sequence", .undefined), ("sequence", .string), ("sequence", .markup), ("sequence", .list),
            ("sequence", .tuple), ("sequence", .dictionary), ("sequence", .range):
            true
        case ("iterable", .none), ("iterable", .bool), ("iterable", .integer), ("iterable", .float),
            ("iterable", .macro), ("iterable", .method), ("iterable", .function), ("iterable", .namespace),
            ("iterable", .cycler), ("iterable", .joiner):
            false
        case ("iterable", _): true
        case ("callable", .undefined), ("callable", .macro), ("callable", .method), ("callable", .function),
            ("callable", .loop), ("callable", .joiner):
            true
        default:
            if names.contains(name) { false } else { throw .type("No test named '\(name)'.") }
        }
    }
}

import OrderedCollections

/// Methods of Python's values that a template can call.
enum Methods {
    private static let ofDictionary: Set<String> = ["get", "items", "keys", "values", "copy"]
    private static let ofList: Set<String> = ["count", "index", "copy"]
    private static let ofSequence: Set<String> = ["count", "index"]
    private static let ofCycler: Set<String> = ["next", "reset"]
    private static let ofInteger: Set<String> = [
        "is_integer", "bit_length", "bit_count", "conjugate", "as_integer_ratio",
    ]
    private static let ofFloat: Set<String> = ["is_integer", "conjugate"]
    private static let ofNothing: Set<String> = []
    private static let ofMarkup: Set<String> = TextMethods.names.union(["striptags", "unescape"])

    static func names(of value: Value) -> Set<String> {
        switch value {
        case .string: TextMethods.names
        case .markup: ofMarkup
        case .dictionary: ofDictionary
        case .list: ofList
        case .tuple, .range: ofSequence
        case .cycler: ofCycler
        case .bool, .integer: ofInteger
        case .float: ofFloat
        case .function(.dict): ["fromkeys"]
        default: ofNothing
        }
    }

    private static let changingDictionary: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]
    private static let changingList: Set<String> = [
        "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
    ]

    /// Methods that exist in Python but change the value, which the immutable sandbox refuses.
    static func changing(_ value: Value) -> Set<String> {
        switch value {
        case .dictionary: changingDictionary
        case .list: changingList
        default: ofNothing
        }
    }

    static func call(
        _ name: String, of receiver: Value, _ arguments: Arguments, for interpreter: Interpreter
    ) throws(Fault) -> Value {
        try interpreter.charge(receiver.extent.weight / 4)
        switch receiver {
        case .string(let text): return try TextMethods.call(name, of: text, arguments, for: interpreter)
        case .markup(let text): return try MarkupMethods.call(name, of: text, arguments, for: interpreter)
        case .dictionary(let dictionary): return try call(name, of: dictionary, arguments)
        case .list(let items) where name == "copy":
            _ = try arguments.positional(0...0, of: "list.copy()")
            return .list(items)
        case .list, .tuple, .range: return try search(name, receiver, arguments)
        case .loop(let loop):
            guard arguments.named.isEmpty else { throw .type("loop.\(name)() takes no keyword arguments") }
            return name == "cycle" ? try loop.cycle(arguments.positional) : .bool(loop.changed(arguments.positional))
        case .cycler(let cycler):
            _ = try arguments.positional(0...0, of: "\(name)()")
            let current = cycler.items.values[cycler.position]
            cycler.position = name == "next" ? (cycler.position + 1) % cycler.items.values.count : 0
            return name == "next" ? current : .none
        case .float, .bool, .integer:
            _ = try arguments.positional(0...0, of: "\(receiver.typeName).\(name)()")
            return try number(name, receiver)
        case .function(.dict): return .dictionary(try fromKeys(arguments))
        case .function(.templateReference):
            _ = try arguments.positional(0...0, of: "self.\(name)()")
            return .string(try interpreter.blockText(name))
        default: throw .type("'\(receiver.typeName)' object has no method '\(name)'")
        }
    }

    private static func number(_ name: String, _ receiver: Value) throws(Fault) -> Value {
        guard let whole = receiver.whole else {
            guard name == "is_integer", let number = receiver.number else { return receiver }
            return .bool(number.rounded() == number && number.isFinite)
        }
        switch name {
        case "bit_length": return .integer(Int.bitWidth - whole.magnitude.leadingZeroBitCount)
        case "bit_count": return .integer(whole.magnitude.nonzeroBitCount)
        case "conjugate": return .integer(whole)
        case "as_integer_ratio": return try .tuple(of: [.integer(whole), .integer(1)])
        default: return .bool(true)
        }
    }

    private static func fromKeys(_ arguments: Arguments) throws(Fault) -> Dictionary {
        let values = try arguments.positional(1...2, of: "dict.fromkeys()")
        var members: OrderedDictionary<DictionaryKey, Value> = [:]
        for key in try values[0]?.elements() ?? [] { members[try DictionaryKey(key)] = values[1] ?? Value.none }
        return try Dictionary(members)
    }

    private static func call(
        _ name: String, of dictionary: Dictionary, _ arguments: Arguments
    ) throws(Fault) -> Value {
        if name == "get" {
            let values = try arguments.positional(1...2, of: "dict.get()")
            guard let key = values[0] else { return .none }
            return dictionary.members[try DictionaryKey(key)] ?? values[1] ?? .none
        }
        _ = try arguments.positional(0...0, of: "dict.\(name)()")
        return switch name {
        case "items": .view("dict_items", try Items(try pairs(of: dictionary)))
        case "keys": .view("dict_keys", try Items(dictionary.members.keys.map(\.value)))
        case "values": .view("dict_values", try Items(Array(dictionary.members.values)))
        default: .dictionary(dictionary)
        }
    }

    static func pairs(of dictionary: Dictionary) throws(Fault) -> [Value] {
        var pairs: [Value] = []
        pairs.reserveCapacity(dictionary.members.count)
        for (key, value) in dictionary.members { pairs.append(try .tuple(of: [key.value, value])) }
        return pairs
    }

    /// The members `dict(value)` takes over: another dict's, or pairs.
    static func dictionary(from arguments: [Value]) throws(Fault) -> OrderedDictionary<DictionaryKey, Value> {
        guard arguments.count <= 1 else { throw .type("dict expected at most 1 argument, got \(arguments.count)") }
        guard let source = arguments.first else { return [:] }
        if case .dictionary(let dictionary) = source { return dictionary.members }
        if case .undefined(let message) = source { throw .undefined(message) }
        var members: OrderedDictionary<DictionaryKey, Value> = [:]
        for pair in try source.elements() {
            let parts = try pair.elements()
            guard parts.count == 2 else {
                throw .value("dictionary update sequence element has length \(parts.count); 2 is required")
            }
            members[try DictionaryKey(parts[0])] = parts[1]
        }
        return members
    }

    /// `count(value)` and `index(value[, start[, stop]])` of a sequence.
    private static func search(_ name: String, _ receiver: Value, _ arguments: Arguments) throws(Fault) -> Value {
        let isRange: Bool = if case .range = receiver { true } else { false }
        let most = name == "index" && !isRange ? 3 : 1
        let values = try arguments.positional(1...most, of: "\(receiver.typeName).\(name)()")
        let wanted = values[0] ?? .none
        let elements = try receiver.elements()
        if name == "count" { return .integer(elements.count { $0.equals(wanted) }) }
        func place(_ index: Int, _ fallback: Int) throws(Fault) -> Int {
            guard index < values.count, let value = values[index] else { return fallback }
            let whole = try value.index()
            return min(
                max(0, whole < 0 ? whole.addingReportingOverflow(elements.count).partialValue : whole), elements.count)
        }
        let (start, stop) = (try place(1, 0), try place(2, elements.count))
        guard start < stop, let index = elements[start..<stop].firstIndex(where: { $0.equals(wanted) }) else {
            throw .value("\(try wanted.repr()) is not in \(receiver.typeName)")
        }
        return .integer(index)
    }
}

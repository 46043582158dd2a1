import OrderedCollections

/// Methods of Python's values that a template can call.
enum Methods {
    private static let ofDictionary: Set<String> = ["get", "items", "keys", "values", "copy"]
    private static let ofList: Set<String> = ["count", "index", "copy"]
    private static let ofSequence: Set<String> = ["count", "index"]
    private static let ofCycler: Set<String> = ["next", "reset"]
    private static let ofNumber: Set<String> = ["is_integer", "bit_length"]
    private static let ofView: Set<String> = []

    static func names(of value: Value) -> Set<String> {
        switch value {
        case .string, .markup: TextMethods.names
        case .dictionary: ofDictionary
        case .list: ofList
        case .tuple, .range: ofSequence
        case .cycler: ofCycler
        case .bool, .integer, .float: ofNumber
        default: ofView
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
        default: ofView
        }
    }

    static func call(
        _ name: String, of receiver: Value, _ arguments: Arguments, for interpreter: Interpreter
    ) throws(Fault) -> Value {
        try interpreter.charge(receiver.extent.weight / 16)
        switch receiver {
        case .string(let text):
            return try TextMethods.call(name, of: text, arguments, for: interpreter)
        case .markup(let text):
            let result = try TextMethods.call(name, of: text, arguments, for: interpreter)
            if case .string(let text) = result { return .markup(text) }
            return result
        case .dictionary(let dictionary): return try call(name, of: dictionary, arguments)
        case .list(let items) where name == "copy":
            _ = try arguments.bound(to: [], of: name)
            return .list(items)
        case .list, .tuple, .range: return try search(name, receiver, arguments)
        case .loop(let loop):
            return name == "cycle" ? try loop.cycle(arguments.positional) : .bool(loop.changed(arguments.positional))
        case .cycler(let cycler):
            let current = cycler.items.values[cycler.position]
            cycler.position = name == "next" ? (cycler.position + 1) % cycler.items.values.count : 0
            return name == "next" ? current : .none
        case .float(let number): return .bool(number.rounded() == number && number.isFinite)
        case .integer(let whole) where name == "bit_length":
            return .integer(Int.bitWidth - whole.magnitude.leadingZeroBitCount)
        case .bool, .integer: return .bool(true)
        default: throw .type("'\(receiver.typeName)' object has no method '\(name)'")
        }
    }

    private static func call(
        _ name: String, of dictionary: Dictionary, _ arguments: Arguments
    ) throws(Fault) -> Value {
        switch name {
        case "get":
            let values = try arguments.bound(to: ["key", "default"], of: "get")
            guard let key = values[0] else { throw .type("get expected at least 1 argument, got 0") }
            return dictionary.members[try DictionaryKey(key)] ?? values[1] ?? .none
        case "items":
            _ = try arguments.bound(to: [], of: "dict.items()")
            return .view("dict_items", try Items(try pairs(of: dictionary)))
        case "keys":
            _ = try arguments.bound(to: [], of: "dict.keys()")
            return .view("dict_keys", try Items(dictionary.members.keys.map(\.value)))
        case "values":
            _ = try arguments.bound(to: [], of: "dict.values()")
            return .view("dict_values", try Items(Array(dictionary.members.values)))
        default:
            return .dictionary(dictionary)
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

    private static func search(_ name: String, _ receiver: Value, _ arguments: Arguments) throws(Fault) -> Value {
        guard let wanted = arguments.positional.first else { throw .type("\(name)() needs an argument") }
        let elements = try receiver.elements()
        if name == "count" { return .integer(elements.count { $0.equals(wanted) }) }
        guard let index = elements.firstIndex(where: { $0.equals(wanted) }) else {
            throw .value("\(try wanted.repr()) is not in \(receiver.typeName)")
        }
        return .integer(index)
    }
}

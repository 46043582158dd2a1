import OrderedCollections
import OrderedJSON

/// A value while a template runs, with Python's meaning of the operations on it.
enum Value {
    /// A name, key or element that does not exist; the text is what using it reports.
    case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    /// Text that counts as escaped (`|safe`): adding to it escapes what is added.
    case markup(String)
    case list(Items)
    case tuple(Items)
    case dictionary(Dictionary)
    /// `dict.items()`, `.keys()`, `.values()`: can be walked and counted, not indexed.
    case view(String, Items)
    case range(PythonRange)
    /// Gives its elements once.
    case generator(Generator)
    case namespace(Namespace)
    case loop(LoopState)
    case macro(Macro)
    case method(Method)
    case function(Function)
    case cycler(Cycler)
    case joiner(Joiner)
}

/// How deeply values may hold one another; walking deeper ones could exhaust the stack.
let deepestValue = 600

/// How many values one may hold, counting a shared one each time: walking more takes too long.
let heaviestValue = 4_000_000

/// Depth and number of all values inside, for the bounds above.
struct Extent {
    private(set) var depth = 1
    private(set) var weight = 1

    mutating func hold(_ value: Value) throws(Fault) {
        let inner = value.extent
        depth = max(depth, inner.depth + 1)
        weight += inner.weight
        guard depth <= deepestValue else { throw .limit("values are nested deeper than \(deepestValue)") }
        guard weight <= heaviestValue else { throw .limit("one value holds more than \(heaviestValue) others") }
    }

    static func holding(_ values: some Sequence<Value>) throws(Fault) -> Extent {
        var extent = Extent()
        for value in values { try extent.hold(value) }
        return extent
    }
}

/// The elements of a list or tuple; never changes, as the sandbox forbids it.
final class Items {
    let values: [Value]
    let extent: Extent
    /// Names of the places, for the groups `groupby` gives.
    let fields: [String]

    init(_ values: [Value], fields: [String] = []) throws(Fault) {
        self.values = values
        self.extent = try Extent.holding(values)
        self.fields = fields
    }
}

/// A dict in order of insertion.
final class Dictionary {
    let members: OrderedDictionary<DictionaryKey, Value>
    let extent: Extent

    init(_ members: OrderedDictionary<DictionaryKey, Value>) throws(Fault) {
        var extent = Extent()
        for (key, value) in members {
            try extent.hold(key.value)
            try extent.hold(value)
        }
        self.members = members
        self.extent = extent
    }

    subscript(name: String) -> Value? { members[DictionaryKey(unchecked: .string(name))] }
}

/// A hashable value; numbers that are equal are the same key (`1`, `1.0`, `True`).
struct DictionaryKey: Hashable {
    let value: Value

    init(_ value: Value) throws(Fault) {
        guard value.isHashable else { throw .type("unhashable type: '\(value.typeName)'") }
        self.value = value
    }

    /// For values known to be hashable.
    init(unchecked value: Value) { self.value = value }

    static func == (left: DictionaryKey, right: DictionaryKey) -> Bool { left.value.equals(right.value) }

    func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}

struct PythonRange: Equatable {
    let start: Int
    let stop: Int
    let step: Int
    let count: Int

    subscript(index: Int) -> Int { start + index * step }
}

final class Generator {
    let items: Items
    var position = 0

    init(_ items: Items) { self.items = items }

    func rest() -> [Value] {
        let rest = Array(items.values[position...])
        position = items.values.count
        return rest
    }

    func next() -> Value? {
        guard position < items.values.count else { return nil }
        position += 1
        return items.values[position - 1]
    }
}

/// What `namespace()` makes: the one thing a template can change.
final class Namespace {
    var members: OrderedDictionary<String, Value>

    init(_ members: OrderedDictionary<String, Value>) { self.members = members }
}

final class Macro {
    let definition: MacroDefinition
    let scope: Scope

    init(_ definition: MacroDefinition, scope: Scope) {
        self.definition = definition
        self.scope = scope
    }
}

/// A method together with what it was taken from.
final class Method {
    let receiver: Value
    let name: String
    let extent: Extent

    init(_ receiver: Value, _ name: String) throws(Fault) {
        self.receiver = receiver
        self.name = name
        extent = try Extent.holding(CollectionOfOne(receiver))
    }
}

final class Cycler {
    let items: Items
    var position = 0

    init(_ items: Items) { self.items = items }
}

final class Joiner {
    let separator: Value
    var wasUsed = false
    let extent: Extent

    init(_ separator: Value) throws(Fault) {
        self.separator = separator
        extent = try Extent.holding(CollectionOfOne(separator))
    }
}

/// The functions every template sees.
enum Function: String, CaseIterable {
    case range
    case dict
    case namespace
    case cycler
    case joiner
    /// `self`, whose members are the blocks of the template.
    case templateReference = "self"
    case raiseException = "raise_exception"
    case strftimeNow = "strftime_now"
}

extension Value {
    var extent: Extent {
        switch self {
        case .list(let items), .tuple(let items), .view(_, let items): items.extent
        case .dictionary(let dictionary): dictionary.extent
        case .generator(let generator): generator.items.extent
        case .method(let method): method.extent
        case .loop(let loop): loop.extent
        case .cycler(let cycler): cycler.items.extent
        case .joiner(let joiner): joiner.extent
        default: Extent()
        }
    }

    /// Converts a JSON value; depth is bounded as for every value.
    init(_ json: JSONValue, depth: Int = 0) throws(Fault) {
        guard depth < deepestValue else { throw .limit("the data are nested deeper than \(deepestValue)") }
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .float(value)
        case .string(let value): self = .string(value)
        case .array(let elements):
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try Value(element, depth: depth + 1)) }
            self = .list(try Items(values))
        case .object(let object):
            var members = OrderedDictionary<DictionaryKey, Value>(minimumCapacity: object.count)
            for (key, element) in object {
                members[DictionaryKey(unchecked: .string(key))] = try Value(element, depth: depth + 1)
            }
            self = .dictionary(try Dictionary(members))
        }
    }

    /// Python's name of the type.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .view(let kind, _): kind
        case .range: "range"
        case .generator: "generator"
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .macro: "Macro"
        case .method: "builtin_function_or_method"
        case .function: "function"
        case .cycler: "Cycler"
        case .joiner: "Joiner"
        }
    }

    var isTrue: Bool {
        get throws(Fault) {
            switch self {
            case .undefined, .none: false
            case .bool(let value): value
            case .integer(let value): value != 0
            case .float(let value): value != 0
            case .string(let value), .markup(let value): !value.utf8.isEmpty
            case .list(let items), .tuple(let items), .view(_, let items): !items.values.isEmpty
            case .dictionary(let dictionary): !dictionary.members.isEmpty
            case .range(let range): range.count > 0
            case .loop(let loop): try loop.length() > 0
            default: true
            }
        }
    }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// The text of a string of either kind.
    var text: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// The integer of an int or bool.
    var whole: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The number of an int, bool or float.
    var number: Double? {
        if case .float(let value) = self { value } else { whole.map(Double.init) }
    }

    /// All elements, as Python's `list(value)` gives them.
    func elements() throws(Fault) -> [Value] {
        switch self {
        case .undefined: return []
        // Walking escaped text gives plain characters, as in the reference.
        case .string(let text), .markup(let text): return text.unicodeScalars.map { .string(String($0)) }
        case .list(let items), .tuple(let items), .view(_, let items): return items.values
        case .dictionary(let dictionary): return dictionary.members.keys.map(\.value)
        case .range(let range): return (0..<range.count).map { .integer(range[$0]) }
        case .generator(let generator): return generator.rest()
        case .loop(let loop):
            var values: [Value] = []
            while let value = try loop.next() { values.append(try Value.tuple(of: [value, self])) }
            return values
        default: throw .type("'\(typeName)' object is not iterable")
        }
    }

    static func list(of values: [Value]) throws(Fault) -> Value { .list(try Items(values)) }
    static func tuple(of values: [Value]) throws(Fault) -> Value { .tuple(try Items(values)) }
    static func generator(of values: [Value]) throws(Fault) -> Value { .generator(Generator(try Items(values))) }

    /// Python's `len(value)`.
    func length() throws(Fault) -> Int {
        switch self {
        case .undefined: return 0
        case .string(let text), .markup(let text): return text.unicodeScalars.count
        case .list(let items), .tuple(let items), .view(_, let items): return items.values.count
        case .dictionary(let dictionary): return dictionary.members.count
        case .range(let range): return range.count
        case .loop(let loop): return try loop.length()
        default: throw .type("object of type '\(typeName)' has no len()")
        }
    }
}

import OrderedCollections

extension Value {
    var isHashable: Bool {
        switch self {
        case .list, .dictionary, .view: false
        case .tuple(let items): items.values.allSatisfy(\.isHashable)
        default: true
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .bool, .integer, .float:
            let number = number ?? 0
            if let whole = whole ?? Int(exactly: number) { hasher.combine(whole) } else { hasher.combine(number) }
        case .string(let text), .markup(let text): hasher.combine(text)
        case .tuple(let items):
            for item in items.values { item.hash(into: &hasher) }
        default: break
        }
    }

    /// Strings are equal when their code points are; Swift's `==` would also equate composed and decomposed ones.
    static func sameText(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left == right && left.utf8.elementsEqual(right.utf8)
    }

    /// Python's `==`.
    func equals(_ other: Value) -> Bool {
        if let left = text, let right = other.text { return Self.sameText(left, right) }
        if let left = whole, let right = other.whole { return left == right }
        if let left = number, let right = other.number {
            // An int beyond 2^53 must not be rounded to look equal to a float.
            if let left = whole { return Int(exactly: right) == left }
            if let right = other.whole { return Int(exactly: left) == right }
            return left == right
        }
        switch (self, other) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return left === right || Self.equal(left.values, right.values)
        case (.view(let kind, let left), .view(let otherKind, let right)):
            // Views of keys and of items compare as sets.
            return kind == otherKind && kind != "dict_values" && left.values.count == right.values.count
                && left.values.allSatisfy { value in right.values.contains { $0.equals(value) } }
        case (.dictionary(let left), .dictionary(let right)):
            guard left.members.count == right.members.count else { return false }
            return left === right
                || left.members.allSatisfy { key, value in right.members[key].map { $0.equals(value) } ?? false }
        case (.range(let left), .range(let right)):
            return left.count == right.count
                && (left.count == 0
                    || left.start == right.start && (left.count == 1 || left.step == right.step))
        case (.generator(let left), .generator(let right)): return left === right
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.loop(let left), .loop(let right)): return left === right
        case (.macro(let left), .macro(let right)): return left === right
        case (.cycler(let left), .cycler(let right)): return left === right
        case (.joiner(let left), .joiner(let right)): return left === right
        case (.function(let left), .function(let right)): return left == right
        case (.method(let left), .method(let right)):
            return left.name == right.name && left.receiver.isSame(as: right.receiver)
        default: return false
        }
    }

    private static func equal(_ left: [Value], _ right: [Value]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0.equals($1) }
    }

    /// Python's `is`, as far as a template can rely on it.
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.bool(let left), .bool(let right)): left == right
        case (.bool, _), (_, .bool): false
        case (.integer(let left), .integer(let right)): left == right
        case (.integer, _), (_, .integer): false
        case (.string, .string): equals(other)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)): left === right
        case (.dictionary(let left), .dictionary(let right)): left === right
        default: equals(other)
        }
    }

    /// Whether this stands before `other`, as Python's `<`.
    func isLess(than other: Value, symbol: String = "<") throws(Fault) -> Bool {
        if let left = text, let right = other.text { return left.utf8.lexicographicallyPrecedes(right.utf8) }
        if let left = whole, let right = other.whole { return left < right }
        if let left = number, let right = other.number { return left < right }
        switch (self, other) {
        case (.undefined(let message), _), (_, .undefined(let message)): throw .undefined(message)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            for (first, second) in zip(left.values, right.values) where !first.equals(second) {
                return try first.isLess(than: second, symbol: symbol)
            }
            return left.values.count < right.values.count
        default:
            throw .type(
                "'\(symbol)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
        }
    }

    func compare(_ comparison: Comparison, _ other: Value) throws(Fault) -> Bool {
        switch comparison {
        case .equal: return equals(other)
        case .unequal: return !equals(other)
        case .less: return try isLess(than: other)
        case .greater: return try other.isLess(than: self, symbol: ">", swapped: true)
        case .lessOrEqual: return try isAtMost(other, symbol: "<=", swapped: false)
        case .greaterOrEqual: return try other.isAtMost(self, symbol: ">=", swapped: true)
        case .within: return try other.contains(self)
        case .notWithin: return try !other.contains(self)
        }
    }

    /// As `isLess`, but the error names the operands in the order they were written.
    private func isLess(than other: Value, symbol: String, swapped: Bool) throws(Fault) -> Bool {
        do throws(Fault) {
            return try isLess(than: other, symbol: symbol)
        } catch {
            guard swapped, case .type = error.cause else { throw error }
            return try other.isLess(than: self, symbol: symbol)
        }
    }

    private func isAtMost(_ other: Value, symbol: String, swapped: Bool) throws(Fault) -> Bool {
        if let left = number, let right = other.number, left.isNaN || right.isNaN { return false }
        // Undefined values equal one another, but have no order.
        if !isUndefined, equals(other), number != nil || text != nil || extent.depth > 1 { return true }
        return try isLess(than: other, symbol: symbol, swapped: swapped)
    }

    /// Python's `value in self`.
    func contains(_ value: Value) throws(Fault) -> Bool {
        switch self {
        case .string(let text), .markup(let text):
            guard let part = value.text else {
                throw .type("'in <string>' requires string as left operand, not \(value.typeName)")
            }
            return PythonText.contains(text, part)
        case .dictionary(let dictionary):
            return dictionary.members[try DictionaryKey(value)] != nil
        case .generator(let generator):
            while let next = generator.next() {
                if next.equals(value) { return true }
            }
            return false
        case .none, .bool, .integer, .float, .namespace, .macro, .method, .function, .cycler, .joiner:
            throw .type("argument of type '\(typeName)' is not iterable")
        default:
            return try elements().contains { $0.equals(value) }
        }
    }

    /// A copy in Python's sort order; equal elements keep their order.
    static func sorted<Element>(
        _ items: [Element], reverse: Bool, by key: (Element) throws(Fault) -> Value
    ) throws(Fault) -> [Element] {
        var keyed: [(key: Value, item: Element)] = []
        for item in items { keyed.append((try key(item), item)) }
        if reverse { keyed.reverse() }
        var failure: Fault?
        // Swift's sort is stable.
        keyed.sort { left, right in
            guard failure == nil else { return false }
            do throws(Fault) {
                return try left.key.isLess(than: right.key)
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        if reverse { keyed.reverse() }
        return keyed.map(\.item)
    }
}

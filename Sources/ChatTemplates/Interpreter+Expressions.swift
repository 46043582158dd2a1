import OrderedCollections

/// Arguments of a call, evaluated.
struct Arguments {
    var positional: [Value] = []
    var named: OrderedDictionary<String, Value> = [:]

    /// Puts the arguments in the order of `names`; absent ones are nil.
    /// - Throws: When one of the first `required` is absent, or one is given that `names` lacks.
    func bound(to names: [String], of callee: String, required: Int = 0) throws(Fault) -> [Value?] {
        let values = try placed(in: names, of: callee)
        for (name, value) in zip(names, values).prefix(required) where value == nil {
            throw .type("\(callee) misses the argument '\(name)'")
        }
        return values
    }

    /// `count` arguments by place alone, as Python's own methods take them; absent ones are nil.
    func positional(_ count: ClosedRange<Int>, of callee: String) throws(Fault) -> [Value?] {
        guard named.isEmpty else { throw .type("\(callee) takes no keyword arguments") }
        guard count.contains(positional.count) else {
            let wanted = count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
            throw .type("\(callee) takes \(wanted) arguments (\(positional.count) given)")
        }
        return positional + Array(repeating: nil, count: count.upperBound - positional.count)
    }

    private func placed(in names: [String], of callee: String) throws(Fault) -> [Value?] {
        guard positional.count <= names.count else {
            throw .type("\(callee) takes at most \(names.count) arguments (\(positional.count) given)")
        }
        var values: [Value?] = positional + Array(repeating: nil, count: names.count - positional.count)
        for (name, value) in named {
            guard let index = names.firstIndex(of: name) else {
                throw .type("\(callee) got an unexpected keyword argument '\(name)'")
            }
            guard index >= positional.count else {
                throw .type("\(callee) got multiple values for argument '\(name)'")
            }
            values[index] = value
        }
        return values
    }
}

extension Interpreter {
    func evaluate(_ expression: Expression, in scope: Scope) throws(Fault) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestEvaluation else { throw .limit("rendering is nested too deeply") }
        try charge()
        switch expression.kind {
        case .literal(let literal): return Value(literal)
        case .name(let name): return try lookUp(name, in: scope)
        case .attribute(let subject, let name):
            return try attribute(name, of: try evaluate(subject, in: scope))
        case .item(let subject, let index):
            return try item(try evaluate(index, in: scope), of: try evaluate(subject, in: scope))
        case .call:
            return try evaluateCall(expression, adding: nil, in: scope)
        case .filter(let subject, let name, let arguments):
            return try evaluateFilter(subject, name, arguments, in: scope)
        case .test(let subject, let name, let arguments):
            let value = try evaluate(subject, in: scope)
            try charge(value.extent.weight / 16)
            return .bool(try Tests.holds(name, value, try evaluate(arguments, in: scope), for: self))
        case .not(let operand): return .bool(try !evaluate(operand, in: scope).isTrue)
        case .and(let left, let right):
            let value = try evaluate(left, in: scope)
            return try value.isTrue ? try evaluate(right, in: scope) : value
        case .or(let left, let right):
            let value = try evaluate(left, in: scope)
            return try value.isTrue ? value : try evaluate(right, in: scope)
        default: return try evaluateCompound(expression, in: scope)
        }
    }

    private func evaluateCompound(_ expression: Expression, in scope: Scope) throws(Fault) -> Value {
        switch expression.kind {
        case .list(let items): return try .list(of: try evaluate(items, in: scope))
        case .tuple(let items): return try .tuple(of: try evaluate(items, in: scope))
        case .dictionary(let items):
            var members: OrderedDictionary<DictionaryKey, Value> = [:]
            for item in items {
                members[try DictionaryKey(try evaluate(item.key, in: scope))] = try evaluate(item.value, in: scope)
            }
            return .dictionary(try Dictionary(members))
        case .slice(let subject, let start, let stop, let step):
            let value = try evaluate(subject, in: scope)
            if case .undefined(let message) = value { throw .undefined(message) }
            let bounds = [try bound(start, in: scope), try bound(stop, in: scope), try bound(step, in: scope)]
            let isRefused = bounds.contains { if case .refused = $0 { true } else { false } }
            let step = bounds[2].index ?? 1
            if !isRefused, let part = try slice(value, start: bounds[0].index, stop: bounds[1].index, step: step) {
                return part
            }
            throw .type(
                isRefused
                    ? "slice indices must be integers or None"
                    : "'\(value.typeName)' object is not subscriptable by a slice")
        case .negative(let operand): return try Arithmetic.negative(try evaluate(operand, in: scope))
        case .positive(let operand): return try Arithmetic.positive(try evaluate(operand, in: scope))
        case .binary(let operation, let left, let right):
            let first = try evaluate(left, in: scope)
            return try Arithmetic.apply(operation, first, try evaluate(right, in: scope), for: self)
        case .concatenation(let parts):
            var text = ""
            for part in parts {
                let value = try evaluate(part, in: scope)
                let piece = try value.str()
                if value.text == nil { try charge(piece.utf8.count / 4) }
                text += piece
            }
            try charge(bytes: text.utf8.count)
            return .string(text)
        case .comparison(let first, let rest):
            return try evaluateComparison(first, rest, in: scope)
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test, in: scope).isTrue { return try evaluate(then, in: scope) }
            if let otherwise { return try evaluate(otherwise, in: scope) }
            return .undefined(
                "the inline if-expression in line \(expression.line) evaluated to false and no else section was defined."
            )
        default: throw .type("an assignment target is no value")
        }
    }

    private func evaluateComparison(
        _ first: Expression, _ rest: [(Comparison, Expression)], in scope: Scope
    ) throws(Fault) -> Value {
        var left = try evaluate(first, in: scope)
        for (comparison, operand) in rest {
            let right = try evaluate(operand, in: scope)
            try charge((left.extent.weight + right.extent.weight) / 4)
            try charge(((left.text?.utf8.count ?? 0) + (right.text?.utf8.count ?? 0)) / 64)
            guard try left.compare(comparison, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func evaluateFilter(
        _ subject: Expression?, _ name: String, _ arguments: CallArguments, in scope: Scope
    ) throws(Fault) -> Value {
        guard let subject else { throw .type("filter '\(name)' has nothing to work on") }
        let value = try evaluate(subject, in: scope)
        return try applyFilter(name, to: value, try evaluate(arguments, in: scope))
    }

    func evaluate(_ items: [Expression], in scope: Scope) throws(Fault) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(items.count)
        for item in items { values.append(try evaluate(item, in: scope)) }
        return values
    }

    func evaluate(_ arguments: CallArguments, in scope: Scope) throws(Fault) -> Arguments {
        var result = Arguments(positional: try evaluate(arguments.positional, in: scope))
        for (name, value) in arguments.named {
            guard result.named[name] == nil else { throw .syntax("keyword argument repeated: \(name)") }
            result.named[name] = try evaluate(value, in: scope)
        }
        if let splat = arguments.splat {
            result.positional += try evaluate(splat, in: scope).elements()
        }
        if let splat = arguments.namedSplat {
            guard case .dictionary(let dictionary) = try evaluate(splat, in: scope) else {
                throw .type("argument after ** must be a mapping")
            }
            for (key, value) in dictionary.members {
                guard let name = key.value.text else { throw .type("keywords must be strings") }
                guard result.named[name] == nil else {
                    throw .type("got multiple values for keyword argument '\(name)'")
                }
                result.named[name] = value
            }
        }
        return result
    }

    // MARK: Parts of values

    /// `value.name`: Python's attribute first, then the element of that key.
    func attribute(_ name: String, of value: Value) throws(Fault) -> Value {
        if case .undefined(let message) = value {
            // Names of Python's own are refused without a look at what is missing.
            guard name.hasPrefix("__") else { throw .undefined(message) }
            return missing(.string(name), of: value)
        }
        if let own = try ownAttribute(name, of: value) { return own }
        if case .dictionary(let dictionary) = value, let member = dictionary[name] { return member }
        return missing(.string(name), of: value)
    }

    /// `value[key]`: the element first, then Python's attribute of that name.
    func item(_ key: Value, of value: Value) throws(Fault) -> Value {
        switch value {
        case .undefined(let message): throw .undefined(message)
        case .dictionary(let dictionary):
            if key.isHashable, let member = dictionary.members[DictionaryKey(unchecked: key)] { return member }
        case .list(let items), .tuple(let items):
            if let index = Self.index(key, count: items.values.count) { return items.values[index] }
        case .range(let range):
            if let index = Self.index(key, count: range.count) { return .integer(range[index]) }
        case .string(let text):
            if let element = try character(key, of: text) { return .string(element) }
        case .markup(let text):
            if let element = try character(key, of: text) { return .markup(element) }
        default: break
        }
        if let name = key.text, let own = try ownAttribute(name, of: value) { return own }
        return missing(key, of: value)
    }

    private static func index(_ key: Value, count: Int) -> Int? {
        guard let whole = key.whole else { return nil }
        let index = whole < 0 ? whole + count : whole
        return (0..<count).contains(index) ? index : nil
    }

    private func character(_ key: Value, of text: String) throws(Fault) -> String? {
        guard let whole = key.whole else { return nil }
        let scalars = text.unicodeScalars
        let limit = scalars.endIndex
        try charge(min(Int(clamping: whole.magnitude), text.utf8.count) / 64)
        if whole >= 0 {
            guard let index = scalars.index(scalars.startIndex, offsetBy: whole, limitedBy: limit), index < limit
            else { return nil }
            return String(scalars[index])
        }
        return scalars.index(limit, offsetBy: whole, limitedBy: scalars.startIndex).map { String(scalars[$0]) }
    }

    private func missing(_ key: Value, of value: Value) -> Value {
        let subject = value.isNone ? "None" : value.typeName + " object"
        if let name = key.text { return .undefined("'\(subject)' has no attribute '\(name)'") }
        return .undefined("\(subject) has no element \((try? key.repr()) ?? "")")
    }

    private func ownAttribute(_ name: String, of value: Value) throws(Fault) -> Value? {
        if name.hasPrefix("_") { return nil }
        switch value {
        case .namespace(let namespace): return namespace.members[name]
        case .loop(let loop): return try loop.attribute(name, of: value)
        case .macro(let macro):
            switch name {
            case "name": return macro.definition.name.isEmpty ? Value.none : .string(macro.definition.name)
            case "arguments": return try .tuple(of: macro.definition.parameters.map { .string($0.name) })
            case "catch_kwargs": return .bool(macro.definition.takesExtraNamed)
            case "catch_varargs": return .bool(macro.definition.takesExtraPositional)
            case "caller": return .bool(macro.definition.usesCaller)
            default: return nil
            }
        case .tuple(let items):
            if let index = items.fields.firstIndex(of: name) { return items.values[index] }
        case .cycler(let cycler):
            switch name {
            case "current": return cycler.items.values[cycler.position]
            case "pos": return .integer(cycler.position)
            case "items": return .tuple(cycler.items)
            default: break
            }
        case .joiner(let joiner):
            switch name {
            case "sep": return joiner.separator
            case "used": return .bool(joiner.wasUsed)
            default: break
            }
        case .function(.templateReference):
            return blocks[name] == nil ? nil : .method(try Method(value, name))
        case .bool, .integer:
            switch name {
            case "real", "numerator": return value.whole.map { .integer($0) }
            case "imag": return .integer(0)
            case "denominator": return .integer(1)
            default: break
            }
        case .float:
            switch name {
            case "real": return value
            case "imag": return .float(0)
            default: break
            }
        case .range(let range):
            switch name {
            case "start": return .integer(range.start)
            case "stop": return .integer(range.stop)
            case "step": return .integer(range.step)
            default: break
            }
        default: break
        }
        if Methods.changing(value).contains(name) {
            return .undefined("access to attribute '\(name)' of '\(value.typeName)' object is unsafe.")
        }
        return Methods.names(of: value).contains(name) ? .method(try Method(value, name)) : nil
    }

    // MARK: Slices

    private enum Bound {
        case open
        case at(Int)
        case refused

        var index: Int? {
            if case .at(let index) = self { index } else { nil }
        }
    }

    private func bound(_ expression: Expression?, in scope: Scope) throws(Fault) -> Bound {
        guard let expression else { return .open }
        let value = try evaluate(expression, in: scope)
        return value.isNone ? .open : value.whole.map { .at($0) } ?? .refused
    }

    private func slice(_ value: Value, start: Int?, stop: Int?, step: Int) throws(Fault) -> Value? {
        guard step != 0 else { throw .value("slice step cannot be zero") }
        switch value {
        case .string(let text): return .string(try sliced(text, start, stop, step))
        case .markup(let text): return .markup(try sliced(text, start, stop, step))
        case .list(let items):
            try charge(items.values.count / 16)
            let values = Self.indices(items.values.count, start, stop, step).map { items.values[$0] }
            return try .list(of: values)
        case .tuple(let items):
            try charge(items.values.count / 16)
            let values = Self.indices(items.values.count, start, stop, step).map { items.values[$0] }
            return try .tuple(of: values)
        case .range(let range):
            return .range(try Self.sliced(range, start, stop, step))
        default: return nil
        }
    }

    private func sliced(_ text: String, _ start: Int?, _ stop: Int?, _ step: Int) throws(Fault) -> String {
        try charge(bytes: text.utf8.count)
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for index in Self.indices(scalars.count, start, stop, step) { result.append(scalars[index]) }
        return String(result)
    }

    private static func sliced(_ range: PythonRange, _ start: Int?, _ stop: Int?, _ step: Int) throws(Fault)
        -> PythonRange
    {
        let (stride, overflows) = range.step.multipliedReportingOverflow(by: step)
        // Where the first place would be, and the one after the last.
        func position(_ index: Int) throws(Fault) -> Int {
            let (offset, overflows) = index.multipliedReportingOverflow(by: range.step)
            let (place, leaves) = range.start.addingReportingOverflow(offset)
            guard !overflows, !leaves else { throw .value("the slice of a range leaves 64 bits") }
            return place
        }
        guard !overflows else { throw .value("the slice of a range leaves 64 bits") }
        let (first, last) = bounds(range.count, start, stop, step)
        let count = indices(range.count, start, stop, step).reduce(0) { count, _ in count + 1 }
        return PythonRange(start: try position(first), stop: try position(last), step: stride, count: count)
    }

    /// Where a slice begins and ends, clipped to the length by Python's rules.
    private static func bounds(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> (first: Int, last: Int) {
        let (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1)
        func place(_ index: Int) -> Int {
            let fromStart = index < 0 ? index.addingReportingOverflow(count).partialValue : index
            return min(max(fromStart, lowest), highest)
        }
        let (first, last) = step > 0 ? (lowest, highest) : (highest, lowest)
        return (start.map(place) ?? first, stop.map(place) ?? last)
    }

    /// The places a slice takes.
    private static func indices(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> StrideTo<Int> {
        let (first, last) = bounds(count, start, stop, step)
        // A step beyond the length takes one element; larger ones would overflow when walked.
        return stride(from: first, to: last, by: step > 0 ? min(step, count + 1) : max(step, -count - 1))
    }
}

extension Value {
    init(_ literal: Literal) {
        self =
            switch literal {
            case .none: .none
            case .bool(let value): .bool(value)
            case .integer(let value): .integer(value)
            case .float(let value): .float(value)
            case .string(let value): .string(value)
            }
    }
}

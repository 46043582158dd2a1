import OrderedCollections

extension Interpreter {
    func evaluateCall(_ expression: Expression, adding caller: Value?, in scope: Scope) throws(Fault) -> Value {
        guard case .call(let calleeExpression, let argumentExpressions) = expression.kind else {
            throw .type("expected a call")
        }
        let callee = try evaluate(calleeExpression, in: scope)
        var arguments = try evaluate(argumentExpressions, in: scope)
        if let caller { arguments.named["caller"] = caller }
        let result = try call(callee, arguments)
        if case .macro = callee { return result }
        resultRanges = []
        return result
    }

    func call(_ callee: Value, _ arguments: Arguments) throws(Fault) -> Value {
        switch callee {
        case .macro(let macro): return .string(try call(macro, arguments))
        case .method(let method):
            return try Methods.call(method.name, of: method.receiver, arguments, for: self)
        case .function(let function): return try call(function, arguments)
        case .loop(let loop):
            guard let recurse = loop.recurse else {
                throw .type("The loop must have the 'recursive' marker to be called recursively.")
            }
            let items = try arguments.bound(to: ["iterable"], of: "loop()")
            return .string(try recurse(items[0] ?? .undefined("loop() needs something to walk")))
        case .joiner(let joiner):
            defer { joiner.wasUsed = true }
            return joiner.wasUsed ? joiner.separator : .string("")
        case .undefined(let message):
            if message.hasSuffix("is unsafe.") { throw .refused(message) }
            throw .undefined(message)
        default: throw .type("'\(callee.typeName)' object is not callable")
        }
    }

    private func call(_ macro: Macro, _ arguments: Arguments) throws(Fault) -> String {
        let definition = macro.definition
        let scope = Scope(parent: macro.scope)
        var named = arguments.named
        var missing: [(name: String, fallback: Expression?)] = []
        for (index, parameter) in definition.parameters.enumerated() {
            if index < arguments.positional.count {
                scope.values[parameter.name] = arguments.positional[index]
            } else if let value = named.removeValue(forKey: parameter.name) {
                scope.values[parameter.name] = value
            } else {
                missing.append(parameter)
            }
        }
        let takesCaller = definition.usesCaller && !definition.parameters.contains { $0.name == "caller" }
        if takesCaller {
            scope.values["caller"] = named.removeValue(forKey: "caller") ?? .undefined("No caller defined")
        }
        if definition.takesExtraNamed {
            var members: OrderedDictionary<DictionaryKey, Value> = [:]
            for (name, value) in named { members[DictionaryKey(unchecked: .string(name))] = value }
            scope.values["kwargs"] = .dictionary(try Dictionary(members))
        } else if let unexpected = named.keys.first {
            throw .type("macro '\(definition.name)' takes no keyword argument '\(unexpected)'")
        }
        let extra = Array(arguments.positional.dropFirst(definition.parameters.count))
        if definition.takesExtraPositional {
            scope.values["varargs"] = try .tuple(of: extra)
        } else if !extra.isEmpty {
            throw .type(
                "macro '\(definition.name)' takes not more than \(definition.parameters.count) argument(s)")
        }
        let result = try called { () throws(Fault) in
            try capture { () throws(Fault) in
                for (name, fallback) in missing {
                    scope.values[name] =
                        if let fallback {
                            try evaluate(fallback, in: scope)
                        } else {
                            .undefined("parameter '\(name)' was not provided")
                        }
                }
                _ = try run(definition.body, in: scope)
            }
        }
        resultRanges = result.ranges
        return result.text
    }

    private func call(_ function: Function, _ arguments: Arguments) throws(Fault) -> Value {
        switch function {
        case .range: return .range(try range(arguments))
        case .dict:
            var members = try Methods.dictionary(from: arguments.positional)
            for (name, value) in arguments.named { members[DictionaryKey(unchecked: .string(name))] = value }
            return .dictionary(try Dictionary(members))
        case .namespace:
            var members: OrderedDictionary<String, Value> = [:]
            for (key, value) in try Methods.dictionary(from: arguments.positional) {
                members[try Self.checkedMember(try key.value.str())] = value
            }
            for (name, value) in arguments.named { members[try Self.checkedMember(name)] = value }
            let namespace = Namespace(members)
            namespaces.append(namespace)
            return .namespace(namespace)
        case .templateReference: throw .type("'TemplateReference' object is not callable")
        case .cycler:
            guard !arguments.positional.isEmpty else { throw .type("at least one item has to be provided") }
            return .cycler(Cycler(try Items(arguments.positional)))
        case .joiner:
            let values = try arguments.bound(to: ["sep"], of: "joiner()")
            return .joiner(try Joiner(values[0] ?? .string(", ")))
        case .raiseException:
            let values = try arguments.bound(to: ["message"], of: "raise_exception()")
            throw Fault(cause: .raised(try values[0]?.str() ?? ""))
        case .strftimeNow:
            let values = try arguments.bound(to: ["format"], of: "strftime_now()")
            guard let format = values[0]?.text else { throw .type("strftime_now() needs a format text") }
            return .string(clock.text(format))
        }
    }

    /// A namespace takes no names that begin with an underscore.
    static func checkedMember(_ name: String) throws(Fault) -> String {
        guard !name.hasPrefix("_") else {
            throw .refused("a namespace cannot hold '\(name)', which begins with an underscore.")
        }
        return name
    }

    private func range(_ arguments: Arguments) throws(Fault) -> PythonRange {
        guard arguments.named.isEmpty, (1...3).contains(arguments.positional.count) else {
            throw .type("range expected 1 to 3 arguments, got \(arguments.positional.count)")
        }
        var bounds: [Int] = []
        for value in arguments.positional {
            if case .undefined(let message) = value { throw .undefined(message) }
            guard let whole = value.whole else {
                throw .type("'\(value.typeName)' object cannot be interpreted as an integer")
            }
            bounds.append(whole)
        }
        let start = bounds.count > 1 ? bounds[0] : 0
        let stop = bounds.count > 1 ? bounds[1] : bounds[0]
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw .value("range() arg 3 must not be zero") }
        var count = 0
        if step > 0 ? start < stop : start > stop {
            let (low, high) = step > 0 ? (start, stop) : (stop, start)
            let (span, overflows) = high.subtractingReportingOverflow(low)
            guard !overflows else { throw .limit("Range too big") }
            count = Int(clamping: (UInt(span) - 1) / step.magnitude) + 1
        }
        guard count <= limits.rangeItems else {
            throw .limit("Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(limits.rangeItems)).")
        }
        return PythonRange(start: start, stop: stop, step: step, count: count)
    }
}

extension Interpreter {
    /// What `self.name()` gives: a block of the template, run again.
    func blockText(_ name: String) throws(Fault) -> String {
        guard let body = blocks[name] else { throw .undefined("there is no block '\(name)'") }
        return try called { () throws(Fault) in
            try capture { () throws(Fault) in _ = try run(body, in: Scope(parent: root)) }.text
        }
    }
}

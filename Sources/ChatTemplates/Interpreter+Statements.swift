extension Interpreter {
    func run(_ statements: [Statement], in scope: Scope) throws(Fault) -> Flow {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestEvaluation else { throw .limit("rendering is nested too deeply") }
        for statement in statements {
            try charge()
            line = statement.line
            let flow = try run(statement, in: scope)
            if flow != .onward { return flow }
        }
        return .onward
    }

    private func run(_ statement: Statement, in scope: Scope) throws(Fault) -> Flow {
        switch statement.kind {
        case .output(let parts):
            for part in parts { try output(part, in: scope) }
        case .conditional(let branches, let otherwise):
            for (test, body) in branches {
                line = test.line
                if try evaluate(test, in: scope).isTrue { return try run(body, in: scope) }
            }
            return try run(otherwise, in: scope)
        case .loop(let loop):
            try run(loop, over: try evaluate(loop.items, in: scope), level: 0, in: scope)
        case .assign(let target, let value):
            try assign(try evaluate(value, in: scope), to: target, in: scope)
        case .assignBlock(let target, let filter, let body):
            let (text, flow) = try captured(body, in: Scope(parent: scope))
            guard flow == .onward else { return flow }
            try assign(try filtered(.string(text), by: filter, in: scope), to: target, in: scope)
        case .macro(let definition):
            capturedScopes.append(scope)
            scope.values[definition.name] = .macro(Macro(definition, scope: scope))
        case .callBlock(let call, let caller):
            capturedScopes.append(scope)
            let caller = Value.macro(Macro(caller, scope: scope))
            let result = try evaluateCall(call, adding: caller, in: scope)
            try write(try result.str(), ranges: resultRanges)
        case .filterBlock(let filter, let body):
            let (text, flow) = try captured(body, in: Scope(parent: scope))
            guard flow == .onward else { return flow }
            let result = try filtered(.string(text), by: filter, in: scope)
            guard let text = result.text else {
                throw .type("a filter block has to give text, and its filter gave \(result.typeName)")
            }
            try write(text)
        case .with(let targets, let body):
            let inner = Scope(parent: scope)
            for (target, value) in targets { try assign(try evaluate(value, in: scope), to: target, in: inner) }
            return try run(body, in: inner)
        case .block(let body, let isScoped):
            // A block sees what stands at the top of the template, and the names around it only when it says so.
            return try run(body, in: Scope(parent: isScoped ? scope : root))
        case .generation(let body):
            let start = captures[captures.count - 1].bytes.count
            _ = try run(body, in: Scope(parent: scope))
            let last = captures.count - 1
            captures[last].ranges.append(start..<captures[last].bytes.count)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .onward
    }

    private func output(_ part: OutputPart, in scope: Scope) throws(Fault) {
        switch part {
        case .text(let text): try write(text)
        case .value(let expression):
            let value = try evaluate(expression, in: scope)
            let text = try value.str()
            if value.text == nil { try charge(text.utf8.count / 4) }
            if case .call = expression.kind {
                try write(text, ranges: resultRanges)
            } else {
                try write(text)
            }
        }
    }

    private func captured(_ body: [Statement], in scope: Scope) throws(Fault) -> (text: String, flow: Flow) {
        var flow = Flow.onward
        let text = try capture { () throws(Fault) in flow = try run(body, in: scope) }.text
        return (text, flow)
    }

    private func filtered(_ text: Value, by filter: Expression?, in scope: Scope) throws(Fault) -> Value {
        guard let filter else { return text }
        guard case .filter(let subject, let name, let arguments) = filter.kind else { return text }
        let value = try filtered(text, by: subject, in: scope)
        return try applyFilter(name, to: value, try evaluate(arguments, in: scope))
    }

    func run(_ loop: ForLoop, over items: Value, level: Int, in scope: Scope) throws(Fault) {
        let values = try items.elements()
        try charge(values.count / 16)
        let state = try LoopState(values, level: level)
        if let filter = loop.filter {
            state.test = { [unowned self] value throws(Fault) in
                let inner = Scope(parent: scope)
                try assign(value, to: loop.target, in: inner)
                return try evaluate(filter, in: inner).isTrue
            }
        }
        if loop.isRecursive {
            state.recurse = { [unowned self] items throws(Fault) in
                try called { () throws(Fault) in
                    try capture { () throws(Fault) in try run(loop, over: items, level: level + 1, in: scope) }.text
                }
            }
        }
        // As in the reference, `else` also runs when no turn of the loop reached its end.
        var ranThrough = false
        while let value = try state.next() {
            try charge()
            let inner = Scope(parent: scope)
            inner.values["loop"] = .loop(state)
            try assign(value, to: loop.target, in: inner)
            let flow = try run(loop.body, in: inner)
            if flow == .breakLoop { break }
            if flow == .onward { ranThrough = true }
        }
        if !ranThrough { _ = try run(loop.otherwise, in: Scope(parent: scope)) }
    }
}

/// The `loop` variable: where a loop stands.
final class LoopState {
    private var items: [Value]
    private var position = 0
    private var knownLength: Int?
    /// The element looked at ahead of time.
    private var ahead: Value?
    private var before: Value?
    private var current: Value?
    private var lastChanged: [Value]?

    private(set) var index0 = -1
    let level: Int
    let extent: Extent
    var test: ((Value) throws(Fault) -> Bool)?
    var recurse: ((Value) throws(Fault) -> String)?

    init(_ items: [Value], level: Int) throws(Fault) {
        self.items = items
        self.level = level
        extent = try Extent.holding(items)
    }

    private func pull() throws(Fault) -> Value? {
        while position < items.count {
            let item = items[position]
            position += 1
            if let test, try !test(item) { continue }
            return item
        }
        return nil
    }

    private func peek() throws(Fault) -> Value? {
        if let ahead { return ahead }
        ahead = try pull()
        return ahead
    }

    private func hasNext() throws(Fault) -> Bool {
        if case .some = try peek() { true } else { false }
    }

    func next() throws(Fault) -> Value? {
        guard let value = try peek() else { return nil }
        ahead = nil
        index0 += 1
        before = current
        current = value
        return value
    }

    func length() throws(Fault) -> Int {
        if let knownLength { return knownLength }
        if test == nil {
            knownLength = items.count
            return items.count
        }
        var rest: [Value] = []
        while let value = try pull() { rest.append(value) }
        items = rest
        position = 0
        test = nil
        let length = rest.count + index0 + 1 + (ahead.map { _ in 1 } ?? 0)
        knownLength = length
        return length
    }

    func attribute(_ name: String, of value: Value) throws(Fault) -> Value? {
        switch name {
        case "index": .integer(index0 + 1)
        case "index0": .integer(index0)
        case "revindex": .integer(try length() - index0)
        case "revindex0": .integer(try length() - index0 - 1)
        case "first": .bool(index0 == 0)
        case "last": .bool(try !hasNext())
        case "length": .integer(try length())
        case "depth": .integer(level + 1)
        case "depth0": .integer(level)
        case "previtem": index0 == 0 ? .undefined("there is no previous item") : before
        case "nextitem": try peek() ?? .undefined("there is no next item")
        case "cycle", "changed": .method(try Method(value, name))
        default: nil
        }
    }

    func cycle(_ values: [Value]) throws(Fault) -> Value {
        guard !values.isEmpty else { throw .type("no items for cycling given") }
        return values[max(0, index0) % values.count]
    }

    func changed(_ values: [Value]) -> Bool {
        if let lastChanged, lastChanged.count == values.count,
            zip(lastChanged, values).allSatisfy({ $0.equals($1) })
        {
            return false
        }
        lastChanged = values
        return true
    }
}

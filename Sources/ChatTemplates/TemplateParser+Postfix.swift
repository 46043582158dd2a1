extension TemplateParser {
    mutating func postfix(_ node: Expression) throws(Fault) -> Expression {
        var node = node
        while case .symbol(let symbol) = current {
            switch symbol {
            case ".", "[": node = try subscripted(node)
            case "(": node = try call(node)
            default: return node
            }
        }
        return node
    }

    private mutating func call(_ node: Expression) throws(Fault) -> Expression {
        let line = line
        let arguments = try callArguments()
        return try make(.call(node, arguments), line, over: [node] + arguments.all)
    }

    private mutating func subscripted(_ node: Expression) throws(Fault) -> Expression {
        let line = line
        if skip(symbol: ".") {
            switch current {
            case .name(let name):
                advance()
                return try make(.attribute(node, name), line, over: [node])
            case .integer(let index):
                advance()
                let index = try make(.literal(.integer(index)), line, over: [])
                return try make(.item(node, index), line, over: [node])
            default:
                throw .syntax("expected name or number")
            }
        }
        try expect(.symbol("["))
        if skip(symbol: "]") {
            // Jinja reads empty brackets as the key `()`.
            let index = try make(.tuple([]), line, over: [])
            return try make(.item(node, index), line, over: [node, index])
        }
        let start = current == .symbol(":") ? nil : try expression()
        guard skip(symbol: ":") else {
            guard let start else { throw .syntax("expected subscript expression") }
            var items = [start]
            while skip(symbol: ",") { items.append(try expression()) }
            try expect(.symbol("]"))
            let index = items.count == 1 ? start : try make(.tuple(items), line, over: items)
            return try make(.item(node, index), line, over: [node, index])
        }
        let stop = current == .symbol(":") || current == .symbol("]") ? nil : try expression()
        let step = skip(symbol: ":") && current != .symbol("]") ? try expression() : nil
        try expect(.symbol("]"))
        return try make(
            .slice(node, start: start, stop: stop, step: step), line,
            over: [node] + [start, stop, step].compactMap(\.self))
    }

    mutating func callArguments() throws(Fault) -> CallArguments {
        var arguments = CallArguments()
        var needsComma = false
        try expect(.symbol("("))
        while current != .symbol(")") {
            if needsComma {
                try expect(.symbol(","))
                if current == .symbol(")") { break }
            }
            let misplaced = Fault.syntax("invalid syntax for function call expression")
            if skip(symbol: "*") {
                guard arguments.splat == nil, arguments.namedSplat == nil else { throw misplaced }
                arguments.splat = try expression()
            } else if skip(symbol: "**") {
                guard arguments.namedSplat == nil else { throw misplaced }
                arguments.namedSplat = try expression()
            } else if case .name(let name) = current, following == .symbol("=") {
                guard arguments.namedSplat == nil else { throw misplaced }
                advance()
                advance()
                arguments.named.append((name, try expression()))
            } else {
                guard arguments.splat == nil, arguments.namedSplat == nil, arguments.named.isEmpty else {
                    throw misplaced
                }
                arguments.positional.append(try expression())
            }
            needsComma = true
        }
        try expect(.symbol(")"))
        return arguments
    }

    mutating func filtersAndTests(_ node: Expression) throws(Fault) -> Expression {
        var node = node
        while true {
            switch current {
            case .symbol("|"): node = try filterChain(of: node, startsInline: false)
            case .name("is"): node = try test(node)
            case .symbol("("): node = try call(node)
            default: return node
            }
        }
    }

    /// Reads `|name(arguments)` as often as it stands here; of `{% filter name %}` the first bar is absent.
    mutating func filterChain(of subject: Expression?, startsInline: Bool) throws(Fault) -> Expression {
        var node = subject
        var startsInline = startsInline
        while startsInline || current == .symbol("|") {
            if !startsInline { advance() }
            startsInline = false
            let line = line
            var name = try expectName()
            while skip(symbol: ".") { name += "." + (try expectName()) }
            if !Filters.names.contains(name) { unknown.append((line, "No filter named '\(name)'.")) }
            let arguments = current == .symbol("(") ? try callArguments() : CallArguments()
            node = try make(
                .filter(node, name, arguments), line, over: [node].compactMap(\.self) + arguments.all)
        }
        guard let node else { throw .syntax("expected a filter") }
        return node
    }

    private mutating func test(_ node: Expression) throws(Fault) -> Expression {
        let line = line
        advance()
        let isNegated = skip(name: "not")
        var name = try expectName()
        while skip(symbol: ".") { name += "." + (try expectName()) }
        if !Tests.names.contains(name) { unknown.append((line, "No test named '\(name)'.")) }
        var arguments = CallArguments()
        switch current {
        case .symbol("("):
            arguments = try callArguments()
        case .name("else"), .name("or"), .name("and"):
            break
        case .name("is"):
            throw .syntax("You cannot chain multiple tests with is")
        case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
            arguments.positional = [try postfix(try primary())]
        default:
            break
        }
        let result = try make(.test(node, name, arguments), line, over: [node] + arguments.all)
        return isNegated ? try make(.not(result), line, over: [result]) : result
    }
}

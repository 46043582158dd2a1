extension TemplateParser {
    func make(_ kind: Expression.Kind, _ line: Int, over parts: [Expression]) throws(Fault) -> Expression {
        let height = 1 + (parts.lazy.map(\.height).max() ?? 0)
        guard height <= Self.tallestExpression else {
            throw .limit("an expression is nested deeper than \(Self.tallestExpression)")
        }
        return Expression(kind, line: line, height: height)
    }

    private mutating func nested<Result>(
        _ read: (inout TemplateParser) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Self.deepestNesting else {
            throw .limit("an expression is nested deeper than \(Self.deepestNesting)")
        }
        return try read(&self)
    }

    mutating func expression(withConditional: Bool = true) throws(Fault) -> Expression {
        try nested { parser throws(Fault) in
            withConditional ? try parser.conditionalExpression() : try parser.disjunction()
        }
    }

    private mutating func conditionalExpression() throws(Fault) -> Expression {
        let line = line
        let unknownBefore = unknown.count
        var value = try disjunction()
        while skip(name: "if") {
            let test = try disjunction()
            let otherwise = skip(name: "else") ? try expression() : nil
            value = try make(
                .conditional(test: test, then: value, otherwise: otherwise), line,
                over: [test, value] + [otherwise].compactMap(\.self))
            unknown.removeSubrange(unknownBefore...)
        }
        return value
    }

    private mutating func disjunction() throws(Fault) -> Expression {
        var left = try conjunction()
        while case let line = line, skip(name: "or") {
            let right = try conjunction()
            left = try make(.or(left, right), line, over: [left, right])
        }
        return left
    }

    private mutating func conjunction() throws(Fault) -> Expression {
        var left = try negation()
        while case let line = line, skip(name: "and") {
            let right = try negation()
            left = try make(.and(left, right), line, over: [left, right])
        }
        return left
    }

    private mutating func negation() throws(Fault) -> Expression {
        let line = line
        guard skip(name: "not") else { return try comparison() }
        let operand = try nested { parser throws(Fault) in try parser.negation() }
        return try make(.not(operand), line, over: [operand])
    }

    private mutating func comparison() throws(Fault) -> Expression {
        let line = line
        let first = try sum()
        var rest: [(Comparison, Expression)] = []
        while true {
            if case .symbol(let symbol) = current, let comparison = Comparison(rawValue: symbol) {
                advance()
                rest.append((comparison, try sum()))
            } else if skip(name: "in") {
                rest.append((.within, try sum()))
            } else if current == .name("not"), following == .name("in") {
                advance()
                advance()
                rest.append((.notWithin, try sum()))
            } else {
                break
            }
        }
        return rest.isEmpty ? first : try make(.comparison(first, rest), line, over: [first] + rest.map(\.1))
    }

    private mutating func binary(
        _ symbols: Set<String>, _ operand: (inout TemplateParser) throws(Fault) -> Expression
    ) throws(Fault) -> Expression {
        let line = line
        var left = try operand(&self)
        while case .symbol(let symbol) = current, symbols.contains(symbol),
            let operation = BinaryOperator(rawValue: symbol)
        {
            advance()
            let right = try operand(&self)
            left = try make(.binary(operation, left, right), line, over: [left, right])
        }
        return left
    }

    private mutating func sum() throws(Fault) -> Expression {
        try binary(["+", "-"]) { parser throws(Fault) in try parser.concatenation() }
    }

    private mutating func concatenation() throws(Fault) -> Expression {
        let line = line
        var parts = [try product()]
        while skip(symbol: "~") { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : try make(.concatenation(parts), line, over: parts)
    }

    private mutating func product() throws(Fault) -> Expression {
        try binary(["*", "/", "//", "%"]) { parser throws(Fault) in
            try parser.binary(["**"]) { parser throws(Fault) in try parser.unary() }
        }
    }

    private mutating func unary(withFilters: Bool = true) throws(Fault) -> Expression {
        let line = line
        var node: Expression
        if skip(symbol: "-") {
            let operand = try nested { parser throws(Fault) in try parser.unary(withFilters: false) }
            node = try make(.negative(operand), line, over: [operand])
        } else if skip(symbol: "+") {
            let operand = try nested { parser throws(Fault) in try parser.unary(withFilters: false) }
            node = try make(.positive(operand), line, over: [operand])
        } else {
            node = try primary()
        }
        node = try postfix(node)
        return withFilters ? try filtersAndTests(node) : node
    }

    mutating func primary(withNamespace: Bool = false) throws(Fault) -> Expression {
        let line = line
        switch current {
        case .name(let name):
            advance()
            switch name {
            case "true", "True": return try make(.literal(.bool(true)), line, over: [])
            case "false", "False": return try make(.literal(.bool(false)), line, over: [])
            case "none", "None": return try make(.literal(.none), line, over: [])
            default: break
            }
            if withNamespace, skip(symbol: ".") {
                return try make(.namespaceTarget(name, try expectName()), line, over: [])
            }
            if ["varargs", "kwargs", "caller"].contains(name) {
                for index in specialNames.indices { specialNames[index].insert(name) }
            }
            return try make(.name(name), line, over: [])
        case .string(var text):
            advance()
            while case .string(let more) = current {
                text += more
                advance()
            }
            return try make(.literal(.string(text)), line, over: [])
        case .integer(let value):
            advance()
            return try make(.literal(.integer(value)), line, over: [])
        case .float(let value):
            advance()
            return try make(.literal(.float(value)), line, over: [])
        case .symbol("("):
            advance()
            let value = try tuple(inParentheses: true)
            try expect(.symbol(")"))
            return value
        case .symbol("["):
            advance()
            var items: [Expression] = []
            while current != .symbol("]") {
                if !items.isEmpty { try expect(.symbol(",")) }
                if current == .symbol("]") { break }
                items.append(try expression())
            }
            try expect(.symbol("]"))
            return try make(.list(items), line, over: items)
        case .symbol("{"):
            return try dictionary()
        default:
            throw .syntax("unexpected '\(tokens[position].text)'")
        }
    }

    private mutating func dictionary() throws(Fault) -> Expression {
        let line = line
        advance()
        var items: [(key: Expression, value: Expression)] = []
        while current != .symbol("}") {
            if !items.isEmpty { try expect(.symbol(",")) }
            if current == .symbol("}") { break }
            let key = try expression()
            try expect(.symbol(":"))
            items.append((key, try expression()))
        }
        try expect(.symbol("}"))
        return try make(.dictionary(items), line, over: items.flatMap { [$0.key, $0.value] })
    }

    /// One expression, or several with commas between them: a tuple, as Python writes it without parentheses.
    mutating func tuple(
        withConditional: Bool = true, inParentheses: Bool = false, ofTargets: Bool = false,
        withNamespace: Bool = false
    ) throws(Fault) -> Expression {
        let line = line
        var items: [Expression] = []
        var isTuple = false
        while true {
            if !items.isEmpty { try expect(.symbol(",")) }
            if [.printEnd, .statementEnd, .symbol(")")].contains(current) { break }
            items.append(
                ofTargets
                    ? try nested { parser throws(Fault) in try parser.primary(withNamespace: withNamespace) }
                    : try expression(withConditional: withConditional))
            guard current == .symbol(",") else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = items.first { return only }
            guard inParentheses else { throw .syntax("Expected an expression, got '\(tokens[position].text)'") }
        }
        return try make(.tuple(items), line, over: items)
    }

    mutating func assignTarget(
        withTuple: Bool = true, endsAtIn: Bool = false, withNamespace: Bool = false
    ) throws(Fault) -> Expression {
        let target =
            withTuple
            ? try tuple(ofTargets: true, withNamespace: withNamespace)
            : try primary(withNamespace: withNamespace)
        guard Self.canAssign(to: target) else { throw .syntax("can't assign to this expression") }
        if endsAtIn, Self.names(of: target).contains("loop") {
            throw .syntax("Can't assign to special loop variable in for-loop target")
        }
        return target
    }

    private static func canAssign(to target: Expression) -> Bool {
        switch target.kind {
        case .name, .namespaceTarget: true
        case .tuple(let items): items.allSatisfy(canAssign)
        default: false
        }
    }

    private static func names(of target: Expression) -> [String] {
        switch target.kind {
        case .name(let name): [name]
        case .tuple(let items): items.flatMap(names)
        default: []
        }
    }
}

/// Reads tokens into statements; the grammar and its precedences are Jinja's.
struct TemplateParser {
    // Bounds on the stack that reading and running take; templates in use stay below a third of them.
    static let tallestExpression = 150
    static let deepestNesting = 60
    static let deepestStatements = 60

    let tokens: [Token]
    var position = 0
    /// How many expressions are open around the current one.
    var nesting = 0
    /// Filters and tests that do not exist. Inside conditions Jinja minds them only when they run, so a condition
    /// takes its own back off this list.
    var unknown: [(line: Int, message: String)] = []
    var openTags: [(tag: String, ends: [String], line: Int)] = []
    /// Special names met in the macros being read, outermost first.
    var specialNames: [Set<String>] = []
    var loopDepth = 0
    private(set) var usesGenerationBlocks = false
    /// Bodies of `{% block %}`, which `self.name()` prints again.
    var blocks: [String: [Statement]] = [:]

    init(tokens: [Token]) { self.tokens = tokens }

    var current: Token.Kind { tokens[position].kind }
    var line: Int { tokens[position].line }
    var following: Token.Kind { tokens[min(position + 1, tokens.count - 1)].kind }
    /// The line of the mistake, once `template()` has thrown.
    var errorLine: Int { unknown.first?.line ?? line }

    mutating func advance() {
        if position < tokens.count - 1 { position += 1 }
    }

    mutating func skip(symbol: String) -> Bool {
        guard current == .symbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard current == .name(name) else { return false }
        advance()
        return true
    }

    mutating func expect(_ kind: Token.Kind) throws(Fault) {
        guard current == kind else {
            let wanted = Token(kind: kind, line: line).text
            if current == .end { throw .syntax("unexpected end of template, expected '\(wanted)'.") }
            throw .syntax("expected token '\(wanted)', got '\(tokens[position].text)'")
        }
        advance()
    }

    mutating func expectName() throws(Fault) -> String {
        guard case .name(let name) = current else {
            throw .syntax("expected token 'name', got '\(tokens[position].text)'")
        }
        advance()
        return name
    }

    // MARK: Statements

    mutating func template() throws(Fault) -> [Statement] {
        do throws(Fault) {
            let result = try statements(until: [])
            if let first = unknown.first { throw Fault.syntax(first.message) }
            return result
        } catch {
            if case .syntax(let message) = error.cause, message != unknown.first?.message { unknown = [] }
            throw error
        }
    }

    /// Reads up to a tag named in `ends`, and stands on that name; with no ends, to the end of the template.
    private mutating func statements(until ends: [String]) throws(Fault) -> [Statement] {
        guard openTags.count <= Self.deepestStatements else {
            throw .limit("statements are nested deeper than \(Self.deepestStatements)")
        }
        var result: [Statement] = []
        var parts: [OutputPart] = []
        var partsLine = line
        func flush() {
            if !parts.isEmpty { result.append(Statement(.output(parts), line: partsLine)) }
            parts = []
        }
        while true {
            switch current {
            case .data(let text):
                if parts.isEmpty { partsLine = line }
                parts.append(.text(text))
                advance()
            case .printBegin:
                // One statement for each print, so that errors carry its line.
                flush()
                partsLine = line
                advance()
                parts.append(.value(try tuple()))
                try expect(.printEnd)
                flush()
            case .statementBegin:
                flush()
                advance()
                if case .name(let name) = current, ends.contains(name) { return result }
                if let statement = try statement() { result.append(statement) }
                try expect(.statementEnd)
            case .end:
                flush()
                guard ends.isEmpty else { throw unexpectedEnd(nil) }
                return result
            default:
                throw .syntax("unexpected '\(tokens[position].text)'")
            }
        }
    }

    private func unexpectedEnd(_ tag: String?) -> Fault {
        var message = tag.map { "Encountered unknown tag '\($0)'." } ?? "Unexpected end of template."
        if let innermost = openTags.last {
            let expected = innermost.ends.map { "'\($0)'" }.joined(separator: " or ")
            message += " Jinja was looking for the following tags: \(expected). The innermost block that needs to be"
            message += " closed is '\(innermost.tag)', opened in line \(innermost.line)."
        }
        return .syntax(message)
    }

    /// Reads the rest of a tag, the statements it holds, and stops on the name of the tag that ends them.
    mutating func body(of tag: String, until ends: [String]) throws(Fault) -> [Statement] {
        let opened = line
        _ = skip(symbol: ":")
        try expect(.statementEnd)
        openTags.append((tag, ends, opened))
        let statements = try statements(until: ends)
        openTags.removeLast()
        return statements
    }

    mutating func closedBody(of tag: String) throws(Fault) -> [Statement] {
        let statements = try body(of: tag, until: ["end" + tag])
        advance()
        return statements
    }

    private mutating func statement() throws(Fault) -> Statement? {
        let line = line
        guard case .name(let tag) = current else { throw .syntax("tag name expected") }
        if ["include", "import", "from", "extends"].contains(tag) {
            throw .syntax("'\(tag)' is not possible: a chat template stands alone, there is nothing to load from")
        }
        guard let read = Self.readers[tag] else { throw unexpectedEnd(tag) }
        advance()
        return Statement(try read(&self), line: line)
    }

    private typealias Reader = @Sendable (inout TemplateParser) throws(Fault) -> Statement.Kind

    private static let readers: [String: Reader] = [
        "if": { parser throws(Fault) in try parser.conditional() },
        "for": { parser throws(Fault) in try parser.forLoop() },
        "set": { parser throws(Fault) in try parser.assignment() },
        "macro": { parser throws(Fault) in try parser.macro() },
        "call": { parser throws(Fault) in try parser.callBlock() },
        "filter": { parser throws(Fault) in
            let filter = try parser.filterChain(of: nil, startsInline: true)
            return .filterBlock(filter: filter, body: try parser.closedBody(of: "filter"))
        },
        "with": { parser throws(Fault) in try parser.with() },
        "block": { parser throws(Fault) in
            let name = try parser.expectName()
            guard parser.blocks[name] == nil else { throw .syntax("block '\(name)' defined twice") }
            parser.blocks[name] = []
            let isScoped = parser.skip(name: "scoped")
            guard parser.current != .name("required") else {
                throw .syntax("'required' blocks belong to templates that others extend; a chat template stands alone")
            }
            let loops = parser.loopDepth
            parser.loopDepth = 0
            defer { parser.loopDepth = loops }
            let body = try parser.closedBody(of: "block")
            _ = parser.skip(name: name)
            parser.blocks[name] = body
            return .block(body, isScoped: isScoped)
        },
        "autoescape": { parser throws(Fault) in
            guard case .literal(.bool(false)) = try parser.expression().kind else {
                throw .syntax("chat templates are rendered without HTML escaping; 'autoescape' may only be false")
            }
            return .block(try parser.closedBody(of: "autoescape"), isScoped: true)
        },
        "print": { parser throws(Fault) in
            var parts: [OutputPart] = []
            while parser.current != .statementEnd {
                if !parts.isEmpty { try parser.expect(.symbol(",")) }
                parts.append(.value(try parser.expression()))
            }
            return .output(parts)
        },
        "generation": { parser throws(Fault) in
            parser.usesGenerationBlocks = true
            // The block is a call of its own in the reference: a loop around it cannot be left from inside.
            let loops = parser.loopDepth
            parser.loopDepth = 0
            defer { parser.loopDepth = loops }
            return .generation(try parser.closedBody(of: "generation"))
        },
        "break": { parser throws(Fault) in
            guard parser.loopDepth > 0 else { throw .syntax("'break' outside of a loop") }
            return .breakLoop
        },
        "continue": { parser throws(Fault) in
            guard parser.loopDepth > 0 else { throw .syntax("'continue' outside of a loop") }
            return .continueLoop
        },
    ]

    private mutating func conditional() throws(Fault) -> Statement.Kind {
        let unknownBefore = unknown.count
        defer { unknown.removeSubrange(min(unknownBefore, unknown.count)...) }
        var branches: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try tuple(withConditional: false)
            branches.append((test, try body(of: "if", until: ["elif", "else", "endif"])))
            if skip(name: "elif") { continue }
            if skip(name: "else") { return .conditional(branches: branches, otherwise: try closedBody(of: "if")) }
            advance()
            return .conditional(branches: branches, otherwise: [])
        }
    }

    private mutating func forLoop() throws(Fault) -> Statement.Kind {
        let target = try assignTarget(endsAtIn: true)
        guard skip(name: "in") else { throw .syntax("expected token 'in', got '\(tokens[position].text)'") }
        let items = try tuple(withConditional: false)
        let filter = skip(name: "if") ? try expression() : nil
        let isRecursive = skip(name: "recursive")
        loopDepth += 1
        let loopBody = try body(of: "for", until: ["endfor", "else"])
        loopDepth -= 1
        let otherwise = skip(name: "else") ? try body(of: "for", until: ["endfor"]) : []
        advance()
        return .loop(
            ForLoop(
                target: target, items: items, filter: filter, isRecursive: isRecursive, body: loopBody,
                otherwise: otherwise))
    }

    private mutating func assignment() throws(Fault) -> Statement.Kind {
        let target = try assignTarget(withNamespace: true)
        if skip(symbol: "=") { return .assign(target: target, value: try tuple()) }
        let filter = current == .symbol("|") ? try filterChain(of: nil, startsInline: false) : nil
        return .assignBlock(target: target, filter: filter, body: try closedBody(of: "set"))
    }

    private mutating func with() throws(Fault) -> Statement.Kind {
        var targets: [(target: Expression, value: Expression)] = []
        while current != .statementEnd {
            if !targets.isEmpty { try expect(.symbol(",")) }
            let target = try assignTarget(withTuple: false)
            try expect(.symbol("="))
            targets.append((target, try expression()))
        }
        return .with(targets: targets, body: try closedBody(of: "with"))
    }

    // MARK: Macros

    private mutating func signature() throws(Fault) -> [(name: String, fallback: Expression?)] {
        var parameters: [(name: String, fallback: Expression?)] = []
        try expect(.symbol("("))
        while current != .symbol(")") {
            if !parameters.isEmpty { try expect(.symbol(",")) }
            if current == .symbol(")") { break }
            let name = try expectName()
            guard !parameters.contains(where: { $0.name == name }) else {
                throw .syntax("duplicate argument '\(name)' in the definition of a macro")
            }
            if skip(symbol: "=") {
                parameters.append((name, try expression()))
            } else if parameters.last?.fallback != nil {
                throw .syntax("non-default argument follows default argument")
            } else {
                parameters.append((name, nil))
            }
        }
        try expect(.symbol(")"))
        return parameters
    }

    private mutating func definition(
        _ name: String, tag: String, _ parameters: [(name: String, fallback: Expression?)]
    ) throws(Fault) -> MacroDefinition {
        specialNames.append([])
        let loops = loopDepth
        loopDepth = 0
        let body = try closedBody(of: tag)
        loopDepth = loops
        let used = specialNames.removeLast()
        return MacroDefinition(
            name: name, parameters: parameters, body: body, takesExtraPositional: used.contains("varargs"),
            takesExtraNamed: used.contains("kwargs"), usesCaller: used.contains("caller"))
    }

    private mutating func macro() throws(Fault) -> Statement.Kind {
        let name = try expectName()
        return .macro(try definition(name, tag: "macro", try signature()))
    }

    private mutating func callBlock() throws(Fault) -> Statement.Kind {
        let parameters = current == .symbol("(") ? try signature() : []
        let call = try expression()
        guard case .call = call.kind else { throw .syntax("expected call") }
        return .callBlock(call: call, caller: try definition("", tag: "call", parameters))
    }
}

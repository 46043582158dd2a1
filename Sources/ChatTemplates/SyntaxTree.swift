/// A constant of the template's text.
enum Literal: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
}

enum BinaryOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

enum Comparison: String, Sendable {
    case equal = "=="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case within = "in"
    case notWithin = "not in"
}

/// What stands between the parentheses of a call.
struct CallArguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    var splat: Expression?
    var namedSplat: Expression?

    var all: [Expression] { positional + named.map(\.value) + [splat, namedSplat].compactMap(\.self) }
}

final class Expression: Sendable {
    enum Kind: Sendable {
        case literal(Literal)
        case name(String)
        case list([Expression])
        case tuple([Expression])
        case dictionary([(key: Expression, value: Expression)])
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
        case call(Expression, CallArguments)
        /// The subject is nil for the filters of `{% filter %}` and block `{% set %}`: the captured text.
        case filter(Expression?, String, CallArguments)
        case test(Expression, String, CallArguments)
        case not(Expression)
        case negative(Expression)
        case positive(Expression)
        case binary(BinaryOperator, Expression, Expression)
        case concatenation([Expression])
        case comparison(Expression, [(Comparison, Expression)])
        case and(Expression, Expression)
        case or(Expression, Expression)
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
        /// `namespace.attribute` on the left of `=`.
        case namespaceTarget(String, String)
    }

    let kind: Kind
    let line: Int
    /// Height of this tree; bounded when parsed, so that walking it cannot exhaust the stack.
    let height: Int

    init(_ kind: Kind, line: Int, height: Int) {
        self.kind = kind
        self.line = line
        self.height = height
    }
}

struct MacroDefinition: Sendable {
    /// Empty for the body of a `{% call %}`.
    var name: String
    var parameters: [(name: String, fallback: Expression?)]
    var body: [Statement]
    var takesExtraPositional: Bool
    var takesExtraNamed: Bool
    var usesCaller: Bool
}

enum OutputPart: Sendable {
    case text(String)
    case value(Expression)
}

struct ForLoop: Sendable {
    var target: Expression
    var items: Expression
    var filter: Expression?
    var isRecursive: Bool
    var body: [Statement]
    var otherwise: [Statement]
}

final class Statement: Sendable {
    enum Kind: Sendable {
        case output([OutputPart])
        case conditional(branches: [(test: Expression, body: [Statement])], otherwise: [Statement])
        case loop(ForLoop)
        case assign(target: Expression, value: Expression)
        case assignBlock(target: Expression, filter: Expression?, body: [Statement])
        case macro(MacroDefinition)
        case callBlock(call: Expression, caller: MacroDefinition)
        case filterBlock(filter: Expression, body: [Statement])
        case with(targets: [(target: Expression, value: Expression)], body: [Statement])
        case block([Statement], isScoped: Bool)
        case generation([Statement])
        case breakLoop
        case continueLoop
    }

    let kind: Kind
    let line: Int

    init(_ kind: Kind, line: Int) {
        self.kind = kind
        self.line = line
    }
}

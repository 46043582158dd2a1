import OrderedCollections
import OrderedJSON

/// The names one block sees; what is set inside stays inside.
final class Scope {
    var values: [String: Value] = [:]
    let parent: Scope?

    init(parent: Scope?) { self.parent = parent }
}

/// Runs one template once.
final class Interpreter {
    /// Text being written, with the ranges of its generation blocks.
    struct Capture {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
    }

    enum Flow {
        case onward
        case breakLoop
        case continueLoop
    }

    /// Expressions and blocks open at once; keeps the native stack within bounds.
    static let deepestEvaluation = 300

    let clock: TemplateClock
    let limits: RenderLimits
    let root = Scope(parent: nil)
    private let context: JSONObject
    private var contextValues: [String: Value] = [:]

    /// The line being run, for errors.
    var line = 1
    var captures = [Capture()]
    /// Generation ranges in what the last macro call returned.
    var resultRanges: [Range<Int>] = []
    var depth = 0
    var calls = 0
    private var steps = 0
    /// Everything that can take part in a reference cycle or a long chain; emptied when rendering ends.
    var namespaces: [Namespace] = []
    var capturedScopes: [Scope] = []

    let blocks: [String: [Statement]]

    init(context: JSONObject, clock: TemplateClock, limits: RenderLimits, blocks: [String: [Statement]] = [:]) {
        self.blocks = blocks
        self.context = context
        self.clock = clock
        self.limits = limits
    }

    func render(_ statements: [Statement]) throws(Fault) -> RenderedChat {
        _ = try run(statements, in: root)
        let capture = captures[0]
        return RenderedChat(text: String(decoding: capture.bytes, as: UTF8.self), generationRanges: capture.ranges)
    }

    /// Breaks the cycles that namespaces and macros may have formed.
    func release() {
        for namespace in namespaces { namespace.members = [:] }
        for scope in capturedScopes { scope.values = [:] }
        root.values = [:]
        namespaces = []
        capturedScopes = []
    }

    // MARK: Bounds

    func charge(_ count: Int = 1) throws(Fault) {
        steps += count
        guard steps <= limits.steps else { throw .limit("rendering took more than \(limits.steps) steps") }
    }

    /// Accounts for a text before it is made.
    func charge(bytes: Int) throws(Fault) {
        guard bytes <= limits.outputBytes else {
            throw .limit("a text of more than \(limits.outputBytes) bytes was asked for")
        }
        try charge(1 + bytes / 16)
    }

    func deeper<Result>(_ work: () throws(Fault) -> Result) throws(Fault) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestEvaluation else { throw .limit("rendering is nested too deeply") }
        return try work()
    }

    func called<Result>(_ work: () throws(Fault) -> Result) throws(Fault) -> Result {
        calls += 1
        let caller = line
        defer { calls -= 1 }
        guard calls <= limits.recursionDepth else {
            throw .limit("macros call one another deeper than \(limits.recursionDepth)")
        }
        let result = try work()
        line = caller
        return result
    }

    // MARK: Output

    func write(_ text: String) throws(Fault) {
        let last = captures.count - 1
        guard captures[last].bytes.count + text.utf8.count <= limits.outputBytes else {
            throw .limit("the text is longer than \(limits.outputBytes) bytes")
        }
        try charge(text.utf8.count / 64)
        captures[last].bytes.append(contentsOf: text.utf8)
    }

    /// Writes what a macro returned, keeping its generation ranges.
    func write(_ text: String, ranges: [Range<Int>]) throws(Fault) {
        let last = captures.count - 1
        let start = captures[last].bytes.count
        try write(text)
        captures[last].ranges += ranges.map { $0.lowerBound + start..<$0.upperBound + start }
    }

    func capture(_ work: () throws(Fault) -> Void) throws(Fault) -> (text: String, ranges: [Range<Int>]) {
        captures.append(Capture())
        try work()
        let capture = captures.removeLast()
        return (String(decoding: capture.bytes, as: UTF8.self), capture.ranges)
    }

    // MARK: Names

    func lookUp(_ name: String, in scope: Scope) throws(Fault) -> Value {
        var next: Scope? = scope
        while let scope = next {
            if let value = scope.values[name] { return value }
            next = scope.parent
        }
        if let value = contextValues[name] { return value }
        if let json = context[name] {
            let value = try Value(json)
            contextValues[name] = value
            return value
        }
        if let function = Function(rawValue: name) { return .function(function) }
        return .undefined("'\(name)' is undefined")
    }

    func assign(_ value: Value, to target: Expression, in scope: Scope) throws(Fault) {
        switch target.kind {
        case .name(let name):
            scope.values[name] = value
        case .namespaceTarget(let name, let attribute):
            guard case .namespace(let namespace) = try lookUp(name, in: scope) else {
                throw .type("cannot assign attribute on non-namespace object")
            }
            namespace.members[try Self.checkedMember(attribute)] = value
        case .tuple(let targets):
            let values = try value.elements()
            guard values.count == targets.count else {
                let problem = values.count < targets.count ? "not enough" : "too many"
                throw .value("\(problem) values to unpack (expected \(targets.count), got \(values.count))")
            }
            for (target, value) in zip(targets, values) { try assign(value, to: target, in: scope) }
        default:
            throw .type("can't assign to this expression")
        }
    }
}

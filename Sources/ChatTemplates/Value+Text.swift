import OrderedCollections

/// Bytes that printing a list or dict may take.
private let longestPrint = 8 << 20

extension Value {
    /// Python's `str(value)`: what `{{ value }}` prints.
    func str() throws(Fault) -> String {
        switch self {
        case .undefined: ""
        case .string(let text), .markup(let text): text
        default: try repr()
        }
    }

    /// Python's `repr(value)`.
    func repr() throws(Fault) -> String {
        var text = ""
        let room = longestPrint
        try writeRepr(to: &text, room: room, depth: 0)
        return text
    }

    private func writeRepr(to text: inout String, room: Int, depth: Int) throws(Fault) {
        // Shared texts print far longer than the values are.
        guard text.utf8.count < room, depth <= deepestValue else { throw .limit("the printed value is too long") }
        switch self {
        case .undefined: text += "Undefined"
        case .none: text += "None"
        case .bool(let value): text += value ? "True" : "False"
        case .integer(let value): text += String(value)
        case .float(let value): text += PythonText.repr(value)
        case .string(let value): text += PythonText.repr(value)
        case .markup(let value): text += "Markup(\(PythonText.repr(value)))"
        case .list(let items):
            text += "["
            try Self.write(items.values, to: &text, room: room, depth: depth)
            text += "]"
        case .tuple(let items):
            text += "("
            try Self.write(items.values, to: &text, room: room, depth: depth)
            text += items.values.count == 1 ? ",)" : ")"
        case .view(let kind, let items):
            text += kind + "(["
            try Self.write(items.values, to: &text, room: room, depth: depth)
            text += "])"
        case .dictionary(let dictionary):
            text += "{"
            for (index, member) in dictionary.members.enumerated() {
                if index > 0 { text += ", " }
                try member.key.value.writeRepr(to: &text, room: room, depth: depth + 1)
                text += ": "
                try member.value.writeRepr(to: &text, room: room, depth: depth + 1)
            }
            text += "}"
        case .range(let range):
            text += "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
        case .namespace(let namespace):
            text += "<Namespace {"
            for (index, member) in namespace.members.enumerated() {
                if index > 0 { text += ", " }
                text += PythonText.repr(member.key) + ": "
                try member.value.writeRepr(to: &text, room: room, depth: depth + 1)
            }
            text += "}>"
        case .loop(let loop): text += "<LoopContext \(loop.index0 + 1)/\(try loop.length())>"
        case .macro(let macro):
            let name = macro.definition.name
            text += "<Macro \(name.isEmpty ? "anonymous" : PythonText.repr(name))>"
        // Python prints an address here, which no template can depend on.
        case .generator: text += "<generator object>"
        case .method(let method): text += "<built-in method \(method.name) of \(method.receiver.typeName) object>"
        case .function(.templateReference): text += "<TemplateReference None>"
        case .function(let function): text += "<function \(function.rawValue)>"
        case .cycler: text += "<Cycler>"
        case .joiner: text += "<Joiner>"
        }
    }

    private static func write(
        _ values: [Value], to text: inout String, room: Int, depth: Int
    ) throws(Fault) {
        for (index, value) in values.enumerated() {
            if index > 0 { text += ", " }
            try value.writeRepr(to: &text, room: room, depth: depth + 1)
        }
    }
}

/// The methods of text marked as safe: those of `str`, which escape what is put into the text.
enum MarkupMethods {
    static func call(
        _ name: String, of text: String, _ arguments: Arguments, for interpreter: Interpreter
    ) throws(Fault) -> Value {
        var arguments = arguments
        switch name {
        case "unescape", "striptags":
            _ = try arguments.positional(0...0, of: "Markup.\(name)()")
            try interpreter.charge(bytes: text.utf8.count)
            return .string(name == "unescape" ? PythonText.unescapeHTML(text) : PythonText.stripTags(text))
        case "format", "format_map":
            return .markup(
                try BraceFormat.format(
                    text, try TextMethods.formatArguments(name, arguments), escapes: true, for: interpreter))
        case "join":
            guard let source = try arguments.positional(1...1, of: "Markup.join()")[0] else { break }
            var parts: [Value] = []
            for element in try source.elements() { parts.append(.string(try element.escapedHTML())) }
            arguments = Arguments(positional: [try .list(of: parts)])
        case "replace", "ljust", "rjust", "center":
            if arguments.positional.count > 1 {
                arguments.positional[1] = .string(try arguments.positional[1].escapedHTML())
            }
        default: break
        }
        return try marked(try TextMethods.call(name, of: text, arguments, for: interpreter))
    }

    private static func marked(_ value: Value) throws(Fault) -> Value {
        switch value {
        case .string(let text): return .markup(text)
        case .list(let items): return try .list(of: try items.values.map(marked))
        case .tuple(let items): return try .tuple(of: try items.values.map(marked))
        default: return value
        }
    }
}

extension Sequence<Value> {
    fileprivate func map(_ transform: (Value) throws(Fault) -> Value) throws(Fault) -> [Value] {
        var result: [Value] = []
        for value in self { result.append(try transform(value)) }
        return result
    }
}

extension Value {
    /// The text as HTML: what is marked as safe stays as it is.
    func escapedHTML() throws(Fault) -> String {
        if case .markup(let text) = self { text } else { PythonText.escapeHTML(try str()) }
    }

    /// A whole number where Python wants one as an index or a count.
    func index() throws(Fault) -> Int {
        guard let whole else { throw .type("'\(typeName)' object cannot be interpreted as an integer") }
        return whole
    }
}

extension PythonText {
    /// Entities by name that are undone; numbers are undone as well.
    private static let entities: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}",
    ]

    /// `html.unescape` for numbers and the names above; other names stay as they are.
    static func unescapeHTML(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "&", let end = rest.prefix(12).firstIndex(of: ";"),
                let decoded = entity(String(Substring(rest[..<end])))
            else {
                result.append(scalar)
                continue
            }
            result.append(contentsOf: decoded.unicodeScalars)
            rest = rest[rest.index(after: end)...]
        }
        return String(result)
    }

    private static func entity(_ name: String) -> String? {
        guard name.hasPrefix("#") else { return entities[name] }
        let digits = name.dropFirst()
        let isHex = digits.hasPrefix("x") || digits.hasPrefix("X")
        let code = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return code.flatMap(Unicode.Scalar.init).map { String($0) }
    }

    /// `Markup.striptags`: without tags and comments, white space as single spaces, entities undone.
    static func stripTags(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while let start = find([UInt8(ascii: "<")], in: bytes, from: position) {
            let isComment = bytes[start...].starts(with: "<!--".utf8)
            let closer = Array((isComment ? "-->" : ">").utf8)
            guard let end = find(closer, in: bytes, from: isComment ? start + 4 : start) else { break }
            result += bytes[position..<start]
            position = end + closer.count
        }
        result += bytes[position...]
        return unescapeHTML(words(String(decoding: result, as: UTF8.self), limit: -1).joined(separator: " "))
    }
}

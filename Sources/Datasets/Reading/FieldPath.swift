import OrderedJSON

/// A way into a row: `question.stem`, `conversations[0].value`, `choices.1`, `turns[-1]`.
struct FieldPath {
    enum Step: Equatable {
        case name(String)
        case place(Int)
    }

    let steps: [Step]

    /// Nil when a bracket holds no number.
    init?(_ text: String) {
        var steps: [Step] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard let bracket = part.firstIndex(of: "[") else {
                steps.append(.name(String(part)))
                continue
            }
            if bracket > part.startIndex { steps.append(.name(String(part[..<bracket]))) }
            var rest = part[bracket...]
            while rest.first == "[" {
                guard let close = rest.firstIndex(of: "]"), let place = Int(rest[rest.startIndex..<close].dropFirst())
                else { return nil }
                steps.append(.place(place))
                rest = rest[rest.index(after: close)...]
            }
            guard rest.isEmpty else { return nil }
        }
        self.steps = steps
    }

    func value(in row: JSONObject) -> JSONValue? {
        var current = JSONValue.object(row)
        for step in steps {
            switch step {
            case .name(let name):
                if let next = current[name] {
                    current = next
                } else if let place = Int(name), let next = current[place] {
                    current = next
                } else {
                    return nil
                }
            case .place(let place):
                guard let list = current.array, let next = current[place < 0 ? list.count + place : place] else {
                    return nil
                }
                current = next
            }
        }
        return current
    }

    /// The field of the row that the path begins at.
    var root: String? {
        if case .name(let name) = steps.first { name } else { nil }
    }
}

extension JSONObject {
    /// The member of that name, the one a path leads to, or a text with fields in braces filled in. Null and NaN,
    /// which is how pandas writes what is missing, count as absent.
    func value(at field: String) -> JSONValue? {
        if let value = self[field] {
            // Not a ternary: its `nil` would be JSON's null.
            if value.isMissing { return nil }
            return value
        }
        let bytes = field.utf8
        if bytes.contains(UInt8(ascii: "{")) { return filled(field) }
        guard bytes.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") }),
            let value = FieldPath(field)?.value(in: self), !value.isMissing
        else { return nil }
        return value
    }

    /// `{context}\n{question}`; nil when one of the fields is absent. `\n` and `\t` stand for what they do in JSON.
    private func filled(_ pattern: String) -> JSONValue? {
        var text = ""
        var rest = pattern[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { break }
            text += Self.unescaped(rest[..<open])
            guard let value = value(at: String(rest[rest.index(after: open)..<close])) else { return nil }
            text += value.string ?? value.serialized(.python)
            rest = rest[rest.index(after: close)...]
        }
        return .string(text + Self.unescaped(rest))
    }

    private static func unescaped(_ text: Substring) -> String {
        String(text).replacing("\\n", with: "\n").replacing("\\t", with: "\t")
    }
}

extension JSONValue {
    fileprivate var isMissing: Bool {
        switch self {
        case .null: true
        case .number(let value): value.isNaN
        default: false
        }
    }
}

import OrderedCollections

extension Interpreter {
    /// Reads `attribute` arguments: a key, a number, or several keys with dots between them.
    private func parts(of attribute: Value?) -> [Value] {
        guard let attribute, !attribute.isNone else { return [] }
        guard let text = attribute.text else { return [attribute] }
        return PythonText.split(text, separator: ".", limit: -1).map { part in
            let isNumber = !part.isEmpty && part.unicodeScalars.allSatisfy(\.isASCIIDigit)
            return isNumber ? Int(part).map { .integer($0) } ?? .string(part) : .string(part)
        }
    }

    private func read(_ parts: [Value], of value: Value, fallback: Value? = nil) throws(Fault) -> Value {
        var value = value
        for part in parts {
            value = try item(part, of: value)
            if let fallback, value.isUndefined, !fallback.isNone { value = fallback }
        }
        return value
    }

    private func caseless(_ value: Value, _ isSensitive: Bool) -> Value {
        guard !isSensitive, let text = value.text else { return value }
        return .string(PythonText.lower(text))
    }

    func sequenceFilter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value? {
        switch name {
        case "first":
            _ = try arguments.bound(to: [], of: name)
            if case .generator(let generator) = value {
                return generator.next() ?? .undefined("No first item, sequence was empty.")
            }
            return try value.elements().first ?? .undefined("No first item, sequence was empty.")
        case "last":
            _ = try arguments.bound(to: [], of: name)
            if case .generator = value { throw .type("'generator' object is not reversible") }
            if case .markup(let text) = value, let last = text.unicodeScalars.last { return .markup(String(last)) }
            return try value.elements().last ?? .undefined("No last item, sequence was empty.")
        case "list":
            _ = try arguments.bound(to: [], of: name)
            return try .list(of: try walked(value))
        case "reverse":
            _ = try arguments.bound(to: [], of: name)
            if let text = value.text {
                let reversed = String(String.UnicodeScalarView(text.unicodeScalars.reversed()))
                if case .markup = value { return .markup(reversed) }
                return .string(reversed)
            }
            return try .generator(of: try walked(value).reversed())
        case "items":
            _ = try arguments.bound(to: [], of: name)
            if value.isUndefined { return try .generator(of: []) }
            guard case .dictionary(let dictionary) = value else {
                throw .type("Can only get item pairs from a mapping.")
            }
            return try .generator(of: try Methods.pairs(of: dictionary))
        case "join": return .string(try joined(value, arguments))
        case "sum":
            let values = try arguments.bound(to: ["attribute", "start"], of: name)
            let path = parts(of: values[0])
            var total = values[1] ?? .integer(0)
            guard total.text == nil else { throw .type("sum() can't sum strings, join them") }
            for element in try walked(value) {
                total = try Arithmetic.apply(.add, total, try read(path, of: element), for: self)
            }
            return total
        case "min", "max": return try extreme(value, arguments, isMaximum: name == "max")
        case "sort":
            let values = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: name)
            let isSensitive = try values[1]?.isTrue ?? false
            let paths =
                values[2]?.text.map { PythonText.split($0, separator: ",", limit: -1).map { parts(of: .string($0)) } }
                ?? [parts(of: values[2])]
            let elements = try walked(value)
            try charge(elements.count * 8)
            let sorted = try Value.sorted(elements, reverse: try values[0]?.index() ?? 0 != 0) {
                element throws(Fault) in
                var keys: [Value] = []
                for path in paths { keys.append(caseless(try read(path, of: element), isSensitive)) }
                return try .list(of: keys)
            }
            return try .list(of: sorted)
        case "dictsort": return try dictionarySorted(value, arguments)
        case "unique":
            let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: name)
            let isSensitive = try values[0]?.isTrue ?? false
            let path = parts(of: values[1])
            var seen: Set<DictionaryKey> = []
            var result: [Value] = []
            for element in try walked(value) {
                let key = caseless(try read(path, of: element), isSensitive)
                if seen.insert(try DictionaryKey(key)).inserted { result.append(element) }
            }
            return try .generator(of: result)
        case "batch", "slice": return try .generator(of: try portions(name, value, arguments))
        case "groupby": return try grouped(value, arguments)
        default: return nil
        }
    }

    /// The elements, accounted for.
    private func walked(_ value: Value) throws(Fault) -> [Value] {
        let elements = try value.elements()
        try charge(elements.count)
        return elements
    }

    private func joined(_ value: Value, _ arguments: Arguments) throws(Fault) -> String {
        let values = try arguments.bound(to: ["d", "attribute"], of: "join")
        let separator = try values[0]?.str() ?? ""
        let path = parts(of: values[1])
        var result = ""
        for (index, element) in try walked(value).enumerated() {
            if index > 0 { result += separator }
            result += try read(path, of: element).str()
            guard result.utf8.count <= limits.outputBytes else { break }
        }
        try charge(bytes: result.utf8.count)
        return result
    }

    private func extreme(_ value: Value, _ arguments: Arguments, isMaximum: Bool) throws(Fault) -> Value {
        let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: isMaximum ? "max" : "min")
        let isSensitive = try values[0]?.isTrue ?? false
        let path = parts(of: values[1])
        var best: (key: Value, element: Value)?
        for element in try walked(value) {
            let key = caseless(try read(path, of: element), isSensitive)
            guard let current = best else {
                best = (key, element)
                continue
            }
            if isMaximum ? try current.key.isLess(than: key) : try key.isLess(than: current.key) {
                best = (key, element)
            }
        }
        return best?.element ?? .undefined("No aggregated item, sequence was empty.")
    }

    private func dictionarySorted(_ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
        let values = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
        if case .undefined(let message) = value { throw .undefined(message) }
        guard case .dictionary(let dictionary) = value else {
            throw .type("'\(value.typeName)' object has no attribute 'items'")
        }
        let isSensitive = try values[0]?.isTrue ?? false
        let order = try values[1]?.str() ?? "key"
        guard order == "key" || order == "value" else {
            throw .value("You can only sort by either \"key\" or \"value\"")
        }
        let pairs = try Methods.pairs(of: dictionary)
        let sorted = try Value.sorted(pairs, reverse: try values[2]?.index() ?? 0 != 0) { pair throws(Fault) in
            caseless(try pair.elements()[order == "key" ? 0 : 1], isSensitive)
        }
        return try .list(of: sorted)
    }

    private func portions(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> [Value] {
        let values = try arguments.bound(
            to: [name == "batch" ? "linecount" : "slices", "fill_with"], of: name, required: 1)
        let filler: Value? = values[1].flatMap { $0.isNone ? nil : $0 }
        let elements = try walked(value)
        var result: [Value] = []
        if name == "batch" { return try batched(elements, size: values[0] ?? .none, filler) }
        let size = try values[0]?.index() ?? 0
        guard size <= limits.rangeItems else { throw .limit("\(name): a size of \(size) is too big") }
        guard size != 0 else { throw .value("integer division or modulo by zero") }
        guard size > 0 else { return [] }
        try charge(size)
        let (each, extra) = elements.count.quotientAndRemainder(dividingBy: size)
        var start = 0
        for index in 0..<size {
            let end = start + each + (index < extra ? 1 : 0)
            var column = Array(elements[start..<end])
            if let filler, index >= extra { column.append(filler) }
            result.append(try .list(of: column))
            start = end
        }
        return result
    }

    /// Lines of `size` elements. As in the reference a size that no line reaches gives one line of all.
    private func batched(_ elements: [Value], size: Value, _ filler: Value?) throws(Fault) -> [Value] {
        var result: [Value] = []
        var line: [Value] = []
        for element in elements {
            if size.equals(.integer(line.count)) {
                result.append(try .list(of: line))
                line = []
            }
            line.append(element)
        }
        guard !line.isEmpty else { return result }
        if let filler, try Value.integer(line.count).isLess(than: size) {
            let width = try size.index()
            guard width <= limits.rangeItems else { throw .limit("batch: a size of \(width) is too big") }
            try charge(width)
            line += Array(repeating: filler, count: width - line.count)
        }
        result.append(try .list(of: line))
        return result
    }

    private func grouped(_ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
        let values = try arguments.bound(to: ["attribute", "default", "case_sensitive"], of: "groupby", required: 1)
        let path = parts(of: values[0])
        let isSensitive = try values[2]?.isTrue ?? false
        let elements = try walked(value)
        try charge(elements.count * 8)
        let sorted = try Value.sorted(elements, reverse: false) { element throws(Fault) in
            caseless(try read(path, of: element, fallback: values[1]), isSensitive)
        }
        var groups: [(key: Value, label: Value, elements: [Value])] = []
        for element in sorted {
            let label = try read(path, of: element, fallback: values[1])
            let key = caseless(label, isSensitive)
            if let last = groups.last, last.key.equals(key) {
                groups[groups.count - 1].elements.append(element)
            } else {
                groups.append((key, label, [element]))
            }
        }
        var result: [Value] = []
        for group in groups {
            let pair = [group.label, try .list(of: group.elements)]
            result.append(.tuple(try Items(pair, fields: ["grouper", "list"])))
        }
        return try .list(of: result)
    }

    // MARK: Choosing and mapping

    func selectionFilter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value? {
        switch name {
        case "map": return try .generator(of: try mapped(value, arguments))
        case "select", "reject", "selectattr", "rejectattr": break
        default: return nil
        }
        guard try value.isTrue else { return try .generator(of: []) }
        var rest = arguments.positional
        var path: [Value] = []
        if name.hasSuffix("attr") {
            guard !rest.isEmpty else { throw .type("Missing parameter for attribute name") }
            path = parts(of: rest.removeFirst())
        }
        let test: String? = rest.isEmpty ? nil : try rest.removeFirst().str()
        if let test, !Tests.names.contains(test) { throw .type("No test named '\(test)'.") }
        let testArguments = Arguments(positional: rest, named: arguments.named)
        let keeps = name.hasPrefix("select")
        var result: [Value] = []
        for element in try walked(value) {
            try charge()
            let subject = try read(path, of: element)
            let holds =
                if let test { try Tests.holds(test, subject, testArguments, for: self) } else { try subject.isTrue }
            if holds == keeps { result.append(element) }
        }
        return try .generator(of: result)
    }

    private func mapped(_ value: Value, _ arguments: Arguments) throws(Fault) -> [Value] {
        guard try value.isTrue else { return [] }
        var result: [Value] = []
        if arguments.positional.isEmpty, let attribute = arguments.named["attribute"] {
            let values = try Arguments(named: arguments.named).bound(to: ["attribute", "default"], of: "map")
            let path = parts(of: attribute)
            for element in try walked(value) { result.append(try read(path, of: element, fallback: values[1])) }
            return result
        }
        guard let filter = arguments.positional.first else { throw .type("map requires a filter argument") }
        let name = try filter.str()
        let rest = Arguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
        for element in try walked(value) {
            try charge()
            result.append(try deeper { () throws(Fault) in try applyFilter(name, to: element, rest) })
        }
        return result
    }
}

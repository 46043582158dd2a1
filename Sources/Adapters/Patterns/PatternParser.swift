/// Reads a pattern of Python's `re` into steps; see `PythonPattern`.
struct PatternParser {
    typealias Step = PythonPattern.Step

    private let text: [Unicode.Scalar]
    private var place = 0
    private var ignoresCase = false
    /// Of one pattern; counted repeats multiply, and a file must not make them multiply without end.
    private var budget = 20_000

    init(_ pattern: String) { text = Array(pattern.unicodeScalars) }

    mutating func parse() throws(PatternProblem) -> [Step] {
        guard text.count <= 8192 else { throw PatternProblem(reason: "it is longer than 8192 characters") }
        if starts(with: "(?i)") { ignoresCase = true }
        let steps = try alternatives(depth: 0)
        guard place == text.count else { throw PatternProblem(reason: "a ')' closes nothing") }
        return steps + [.match]
    }

    // MARK: Structure

    private mutating func alternatives(depth: Int) throws(PatternProblem) -> [Step] {
        guard depth < 64 else { throw PatternProblem(reason: "its groups are nested too deeply") }
        var result = try sequence(depth: depth)
        while peek == "|" {
            place += 1
            let other = try sequence(depth: depth)
            let (a, b) = (result.count, other.count)
            result = [.split(1, a + 2)] + shifted(result, by: 1) + [.jump(a + b + 2)] + shifted(other, by: a + 2)
        }
        return result
    }

    private mutating func sequence(depth: Int) throws(PatternProblem) -> [Step] {
        var result: [Step] = []
        while let next = peek, next != "|", next != ")" {
            let item = try repeated(atom(depth: depth))
            budget -= item.count
            guard budget > 0 else { throw PatternProblem(reason: "it repeats too much") }
            result += shifted(item, by: result.count)
        }
        return result
    }

    private mutating func repeated(_ item: [Step]) throws(PatternProblem) -> [Step] {
        var item = item
        while let (least, most) = try bounds() {
            // A lazy repeat matches the same texts as a greedy one.
            if peek == "?" {
                place += 1
            } else if peek == "+" {
                throw PatternProblem(reason: "possessive repeats are not supported")
            }
            let copies = max(least, most ?? (least + 1))
            guard copies <= 1000, copies * max(1, item.count) < budget else {
                throw PatternProblem(reason: "it repeats too much")
            }
            var result: [Step] = []
            for _ in 0..<least { result += shifted(item, by: result.count) }
            if let most {
                let end = result.count + (most - least) * (item.count + 1)
                for _ in least..<max(least, most) {
                    let at = result.count
                    result.append(.split(at + 1, end))
                    result += shifted(item, by: at + 1)
                }
            } else {
                let at = result.count
                result.append(.split(at + 1, at + item.count + 2))
                result += shifted(item, by: at + 1)
                result.append(.jump(at))
            }
            item = result
        }
        return item
    }

    /// `*`, `+`, `?`, `{m}`, `{m,}`, `{,n}`, `{m,n}`; nil when none of them follows.
    private mutating func bounds() throws(PatternProblem) -> (Int, Int?)? {
        switch peek {
        case "*":
            place += 1
            return (0, nil)
        case "+":
            place += 1
            return (1, nil)
        case "?":
            place += 1
            return (0, 1)
        case "{":
            guard let close = text[place...].firstIndex(of: "}") else { return nil }
            let inside = String(String.UnicodeScalarView(text[(place + 1)..<close]))
            let parts = inside.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard (1...2).contains(parts.count), parts.allSatisfy({ $0.isEmpty || Int($0) != nil }), inside != "",
                inside != ","
            else { return nil }
            place = close + 1
            let least = Int(parts[0]) ?? 0
            let most = parts.count == 1 ? least : Int(parts[1])
            guard least >= 0, (most ?? least) >= least else {
                throw PatternProblem(reason: "{\(inside)} is no range of repeats")
            }
            return (least, most)
        default: return nil
        }
    }

    private mutating func atom(depth: Int) throws(PatternProblem) -> [Step] {
        let next = text[place]
        place += 1
        switch next {
        case "(": return try group(depth: depth)
        case "[": return [.set(try characterSet())]
        case ".": return [.set(PythonPattern.CharacterRule(ranges: [10...10], isNegated: true))]
        case "^": return [.start]
        case "$": return [.end]
        case "\\": return [try escape()]
        case "*", "+", "?": throw PatternProblem(reason: "a '\(next)' has nothing to repeat")
        default: return [.set(literal(next))]
        }
    }

    private mutating func group(depth: Int) throws(PatternProblem) -> [Step] {
        var look: (ahead: Bool, wanted: Bool)?
        if peek == "?" {
            let looks: [(String, (Bool, Bool))] = [
                ("?=", (true, true)), ("?!", (true, false)), ("?<=", (false, true)), ("?<!", (false, false)),
            ]
            if let (_, found) = looks.first(where: { starts(with: $0.0) }) {
                look = found
            } else if starts(with: "?P<") {
                guard let close = text[place...].firstIndex(of: ">") else {
                    throw PatternProblem(reason: "a group's name does not end")
                }
                place = close + 1
            } else if !starts(with: "?:") {
                throw PatternProblem(reason: "a group begins with (? in a way that is not supported")
            }
        }
        let inner = try alternatives(depth: depth + (look == nil ? 1 : 16))
        guard peek == ")" else { throw PatternProblem(reason: "a '(' is not closed") }
        place += 1
        guard let look else { return inner }
        return [.look(ahead: look.ahead, wanted: look.wanted, inner + [.match])]
    }

    // MARK: Characters

    private mutating func escape() throws(PatternProblem) -> Step {
        guard let next = peek else { throw PatternProblem(reason: "it ends in a backslash") }
        place += 1
        switch next {
        case "A": return .start
        case "Z": return .look(ahead: true, wanted: false, [.set(.init(isNegated: true)), .match])
        case "b": return .wordEdge(true)
        case "B": return .wordEdge(false)
        case "1"..."9": throw PatternProblem(reason: "it refers back to a group, which is not supported")
        default: return .set(try escaped(next))
        }
    }

    private mutating func escaped(_ next: Unicode.Scalar) throws(PatternProblem) -> PythonPattern.CharacterRule {
        switch next {
        case "d", "w", "s": return .init(classes: [(Character(next), true)])
        case "D", "W", "S": return .init(classes: [(Character(next.properties.lowercaseMapping), false)])
        case "n": return literal("\n")
        case "t": return literal("\t")
        case "r": return literal("\r")
        case "a"..."z", "A"..."Z", "0"..."9": throw PatternProblem(reason: "\\\(next) is not supported")
        default: return literal(next)
        }
    }

    /// After the `[`.
    private mutating func characterSet() throws(PatternProblem) -> PythonPattern.CharacterRule {
        var rule = PythonPattern.CharacterRule()
        rule.ignoresCase = ignoresCase
        if peek == "^" {
            rule.isNegated = true
            place += 1
        }
        var isFirst = true
        while let next = peek, next != "]" || isFirst {
            isFirst = false
            let low = try member()
            guard let from = low.single, peek == "-", place + 1 < text.count, text[place + 1] != "]" else {
                rule.ranges += low.rule.ranges
                rule.classes += low.rule.classes
                continue
            }
            place += 1
            guard let to = try member().single, to >= from else {
                throw PatternProblem(reason: "a range in brackets runs backwards")
            }
            rule.ranges.append(from...to)
        }
        guard peek == "]" else { throw PatternProblem(reason: "a '[' is not closed") }
        place += 1
        return rule
    }

    private mutating func member() throws(PatternProblem) -> (rule: PythonPattern.CharacterRule, single: UInt32?) {
        guard let next = peek else { throw PatternProblem(reason: "a '[' is not closed") }
        place += 1
        guard next == "\\" else { return (literal(next), next.value) }
        guard let code = peek else { throw PatternProblem(reason: "it ends in a backslash") }
        place += 1
        let rule = code == "b" ? literal("\u{8}") : try escaped(code)
        let single = rule.classes.isEmpty && rule.ranges.count == 1 ? rule.ranges[0].lowerBound : nil
        return (rule, single)
    }

    private func literal(_ scalar: Unicode.Scalar) -> PythonPattern.CharacterRule {
        .init(ranges: [scalar.value...scalar.value], ignoresCase: ignoresCase)
    }

    private var peek: Unicode.Scalar? { place < text.count ? text[place] : nil }

    private mutating func starts(with word: String) -> Bool {
        let scalars = Array(word.unicodeScalars)
        guard text[place...].starts(with: scalars) else { return false }
        place += scalars.count
        return true
    }

    /// The same steps at another place: their targets move along.
    private func shifted(_ steps: [Step], by offset: Int) -> [Step] {
        guard offset != 0 else { return steps }
        return steps.map { step in
            switch step {
            case .split(let a, let b): .split(a + offset, b + offset)
            case .jump(let target): .jump(target + offset)
            default: step
            }
        }
    }
}

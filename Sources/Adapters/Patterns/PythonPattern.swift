/// A regular expression as Python's `re` reads it, for the module names of an adapter's configuration.
///
/// Only whether a text matches is asked, so every state is followed at once (Thompson's construction) and no pattern
/// of an untrusted file can take more than states · characters steps. Back references and conditionals, which that
/// way of matching cannot do, are refused.
///
/// - Source: the syntax of Python's `re` module; Thompson 1968, "Regular expression search algorithm".
struct PythonPattern {
    indirect enum Step {
        case set(CharacterRule)
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case wordEdge(Bool)
        /// Ahead of or behind the place; wanted or not.
        case look(ahead: Bool, wanted: Bool, [Step])
        case match
    }

    /// One character: single ones, ranges and classes, or all but those.
    struct CharacterRule {
        var ranges: [ClosedRange<UInt32>] = []
        var classes: [(Character, Bool)] = []
        var isNegated = false
        var ignoresCase = false

        func accepts(_ scalar: Unicode.Scalar) -> Bool {
            var found = contains(scalar)
            if !found, ignoresCase {
                let properties = scalar.properties
                found = (properties.lowercaseMapping + properties.uppercaseMapping).unicodeScalars.contains(
                    where: contains)
            }
            return found != isNegated
        }

        private func contains(_ scalar: Unicode.Scalar) -> Bool {
            ranges.contains { $0.contains(scalar.value) }
                || classes.contains { PythonPattern.isIn($0.0, scalar) == $0.1 }
        }
    }

    let steps: [Step]

    /// - Throws: `PatternProblem` for what is no pattern, or one this kind of matching cannot follow.
    init(_ text: String) throws(PatternProblem) {
        var parser = PatternParser(text)
        steps = try parser.parse()
    }

    /// As `re.fullmatch` would find it.
    func matchesWhole(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        return Self.run(steps, on: scalars, from: 0) { $0 == scalars.count }
    }

    static func isIn(_ name: Character, _ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch name {
        case "d": return properties.generalCategory == .decimalNumber
        case "s": return properties.isWhitespace
        default: return scalar == "_" || properties.isAlphabetic || properties.numericType != nil
        }
    }

    /// Whether some way through `steps` from `start` ends at a place that `accepts`.
    private static func run(
        _ steps: [Step], on text: [Unicode.Scalar], from start: Int, accepts: (Int) -> Bool
    ) -> Bool {
        var current = States(count: steps.count)
        current.add(0, steps, text, start)
        var place = start
        while true {
            if current.matched, accepts(place) { return true }
            guard place < text.count, !current.list.isEmpty else { return false }
            var next = States(count: steps.count)
            for index in current.list {
                if case .set(let rule) = steps[index], rule.accepts(text[place]) {
                    next.add(index + 1, steps, text, place + 1)
                }
            }
            current = next
            place += 1
        }
    }

    private struct States {
        var list: [Int] = []
        var matched = false
        private var seen: [Bool]

        init(count: Int) { seen = [Bool](repeating: false, count: count + 1) }

        /// Follows everything that takes no character; a stack, since patterns may be long.
        mutating func add(_ first: Int, _ steps: [Step], _ text: [Unicode.Scalar], _ place: Int) {
            var stack = [first]
            while let index = stack.popLast() {
                guard index < steps.count, !seen[index] else { continue }
                seen[index] = true
                switch steps[index] {
                case .set: list.append(index)
                case .split(let a, let b): stack += [b, a]
                case .jump(let target): stack.append(target)
                case .match: matched = true
                case .start: if place == 0 { stack.append(index + 1) }
                case .end:
                    if place == text.count || (place == text.count - 1 && text[place] == "\n") {
                        stack.append(index + 1)
                    }
                case .wordEdge(let wanted):
                    let before = place > 0 && PythonPattern.isIn("w", text[place - 1])
                    let after = place < text.count && PythonPattern.isIn("w", text[place])
                    if (before != after) == wanted { stack.append(index + 1) }
                case .look(let ahead, let wanted, let inner):
                    let found =
                        ahead
                        ? PythonPattern.run(inner, on: text, from: place) { _ in true }
                        : (0...place).contains { PythonPattern.run(inner, on: text, from: $0) { $0 == place } }
                    if found == wanted { stack.append(index + 1) }
                }
            }
        }
    }
}

/// Why a pattern cannot be used.
struct PatternProblem: Error, Equatable {
    let reason: String
}

/// One pattern of text, parsed once. `{list}` draws a word, `{list:name}` draws and remembers it, `{name}` says it
/// again, `{x.ed}` inflects, `(a|b)` chooses, `[x]` may be left out, `@ ` becomes a or an.
indirect enum Pattern: Sendable {
    case text(String)
    case slot(list: String, name: String?, forms: [String])
    case choice([Pattern])
    case optional(Pattern)
    case sequence([Pattern])

    init(_ source: String) {
        var parser = PatternParser(bytes: Array(source.utf8))
        self = parser.alternatives(until: nil)
    }

    /// Names of all slots, for checking that each has a word list.
    var slots: [(list: String, name: String?)] {
        switch self {
        case .text: []
        case .slot(let list, let name, _): [(list, name)]
        case .choice(let parts), .sequence(let parts): parts.flatMap(\.slots)
        case .optional(let part): part.slots
        }
    }
}

private struct PatternParser {
    let bytes: [UInt8]
    var at = 0

    mutating func alternatives(until end: UInt8?) -> Pattern {
        var options = [sequence(until: end)]
        while at < bytes.count, bytes[at] == UInt8(ascii: "|") {
            at += 1
            options.append(sequence(until: end))
        }
        if at < bytes.count, bytes[at] == end { at += 1 }
        return options.count == 1 ? options[0] : .choice(options)
    }

    private mutating func sequence(until end: UInt8?) -> Pattern {
        var parts: [Pattern] = []
        var literal: [UInt8] = []
        func flush() {
            if !literal.isEmpty { parts.append(.text(String(decoding: literal, as: UTF8.self))) }
            literal = []
        }
        while at < bytes.count {
            let byte = bytes[at]
            if byte == end || (byte == UInt8(ascii: "|") && end != nil) { break }
            at += 1
            switch byte {
            case UInt8(ascii: "("):
                flush()
                parts.append(alternatives(until: UInt8(ascii: ")")))
            case UInt8(ascii: "["):
                flush()
                parts.append(.optional(alternatives(until: UInt8(ascii: "]"))))
            case UInt8(ascii: "{"):
                flush()
                parts.append(slot())
            default: literal.append(byte)
            }
        }
        flush()
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func slot() -> Pattern {
        var inner: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "}") {
            inner.append(bytes[at])
            at += 1
        }
        at += 1
        var forms = String(decoding: inner, as: UTF8.self).split(separator: ".").map(String.init)
        let head = (forms.isEmpty ? "" : forms.removeFirst()).split(separator: ":").map(String.init)
        return .slot(list: head.first ?? "", name: head.count > 1 ? head[1] : nil, forms: forms)
    }
}

/// Patterns written one a line.
struct Patterns: Sendable {
    let all: [Pattern]

    init(_ lines: String) {
        all = lines.split(separator: "\n").map { Pattern($0.trimmed) }
    }

    init(all: [Pattern]) {
        self.all = all
    }
}

extension Substring {
    var trimmed: String {
        var part = self
        while let first = part.first, first.isWhitespace { part.removeFirst() }
        while let last = part.last, last.isWhitespace { part.removeLast() }
        return String(part)
    }
}

/// What is known while a document is being written: the draws so far and the names given to them.
struct Scene {
    var random: RandomSource
    var known: [String: String] = [:]

    init(_ random: RandomSource) {
        self.random = random
    }

    /// A sentence or more: articles agree, sentences begin with a capital.
    mutating func prose(_ patterns: Patterns) -> String {
        Self.finish(raw(random.pick(patterns.all)), capitals: true)
    }

    mutating func prose(_ source: String) -> String {
        Self.finish(raw(Pattern(source)), capitals: true)
    }

    /// A part of a sentence, with articles but as it is otherwise.
    mutating func phrase(_ source: String) -> String {
        Self.finish(raw(Pattern(source)), capitals: false)
    }

    mutating func phrase(_ patterns: Patterns) -> String {
        Self.finish(raw(random.pick(patterns.all)), capitals: false)
    }

    /// `count` different sentences of the list, in the list's order or shuffled.
    mutating func sentences(_ patterns: Patterns, _ count: Int, ordered: Bool = false) -> String {
        let drawn = random.sample(Array(patterns.all.indices), count)
        let chosen = ordered ? drawn.sorted() : drawn
        return chosen.map { Self.finish(raw(patterns.all[$0]), capitals: true) }.joined(separator: " ")
    }

    mutating func word(_ list: String) -> String {
        guard let words = Lexicon.lists[list] else { return list }
        return random.pick(words)
    }

    mutating func words(_ list: String, _ count: Int) -> [String] {
        random.sample(Lexicon.lists[list] ?? [list], count)
    }

    private mutating func raw(_ pattern: Pattern) -> String {
        switch pattern {
        case .text(let text): return text
        case .choice(let options): return raw(random.pick(options))
        case .optional(let part): return random.chance(0.5) ? raw(part) : ""
        case .sequence(let parts):
            var text = ""
            for part in parts { text += raw(part) }
            return text
        case .slot(let list, let name, let forms):
            var value: String
            if let name {
                value = word(list)
                known[name] = value
            } else {
                value = known[list] ?? word(list)
            }
            for form in forms { value = Self.inflect(value, form) }
            return value
        }
    }

    private static func inflect(_ word: String, _ form: String) -> String {
        switch form {
        case "s": Morphology.plural(word)
        case "es": Morphology.present(word)
        case "ed": Morphology.past(word)
        case "ing": Morphology.progressive(word)
        case "er", "est": Morphology.comparative(word, form)
        case "cap": Morphology.capitalized(word)
        default: word
        }
    }

    static func finish(_ text: String, capitals: Bool) -> String {
        var result = ""
        var startsSentence = capitals
        var index = text.startIndex
        var lastWasSpace = true
        while index < text.endIndex {
            let character = text[index]
            index = text.index(after: index)
            if character == "@", index < text.endIndex, text[index] == " " {
                let article = Morphology.article(before: text[text.index(after: index)...])
                result += startsSentence ? Morphology.capitalized(article) : article
                startsSentence = false
                lastWasSpace = false
                continue
            }
            if character == " ", lastWasSpace { continue }
            lastWasSpace = character == " "
            if startsSentence, character.isLetter || character.isNumber {
                result += character.uppercased()
                startsSentence = false
            } else {
                result.append(character)
            }
            if capitals, ".!?".contains(character), index == text.endIndex || text[index] == " " {
                startsSentence = true
            } else if startsSentence, !character.isWhitespace, character != "\"", !".!?".contains(character) {
                startsSentence = false
            }
        }
        return result
    }
}

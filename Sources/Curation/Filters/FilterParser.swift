import Foundation

extension FilterExpression {
    /// Reads a filter. Terms stand side by side (all must hold) or are joined with `or`, `not` and brackets.
    ///
    /// - `word`, `"some words"`: in the text, in any letter case; `prompt:word`, `answer:word` in that part
    /// - `status:kept`, `edited:yes`, `marked:yes`, `skipped:yes`, `tag:x`, `note:yes`, `role:tool`, `lang:de`
    /// - findings by name: `dup neardup pii pii:email empty cut conflict label badjson keys refusal hidden foreign
    ///   repeat long`; in double quotes they are words again
    /// - `tokens>200`, `trained=0`, `words<5`, `len>=1000`, `answer<10`, `turns>2`, `line=12`, `row=3`, `score>0.9`
    /// - `source:forum` or any other field of the file; `/regular expression/`
    /// - Throws: `FilterError` with the place.
    public init(parsing text: String) throws(FilterError) {
        var parser = FilterParser(text)
        self = try parser.whole()
    }
}

private struct FilterParser {
    private let characters: [Character]
    private var position = 0

    init(_ text: String) { characters = Array(text) }

    mutating func whole() throws(FilterError) -> FilterExpression {
        skipSpace()
        if position == characters.count { return .all }
        let expression = try either(depth: 0)
        skipSpace()
        if position < characters.count { throw failure("')' without '('") }
        return expression
    }

    private mutating func either(depth: Int) throws(FilterError) -> FilterExpression {
        if depth > 50 { throw failure("brackets are nested too deeply") }
        var terms = [try both(depth: depth)]
        while takeOperator("or", "|") { terms.append(try both(depth: depth)) }
        return terms.count == 1 ? terms[0] : .or(terms)
    }

    private mutating func both(depth: Int) throws(FilterError) -> FilterExpression {
        var terms = [try single(depth: depth)]
        while true {
            let joined = takeOperator("and", "&")
            skipSpace()
            if position == characters.count || characters[position] == ")" || peekOperator("or", "|") {
                if joined { throw failure("a term must follow 'and'") }
                return terms.count == 1 ? terms[0] : .and(terms)
            }
            terms.append(try single(depth: depth))
        }
    }

    private mutating func single(depth: Int) throws(FilterError) -> FilterExpression {
        skipSpace()
        if takeOperator("not", "!") || takeMinus() {
            if depth > 50 { throw failure("too many negations") }
            return .not(try single(depth: depth + 1))
        }
        guard position < characters.count else { throw failure("a term is missing") }
        switch characters[position] {
        case "(":
            let open = position
            position += 1
            let inner = try either(depth: depth + 1)
            skipSpace()
            guard position < characters.count, characters[position] == ")" else {
                throw FilterError(position: open, reason: "'(' is not closed")
            }
            position += 1
            return inner
        case ")": throw failure("a term is missing before ')'")
        case "|", "&": throw failure("a term is missing before '\(characters[position])'")
        case "\"": return .text(try quoted(), in: .anywhere)
        case "/": return try pattern()
        default:
            for (word, sign) in [("and", "&"), ("or", "|")] as [(String, Character)] where peekOperator(word, sign) {
                throw failure("a term is missing before '\(word)'")
            }
            return try term()
        }
    }

    // MARK: Terms

    private mutating func term() throws(FilterError) -> FilterExpression {
        let start = position
        let word = bareWord(stopAtOperators: true)
        let afterWord = position
        if FilterExpression.NumberField(rawValue: word.lowercased()) != nil { skipSpace() }
        let comparison = takeComparison()
        if comparison == nil { position = afterWord }
        if let comparison {
            guard let field = FilterExpression.NumberField(rawValue: word.lowercased()) else {
                let known = FilterExpression.NumberField.allCases.map(\.rawValue).joined(separator: " ")
                throw FilterError(position: start, reason: "'\(word)' is no number of a row; there are \(known)")
            }
            skipSpace()
            let place = position
            let number = bareWord(stopAtOperators: true)
            guard let value = Double(number), value.isFinite else {
                throw FilterError(position: place, reason: "a number must follow '\(word)\(comparison.rawValue)'")
            }
            return .number(field, comparison, value)
        }
        if position < characters.count, characters[position] == ":", !word.isEmpty {
            // A web address is a text, not a field.
            if position + 2 < characters.count, characters[position + 1] == "/", characters[position + 2] == "/" {
                return .text(word + bareWord(stopAtOperators: false), in: .anywhere)
            }
            position += 1
            let place = position
            let value = try fieldValue()
            return try field(word.lowercased(), named: word, value: value, at: start, valueAt: place)
        }
        if word.isEmpty { throw failure("a term cannot begin with '\(characters[position])'") }
        if let signal = Signal(rawValue: word.lowercased()) { return .signal(signal) }
        return .text(word, in: .anywhere)
    }

    private func field(
        _ name: String, named original: String, value: String, at start: Int, valueAt place: Int
    ) throws(FilterError) -> FilterExpression {
        func refuse(_ known: [String]) -> FilterError {
            FilterError(
                position: place,
                reason: "'\(value)' is not known for \(name); there are \(known.joined(separator: " "))")
        }
        if value.isEmpty { throw FilterError(position: place, reason: "a value must follow '\(original):'") }
        let lower = value.lowercased()
        switch name {
        case "text": return .text(value, in: .anywhere)
        case "prompt": return .text(value, in: .prompt)
        case "answer": return .text(value, in: .answer)
        case "role": return .role(lower)
        case "tag": return .tag(value)
        case "status":
            guard let status = CurationStatus(rawValue: lower) else {
                throw refuse(CurationStatus.allCases.map(\.rawValue))
            }
            return .status(status)
        case "edited", "marked", "skipped", "note":
            guard let flag = ["yes": true, "true": true, "no": false, "false": false][lower] else {
                throw refuse(["yes", "no"])
            }
            return name == "edited"
                ? .isEdited(flag)
                : name == "marked"
                    ? .isMarked(flag)
                    : name == "skipped" ? .isSkipped(flag) : .hasNote(flag)
        case "is", "has", "signal":
            guard let signal = Signal(rawValue: lower) else { throw refuse(Signal.allCases.map(\.rawValue)) }
            return .signal(signal)
        case "pii":
            guard let kind = PIIKind(rawValue: lower) else { throw refuse(PIIKind.allCases.map(\.rawValue)) }
            return .pii(kind)
        case "lang", "language":
            guard let language = Language(rawValue: lower) else { throw refuse(Language.allCases.map(\.rawValue)) }
            return .language(language)
        case "line", "row", "tokens", "words", "turns", "len", "chars", "trained", "score":
            guard let field = FilterExpression.NumberField(rawValue: name), let number = Double(value) else {
                throw FilterError(position: place, reason: "a number must follow '\(original):'")
            }
            return .number(field, .equal, number)
        default: return .column(original, value)
        }
    }

    private mutating func fieldValue() throws(FilterError) -> String {
        if position < characters.count, characters[position] == "\"" { return try quoted() }
        return bareWord(stopAtOperators: false)
    }

    private mutating func quoted() throws(FilterError) -> String {
        let open = position
        position += 1
        var text = ""
        while position < characters.count {
            let character = characters[position]
            position += 1
            if character == "\"" { return text }
            if character == "\\", position < characters.count {
                text.append(characters[position])
                position += 1
            } else {
                text.append(character)
            }
        }
        throw FilterError(position: open, reason: "the quotation mark is not closed")
    }

    private mutating func pattern() throws(FilterError) -> FilterExpression {
        let open = position
        position += 1
        var text = ""
        while position < characters.count, characters[position] != "/" {
            if characters[position] == "\\", position + 1 < characters.count, characters[position + 1] == "/" {
                position += 1
            }
            text.append(characters[position])
            position += 1
        }
        guard position < characters.count else { throw FilterError(position: open, reason: "'/' is not closed") }
        position += 1
        if text.isEmpty { throw FilterError(position: open, reason: "the regular expression is empty") }
        guard (try? NSRegularExpression(pattern: text)) != nil else {
            throw FilterError(position: open, reason: "'\(text)' is no valid regular expression")
        }
        return .pattern(text)
    }

    // MARK: Characters

    private mutating func bareWord(stopAtOperators: Bool) -> String {
        var word = ""
        while position < characters.count {
            let character = characters[position]
            if character.isWhitespace || character == "(" || character == ")" || character == "|" || character == "&" {
                break
            }
            if stopAtOperators, character == ":" || character == "<" || character == ">" || character == "=" { break }
            if stopAtOperators, character == "!", position + 1 < characters.count, characters[position + 1] == "=" {
                break
            }
            word.append(character)
            position += 1
        }
        return word
    }

    private mutating func takeComparison() -> FilterExpression.Comparison? {
        // Longer signs first, so that `<=` is not taken for `<`.
        for comparison in FilterExpression.Comparison.allCases.sorted(by: { $0.rawValue.count > $1.rawValue.count }) {
            let sign = Array(comparison.rawValue)
            guard characters.count - position >= sign.count,
                Array(characters[position..<(position + sign.count)]) == sign
            else { continue }
            position += sign.count
            return comparison
        }
        return nil
    }

    private mutating func takeMinus() -> Bool {
        guard position + 1 < characters.count, characters[position] == "-", !characters[position + 1].isWhitespace,
            !characters[position + 1].isNumber
        else { return false }
        position += 1
        return true
    }

    private func peekOperator(_ word: String, _ sign: Character) -> Bool {
        guard position < characters.count else { return false }
        if characters[position] == sign {
            return !(sign == "!" && position + 1 < characters.count && characters[position + 1] == "=")
        }
        let end = position + word.count
        guard end <= characters.count, String(characters[position..<end]).lowercased() == word else { return false }
        return end == characters.count || characters[end].isWhitespace || characters[end] == "("
    }

    private mutating func takeOperator(_ word: String, _ sign: Character) -> Bool {
        skipSpace()
        guard peekOperator(word, sign) else { return false }
        if characters[position] == sign {
            position += 1
            // `&&` and `||` are habits of programmers.
            if sign != "!", position < characters.count, characters[position] == sign { position += 1 }
        } else {
            position += word.count
        }
        return true
    }

    private mutating func skipSpace() {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
    }

    private func failure(_ reason: String) -> FilterError { FilterError(position: position, reason: reason) }
}

import OrderedJSON

extension ColumnMapping {
    /// Turns a row into an example by this mapping; fields that play no part go to `extra`.
    func example(from row: JSONObject, line: Int) throws(RowMisfit) -> Example {
        var used: Set<String> = []
        let content: Example.Content
        switch shape {
        case .alpaca: content = try alpaca(row, used: &used)
        case .messages, .sharegpt: content = try conversation(row, used: &used)
        case .promptCompletion: content = try completion(row, used: &used)
        case .text: content = .text(try string(.text, in: row, used: &used))
        case .preference: content = try preference(row, used: &used)
        }
        try Self.refuseNothing(content)
        var extra: JSONObject = [:]
        for (key, value) in row where !used.contains(key) { extra[key] = value }
        return Example(content: content, line: line, extra: extra)
    }

    private static func refuseNothing(_ content: Example.Content) throws(RowMisfit) {
        switch content {
        case .chat(let messages, _) where messages.isEmpty: throw RowMisfit(reason: "the list of messages is empty")
        case .preference(_, let chosen, let rejected) where chosen.isEmpty || rejected.isEmpty:
            throw RowMisfit(reason: "'chosen' and 'rejected' must both hold an answer")
        default: return
        }
    }

    // MARK: Shapes

    private func alpaca(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        let instruction = try string(.instruction, in: row, used: &used)
        let input = try optionalString(.input, in: row, used: &used) ?? ""
        var messages = try systemTurn(row, used: &used)
        if let field = fields[.history], let history = row.value(at: field) {
            used.insert(field)
            messages += try Self.history(history, field: field)
        }
        let prompt = input.isEmpty ? instruction : instruction.isEmpty ? input : instruction + "\n" + input
        messages.append(ChatMessage(role: "user", content: prompt))
        messages.append(ChatMessage(role: "assistant", content: try string(.output, in: row, used: &used)))
        return .chat(messages, tools: nil)
    }

    private static func history(_ value: JSONValue, field: String) throws(RowMisfit) -> [ChatMessage] {
        guard let pairs = value.array else {
            throw RowMisfit(reason: "'\(field)' is \(value.kind), not a list of [question, answer]")
        }
        var messages: [ChatMessage] = []
        for (index, pair) in pairs.enumerated() {
            guard let texts = pair.array, texts.count == 2, let question = texts[0].string, let answer = texts[1].string
            else { throw RowMisfit(reason: "element \(index + 1) of '\(field)' is not [question, answer]") }
            messages.append(ChatMessage(role: "user", content: question))
            messages.append(ChatMessage(role: "assistant", content: answer))
        }
        return messages
    }

    private func conversation(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        let (field, value) = try needed(.messages, in: row, used: &used)
        var messages = try MessageReading.messages(value, field: field)
        let system = try systemTurn(row, used: &used)
        if messages.first?.role != "system" { messages = system + messages }
        return .chat(messages, tools: try tools(row, used: &used))
    }

    /// A list of tool descriptions, or such a list written as a JSON text.
    private func tools(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> JSONValue? {
        guard let field = fields[.tools], var value = row.value(at: field) else { return nil }
        used.insert(field)
        if let text = value.string {
            if text.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x0A }) { return nil }
            guard let parsed = try? JSONValue(parsing: text) else {
                throw RowMisfit(reason: "'\(field)' is a text that is not valid JSON")
            }
            value = parsed
        }
        if value.object != nil { value = .array([value]) }
        guard let list = value.array else {
            throw RowMisfit(reason: "'\(field)' is \(value.kind), not a list of tools")
        }
        return list.isEmpty ? nil : value
    }

    private func completion(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        let (promptField, prompt) = try needed(.prompt, in: row, used: &used)
        let (completionField, completion) = try needed(.completion, in: row, used: &used)
        // Both may be lists of messages: a conversation cut where the answer begins.
        if prompt.array != nil || completion.array != nil {
            let before = try turns(prompt, role: "user", field: promptField)
            let after = try turns(completion, role: "assistant", field: completionField)
            return .chat(before + after, tools: nil)
        }
        guard let prompt = prompt.string else {
            throw RowMisfit(reason: "'\(promptField)' is \(prompt.kind), not a text")
        }
        guard let completion = completion.string else {
            throw RowMisfit(reason: "'\(completionField)' is \(completion.kind), not a text")
        }
        let system = try systemTurn(row, used: &used)
        if asChat || !system.isEmpty {
            return .chat(
                system + [
                    ChatMessage(role: "user", content: prompt), ChatMessage(role: "assistant", content: completion),
                ], tools: nil)
        }
        return .completion(prompt: prompt, completion: completion)
    }

    // MARK: Preference

    private func preference(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        var prompt = try systemTurn(row, used: &used)
        for part in [Part.prompt, .messages] {
            guard let field = fields[part], let value = row.value(at: field) else { continue }
            used.insert(field)
            prompt += try turns(value, role: "user", field: field)
        }
        let (rejectedField, rejected) = try needed(.rejected, in: row, used: &used)
        let hasChosen = fields[.chosen].map { row.value(at: $0) != nil } ?? false
        if !hasChosen, let last = prompt.last, last.isAnswer {
            // The conversation itself ends in the preferred answer.
            return .preference(
                prompt: Array(prompt.dropLast()), chosen: [last],
                rejected: try turns(rejected, role: "assistant", field: rejectedField))
        }
        let (chosenField, chosen) = try needed(.chosen, in: row, used: &used)
        let good = try turns(chosen, role: "assistant", field: chosenField)
        let bad = try turns(rejected, role: "assistant", field: rejectedField)
        return Self.withoutSharedStart(prompt: prompt, chosen: good, rejected: bad)
    }

    /// With no prompt of its own, a pair says it twice: the turns both lists begin with are the prompt.
    private static func withoutSharedStart(
        prompt: [ChatMessage], chosen: [ChatMessage], rejected: [ChatMessage]
    ) -> Example.Content {
        var shared = 0
        let most = min(chosen.count, rejected.count) - 1
        while shared < most, chosen[shared] == rejected[shared] { shared += 1 }
        if shared == 0 { return .preference(prompt: prompt, chosen: chosen, rejected: rejected) }
        let start = Array(chosen.prefix(shared))
        // Some sets give the prompt and repeat it at the start of both answers.
        let repeats = start.count >= prompt.count && Array(start.suffix(prompt.count)) == prompt
        return .preference(
            prompt: repeats ? start : prompt + start,
            chosen: Array(chosen.dropFirst(shared)), rejected: Array(rejected.dropFirst(shared)))
    }

    /// A text, one message, a list of messages, or a transcript of `Human:` and `Assistant:` paragraphs.
    private func turns(_ value: JSONValue, role: String, field: String) throws(RowMisfit) -> [ChatMessage] {
        switch value {
        case .string(let text): Self.transcript(text) ?? [ChatMessage(role: role, content: text)]
        case .object: [try MessageReading.message(value, named: "'\(field)'")]
        default: try MessageReading.messages(value, field: field)
        }
    }

    /// The turns of `\n\nHuman: …\n\nAssistant: …`, as Anthropic's preference sets are published.
    static func transcript(_ text: String) -> [ChatMessage]? {
        let marks: [(mark: String, role: String)] = [("\n\nHuman:", "user"), ("\n\nAssistant:", "assistant")]
        guard text.hasPrefix(marks[0].mark) else { return nil }
        var messages: [ChatMessage] = []
        var role = ""
        var content = ""
        func close() {
            guard !role.isEmpty else { return }
            let text = content.hasPrefix(" ") ? String(content.dropFirst()) : content
            messages.append(ChatMessage(role: role, content: text))
        }
        var rest = text[...]
        while !rest.isEmpty {
            if let found = marks.first(where: { rest.hasPrefix($0.mark) }) {
                close()
                (role, content) = (found.role, "")
                rest = rest.dropFirst(found.mark.count)
                continue
            }
            let next = rest.dropFirst().firstIndex(of: "\n") ?? rest.endIndex
            content += rest[..<next]
            rest = rest[next...]
        }
        close()
        return messages
    }

    // MARK: Fields

    private func systemTurn(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> [ChatMessage] {
        guard let text = try optionalString(.system, in: row, used: &used), !text.isEmpty else { return [] }
        return [ChatMessage(role: "system", content: text)]
    }

    private func needed(
        _ part: Part, in row: JSONObject, used: inout Set<String>
    ) throws(RowMisfit) -> (field: String, value: JSONValue) {
        let field = fields[part] ?? part.rawValue
        guard let value = row.value(at: field) else {
            throw RowMisfit(reason: row[field] == nil ? "the field '\(field)' is missing" : "'\(field)' is null")
        }
        used.insert(field)
        return (field, value)
    }

    private func string(_ part: Part, in row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> String {
        let (field, value) = try needed(part, in: row, used: &used)
        guard let text = value.string else { throw RowMisfit(reason: "'\(field)' is \(value.kind), not a text") }
        return text
    }

    private func optionalString(
        _ part: Part, in row: JSONObject, used: inout Set<String>
    ) throws(RowMisfit) -> String? {
        guard let field = fields[part], let value = row.value(at: field) else { return nil }
        guard let text = value.string else { throw RowMisfit(reason: "'\(field)' is \(value.kind), not a text") }
        used.insert(field)
        return text
    }
}

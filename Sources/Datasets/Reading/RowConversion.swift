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
        case .feedback: content = try feedback(row, used: &used)
        case .stepwise: content = try steps(row, used: &used)
        case .tokens: content = try tokens(row, used: &used)
        case .curated: return try CuratedRow(json: .object(row)).original
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
        case .feedback(_, let completion, _) where completion.isEmpty:
            throw RowMisfit(reason: "there is no answer to be wanted or not")
        case .steps(_, let completions, _) where completions.isEmpty:
            throw RowMisfit(reason: "the list of steps is empty")
        default: return
        }
    }

    // MARK: Shapes

    private func alpaca(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        let instruction = try string(.instruction, in: row, used: &used)
        let input = try optionalString(.input, in: row, used: &used) ?? ""
        var messages = try systemTurn(row, used: &used)
        messages += try history(row, used: &used)
        let prompt = input.isEmpty ? instruction : instruction.isEmpty ? input : instruction + "\n" + input
        messages.append(ChatMessage(role: "user", content: prompt))
        messages.append(ChatMessage(role: "assistant", content: try string(.output, in: row, used: &used)))
        return .chat(messages, tools: nil)
    }

    /// Earlier questions and answers, a list of pairs.
    func history(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> [ChatMessage] {
        guard let field = fields[.history], let value = row.value(at: field) else { return [] }
        Self.mark(field, in: row, used: &used)
        guard let pairs = value.parsedList.array else {
            if value.isEmptyText { return [] }
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
        var messages = try MessageReading.messages(value.parsedList, field: field, tags: tags)
        let system = try systemTurn(row, used: &used)
        if messages.first?.role != "system" { messages = system + messages }
        return .chat(messages, tools: try tools(row, used: &used))
    }

    /// A list of tool descriptions, or such a list written as a JSON text.
    func tools(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> JSONValue? {
        guard let field = fields[.tools], var value = row.value(at: field) else { return nil }
        Self.mark(field, in: row, used: &used)
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
            let system = try systemTurn(row, used: &used)
            let before = try turns(prompt, role: "user", field: promptField)
            let after = try turns(completion, role: "assistant", field: completionField)
            return .chat((before.first?.role == "system" ? [] : system) + before + after, tools: nil)
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

    // MARK: Fields

    func systemTurn(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> [ChatMessage] {
        guard let text = try optionalString(.system, in: row, used: &used), !text.isEmpty else { return [] }
        return [ChatMessage(role: "system", content: text)]
    }

    func needed(
        _ part: Part, in row: JSONObject, used: inout Set<String>
    ) throws(RowMisfit) -> (field: String, value: JSONValue) {
        let field = fields[part] ?? part.rawValue
        guard let value = row.value(at: field) else {
            throw RowMisfit(reason: row[field] == nil ? "the field '\(field)' is missing" : "'\(field)' is null")
        }
        Self.mark(field, in: row, used: &used)
        return (field, value)
    }

    func string(_ part: Part, in row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> String {
        let (field, value) = try needed(part, in: row, used: &used)
        guard let text = value.string else { throw RowMisfit(reason: "'\(field)' is \(value.kind), not a text") }
        return text
    }

    func optionalString(
        _ part: Part, in row: JSONObject, used: inout Set<String>
    ) throws(RowMisfit) -> String? {
        guard let field = fields[part], let value = row.value(at: field) else { return nil }
        guard let text = value.string else { throw RowMisfit(reason: "'\(field)' is \(value.kind), not a text") }
        Self.mark(field, in: row, used: &used)
        return text
    }

    /// A field that is taken whole plays its part; one that a path reaches into stays beside the example with all
    /// that it holds.
    static func mark(_ field: String, in row: JSONObject, used: inout Set<String>) {
        if row[field] != nil { used.insert(field) }
    }
}

extension JSONValue {
    /// A list or object that a table holds as JSON text; else the value as it is.
    var parsedList: JSONValue {
        guard let text = string, let first = text.utf8.first(where: { $0 != 0x20 }),
            first == UInt8(ascii: "[") || first == UInt8(ascii: "{"), let parsed = try? JSONValue(parsing: text)
        else { return self }
        return parsed
    }

    /// Nothing but white space.
    var isEmptyText: Bool { string?.utf8.allSatisfy(DatasetFile.isSpace) ?? false }
}

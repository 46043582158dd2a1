import OrderedJSON

/// Rows that say which answer is good: pairs, single answers with a verdict, answers judged step by step.
extension ColumnMapping {
    // MARK: Pairs

    func preference(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        let prompt = try self.prompt(row, used: &used)
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

    /// System text, earlier turns and the prompt, in whichever fields the mapping has for them.
    private func prompt(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> [ChatMessage] {
        let system = try systemTurn(row, used: &used)
        var prompt = try history(row, used: &used)
        for part in [Part.prompt, .messages] {
            guard let field = fields[part], let value = row.value(at: field) else { continue }
            Self.mark(field, in: row, used: &used)
            prompt += try turns(part == .messages ? value.parsedList : value, role: "user", field: field)
        }
        if let input = try optionalString(.input, in: row, used: &used), !input.isEmpty {
            if let last = prompt.indices.last, prompt[last].role == "user" {
                prompt[last].content += (prompt[last].content.isEmpty ? "" : "\n") + input
            } else {
                prompt.append(ChatMessage(role: "user", content: input))
            }
        }
        return (prompt.first?.role == "system" ? [] : system) + prompt
    }

    // MARK: Verdicts

    func feedback(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        let (labelField, label) = try needed(.label, in: row, used: &used)
        guard let isWanted = Self.verdict(label) else {
            throw RowMisfit(reason: "'\(labelField)' is neither true nor false")
        }
        var prompt = try self.prompt(row, used: &used)
        let completion: [ChatMessage]
        if let field = fields[.completion], let value = row.value(at: field) {
            Self.mark(field, in: row, used: &used)
            completion = try turns(value, role: "assistant", field: field)
        } else {
            // The conversation itself ends in the answer that was judged.
            guard let last = prompt.last, last.isAnswer else {
                throw RowMisfit(reason: "no answer comes last, which the label could be about")
            }
            prompt.removeLast()
            completion = [last]
        }
        return .feedback(prompt: prompt, completion: completion, isWanted: isWanted)
    }

    /// True and false, also as 1 and 0 and as tables write them.
    static func verdict(_ value: JSONValue) -> Bool? {
        switch value {
        case .bool(let flag): return flag
        case .integer(1), .number(1): return true
        case .integer(0), .number(0): return false
        case .string(let text):
            switch text.lowercased() {
            case "true", "1": return true
            case "false", "0": return false
            default: return nil
            }
        default: return nil
        }
    }

    // MARK: Steps

    func steps(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        let system = try systemTurn(row, used: &used)
        let (promptField, promptValue) = try needed(.prompt, in: row, used: &used)
        let (field, value) = try needed(.completions, in: row, used: &used)
        let (labelField, labelValue) = try needed(.labels, in: row, used: &used)
        guard let list = value.parsedList.array else {
            throw RowMisfit(reason: "'\(field)' is \(value.kind), not a list of texts")
        }
        guard let verdicts = labelValue.parsedLabels else {
            throw RowMisfit(reason: "'\(labelField)' is \(labelValue.kind), not a list of true and false")
        }
        guard list.count == verdicts.count else {
            throw RowMisfit(reason: "'\(field)' has \(list.count) steps and '\(labelField)' \(verdicts.count)")
        }
        var completions: [String] = []
        var labels: [Bool] = []
        for (index, (step, label)) in zip(list, verdicts).enumerated() {
            guard let text = step.string, let verdict = Self.verdict(label) else {
                throw RowMisfit(
                    reason: "element \(index + 1) of '\(field)' or '\(labelField)' is no text or neither true nor false"
                )
            }
            completions.append(text)
            labels.append(verdict)
        }
        return .steps(
            prompt: system + (try turns(promptValue, role: "user", field: promptField)), completions: completions,
            labels: labels)
    }

    // MARK: Tokens

    func tokens(_ row: JSONObject, used: inout Set<String>) throws(RowMisfit) -> Example.Content {
        let (_, ids) = try needed(.inputIDs, in: row, used: &used)
        func optional(_ part: Part) -> JSONValue? {
            guard let field = fields[part], let value = row.value(at: field) else { return nil }
            Self.mark(field, in: row, used: &used)
            return value.parsedList
        }
        return .tokens(
            try TokenRow(ids: ids.parsedList, attentionMask: optional(.attentionMask), labels: optional(.labels)))
    }

    // MARK: Turns

    /// A text, one message, a list of messages, or a transcript of `Human:` and `Assistant:` paragraphs.
    func turns(_ value: JSONValue, role: String, field: String) throws(RowMisfit) -> [ChatMessage] {
        switch value {
        case .string(let text): Self.transcript(text) ?? [ChatMessage(role: role, content: text)]
        case .object: [try MessageReading.message(value, named: "'\(field)'", tags: tags)]
        default: try MessageReading.messages(value, field: field, tags: tags)
        }
    }

    /// The turns of `\n\nHuman: …\n\nAssistant: …`, as Anthropic's preference sets are published.
    static func transcript(_ text: String) -> [ChatMessage]? {
        let bytes = Array(text.utf8)
        let marks: [(mark: [UInt8], role: String)] = [
            (Array("\n\nHuman:".utf8), "user"), (Array("\n\nAssistant:".utf8), "assistant"),
        ]
        guard bytes.starts(with: marks[0].mark) else { return nil }
        var messages: [ChatMessage] = []
        var role = ""
        var start = 0
        func close(at end: Int) {
            guard !role.isEmpty else { return }
            let first = start < end && bytes[start] == 0x20 ? start + 1 : start
            messages.append(ChatMessage(role: role, content: String(decoding: bytes[first..<end], as: UTF8.self)))
        }
        var position = 0
        while position < bytes.count {
            if bytes[position] == 0x0A, let found = marks.first(where: { bytes[position...].starts(with: $0.mark) }) {
                close(at: position)
                role = found.role
                position += found.mark.count
                start = position
            } else {
                position += 1
            }
        }
        close(at: bytes.count)
        return messages
    }
}

extension JSONValue {
    /// A list, also as Python prints one of flags.
    fileprivate var parsedLabels: [JSONValue]? {
        if let list = parsedList.array { return list }
        guard let text = string, text.hasPrefix("["), text.hasSuffix("]") else { return nil }
        return text.dropFirst().dropLast().split(separator: ",").map { part in
            .string(part.filter { $0 != " " })
        }
    }
}

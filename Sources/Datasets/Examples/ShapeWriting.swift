import OrderedJSON

/// Examples as rows of a shape. What would not come back as it was when the row is read again is refused.
enum ShapeWriting {
    static func members(_ example: Example, _ shape: RowShape) throws(RowMisfit) -> JSONObject {
        switch shape {
        case .messages:
            let (messages, tools) = try conversation(example)
            var members: JSONObject = ["messages": try list(messages)]
            members["tools"] = tools
            return members
        case .sharegpt:
            let (messages, tools) = try conversation(example)
            var turns: [JSONValue] = []
            for message in messages { turns.append(try shareGPT(message)) }
            var members: JSONObject = ["conversations": .array(turns)]
            members["tools"] = tools.map { .string($0.serialized(.python)) }
            return members
        case .alpaca: return try alpaca(example)
        case .promptCompletion: return try pair(example)
        case .text:
            guard case .text(let text) = example.content else {
                throw RowMisfit(reason: "it has turns; render it first")
            }
            return ["text": .string(text)]
        case .preference:
            guard case .preference(let prompt, let chosen, let rejected) = example.content else {
                throw RowMisfit(reason: "it has no rejected answer")
            }
            return ["prompt": try list(prompt), "chosen": try list(chosen), "rejected": try list(rejected)]
        case .feedback:
            guard case .feedback(let prompt, let completion, let isWanted) = example.content else {
                throw RowMisfit(reason: "it does not say whether its answer is wanted")
            }
            return ["prompt": try list(prompt), "completion": try list(completion), "label": .bool(isWanted)]
        case .stepwise:
            guard case .steps(let prompt, let completions, let labels) = example.content else {
                throw RowMisfit(reason: "it has no steps")
            }
            return [
                "prompt": try list(prompt), "completions": .array(completions.map { .string($0) }),
                "labels": .array(labels.map { .bool($0) }),
            ]
        case .tokens:
            guard case .tokens(let row) = example.content else {
                throw RowMisfit(reason: "it is text and no tokens; each model has its own")
            }
            var members: JSONObject = ["input_ids": TokenRow.json(row.ids)]
            members["attention_mask"] = row.attentionMask.map(TokenRow.json)
            members["labels"] = row.labels.map(TokenRow.json)
            return members
        case .curated:
            return CuratedRow(original: example, decision: ImportedDecision(status: "undecided")).asJSON.object ?? [:]
        }
    }

    // MARK: Conversations

    private static func conversation(_ example: Example) throws(RowMisfit) -> ([ChatMessage], JSONValue?) {
        switch example.content {
        case .chat(let messages, let tools): return (messages, tools)
        case .completion(let prompt, let completion):
            return (
                [ChatMessage(role: "user", content: prompt), ChatMessage(role: "assistant", content: completion)], nil
            )
        default: throw RowMisfit(reason: "it is no conversation")
        }
    }

    private static func list(_ messages: [ChatMessage]) throws(RowMisfit) -> JSONValue {
        var found: [JSONValue] = []
        for message in messages {
            try refuseNames(in: message)
            found.append(message.asJSON)
        }
        return .array(found)
    }

    /// A field of a message that has the name of a part would take its place, or be lost.
    private static func refuseNames(in message: ChatMessage) throws(RowMisfit) {
        for name in ["role", "content", "from", "value"] where message.extra[name] != nil {
            throw RowMisfit(reason: "a message has a field '\(name)' beside its own")
        }
        if message.trains != nil, message.extra["train"] != nil {
            throw RowMisfit(reason: "a message has a field 'train' that is no flag")
        }
    }

    private static func shareGPT(_ message: ChatMessage) throws(RowMisfit) -> JSONValue {
        try refuseNames(in: message)
        let names = ["user": "human", "assistant": "gpt", "tool": "observation"]
        var extra = message.extra
        var members: JSONObject = [
            "from": .string(names[message.role] ?? message.role), "value": .string(message.content),
        ]
        if message.isAnswer, message.content.isEmpty, let calls = extra["tool_calls"], let text = callText(calls) {
            members = ["from": "function_call", "value": .string(text)]
            extra["tool_calls"] = nil
        }
        for (key, value) in extra { members[key] = value }
        if let trains = message.trains { members["train"] = .bool(trains) }
        return .object(members)
    }

    /// Calls as ShareGPT writes them, when nothing but name and arguments is said of them.
    private static func callText(_ calls: JSONValue) -> String? {
        guard let list = calls.array, !list.isEmpty else { return nil }
        var functions: [JSONValue] = []
        for call in list {
            guard let members = call.object, members.count == 2, members["type"] == "function",
                let function = members["function"], function["name"]?.string != nil
            else { return nil }
            functions.append(function)
        }
        return (functions.count == 1 ? functions[0] : .array(functions)).serialized(.python)
    }

    // MARK: Pairs

    private static let plainPair = "it is not one prompt and one answer"

    /// Texts stay texts; a question and its answer stay messages, which the chat template joins.
    private static func pair(_ example: Example) throws(RowMisfit) -> JSONObject {
        switch example.content {
        case .completion(let prompt, let completion):
            return ["prompt": .string(prompt), "completion": .string(completion)]
        case .chat(let messages, let tools):
            guard tools == nil, messages.count(where: \.isAnswer) == 1, messages.count >= 2,
                let last = messages.last, last.isAnswer
            else { throw RowMisfit(reason: tools == nil ? plainPair : "it has tools") }
            return ["prompt": try list(messages.dropLast()), "completion": try list([last])]
        default: throw RowMisfit(reason: plainPair)
        }
    }

    private static func alpaca(_ example: Example) throws(RowMisfit) -> JSONObject {
        let limits = "alpaca holds pairs of question and answer, with a system text before them"
        let (turns, tools) = try conversation(example)
        guard tools == nil else { throw RowMisfit(reason: "\(limits) and no tools") }
        guard turns.allSatisfy({ $0.extra.isEmpty && $0.trains == nil }) else {
            throw RowMisfit(reason: "\(limits); a turn of it has more than a text")
        }
        var messages = turns
        var row: JSONObject = [:]
        var system: String?
        if messages.first?.role == "system" { system = messages.removeFirst().content }
        guard system != "" else { throw RowMisfit(reason: "\(limits), which is empty here") }
        guard messages.count >= 2, messages.count.isMultiple(of: 2) else { throw RowMisfit(reason: limits) }
        for (index, message) in messages.enumerated() {
            guard message.role == (index.isMultiple(of: 2) ? "user" : "assistant") else {
                throw RowMisfit(reason: limits)
            }
        }
        row["instruction"] = .string(messages[messages.count - 2].content)
        row["input"] = ""
        row["output"] = .string(messages[messages.count - 1].content)
        row["system"] = system.map { .string($0) }
        let earlier = messages.dropLast(2)
        if !earlier.isEmpty {
            row["history"] = .array(
                stride(from: 0, to: earlier.count, by: 2).map {
                    [.string(earlier[$0].content), .string(earlier[$0 + 1].content)]
                })
        }
        return row
    }
}

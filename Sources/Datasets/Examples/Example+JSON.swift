public import OrderedJSON

/// Why a value kept earlier cannot be read back as an example.
public struct ExampleError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public init(reason: String) { self.reason = reason }
    public var description: String { reason }
}

extension Example {
    /// The canonical form that is kept in the workspace; `init(json:)` reads it back unchanged.
    ///
    /// `{"line", "messages", "tools"?}`, `{"line", "prompt", "completion"}`, `{"line", "text"}`,
    /// `{"line", "prompt": […], "chosen": […], "rejected": […]}`, `{"line", "prompt": […], "completion": […], "label"}`,
    /// `{"line", "prompt": […], "completions", "labels"}` or `{"line", "input_ids", "attention_mask"?, "labels"?}`,
    /// with `"extra"` and `"file"` when there are any.
    public var asJSON: JSONValue {
        var members: JSONObject = ["line": .integer(line)]
        switch content {
        case .chat(let messages, let tools):
            members["messages"] = .array(messages.map(\.asJSON))
            if let tools { members["tools"] = tools }
        case .completion(let prompt, let completion):
            members["prompt"] = .string(prompt)
            members["completion"] = .string(completion)
        case .text(let text):
            members["text"] = .string(text)
        case .preference(let prompt, let chosen, let rejected):
            members["prompt"] = .array(prompt.map(\.asJSON))
            members["chosen"] = .array(chosen.map(\.asJSON))
            members["rejected"] = .array(rejected.map(\.asJSON))
        case .feedback(let prompt, let completion, let isWanted):
            members["prompt"] = .array(prompt.map(\.asJSON))
            members["completion"] = .array(completion.map(\.asJSON))
            members["label"] = .bool(isWanted)
        case .steps(let prompt, let completions, let labels):
            members["prompt"] = .array(prompt.map(\.asJSON))
            members["completions"] = .array(completions.map { .string($0) })
            members["labels"] = .array(labels.map { .bool($0) })
        case .tokens(let row):
            members["input_ids"] = TokenRow.json(row.ids)
            members["attention_mask"] = row.attentionMask.map(TokenRow.json)
            members["labels"] = row.labels.map(TokenRow.json)
        }
        if let file { members["file"] = .string(file) }
        if !extra.isEmpty { members["extra"] = .object(extra) }
        return .object(members)
    }

    /// Reads the canonical form. `line` is 0 when it is not said, as after an edit by hand.
    public init(json: JSONValue) throws(ExampleError) {
        guard let members = json.object else {
            throw ExampleError(reason: "an example is an object, not \(json.kind)")
        }
        let content: Content
        if let messages = members["messages"] {
            content = .chat(try Self.messages(messages, in: "messages"), tools: members["tools"])
        } else if let text = members["text"] {
            guard let text = text.string else { throw ExampleError(reason: "'text' is \(text.kind), not a string") }
            content = .text(text)
        } else if let chosen = members["chosen"], let rejected = members["rejected"] {
            content = .preference(
                prompt: try Self.messages(members["prompt"] ?? .array([]), in: "prompt"),
                chosen: try Self.messages(chosen, in: "chosen"),
                rejected: try Self.messages(rejected, in: "rejected"))
        } else if let ids = members["input_ids"] {
            do {
                content = .tokens(
                    try TokenRow(ids: ids, attentionMask: members["attention_mask"], labels: members["labels"]))
            } catch { throw ExampleError(reason: error.reason) }
        } else if let completions = members["completions"]?.array {
            let texts = completions.compactMap(\.string)
            let labels = (members["labels"]?.array ?? []).compactMap(\.bool)
            guard texts.count == completions.count, labels.count == texts.count else {
                throw ExampleError(reason: "'completions' must be texts, with a true or false for each in 'labels'")
            }
            content = .steps(
                prompt: try Self.messages(members["prompt"] ?? .array([]), in: "prompt"), completions: texts,
                labels: labels)
        } else if let label = members["label"]?.bool, let completion = members["completion"], completion.array != nil {
            content = .feedback(
                prompt: try Self.messages(members["prompt"] ?? .array([]), in: "prompt"),
                completion: try Self.messages(completion, in: "completion"), isWanted: label)
        } else if let completion = members["completion"] {
            guard let prompt = (members["prompt"] ?? "").string, let completion = completion.string else {
                throw ExampleError(reason: "'prompt' and 'completion' must be strings")
            }
            content = .completion(prompt: prompt, completion: completion)
        } else {
            throw ExampleError(
                reason: "an example needs 'messages', 'text', 'prompt' and 'completion', 'chosen' and 'rejected', "
                    + "'completions' and 'labels', or 'input_ids'")
        }
        self.init(
            content: content, line: members["line"]?.int ?? 0, extra: members["extra"]?.object ?? [:],
            file: members["file"]?.string)
    }

    private static func messages(_ value: JSONValue, in field: String) throws(ExampleError) -> [ChatMessage] {
        do {
            return try MessageReading.messages(value, field: field)
        } catch {
            throw ExampleError(reason: error.reason)
        }
    }
}

extension TokenRow {
    static func json(_ numbers: [Int32]) -> JSONValue { .array(numbers.map { .integer(Int($0)) }) }

    /// - Throws: `RowMisfit` when the lists are no lists of tokens, or differ in length.
    init(ids: JSONValue, attentionMask: JSONValue?, labels: JSONValue?) throws(RowMisfit) {
        func numbers(_ value: JSONValue, _ name: String, least: Int) throws(RowMisfit) -> [Int32] {
            guard let list = value.array else { throw RowMisfit(reason: "'\(name)' is \(value.kind), not a list") }
            var found: [Int32] = []
            found.reserveCapacity(list.count)
            for (index, element) in list.enumerated() {
                guard let number = element.int ?? element.bool.map({ $0 ? 1 : 0 }), number >= least || number == -100,
                    let narrow = Int32(exactly: number), narrow >= 0 || name == "labels"
                else { throw RowMisfit(reason: "element \(index + 1) of '\(name)' is no token") }
                found.append(narrow)
            }
            return found
        }
        self.init(ids: try numbers(ids, "input_ids", least: 0))
        if let attentionMask, !attentionMask.isNull {
            self.attentionMask = try numbers(attentionMask, "attention_mask", least: 0)
        }
        if let labels, !labels.isNull { self.labels = try numbers(labels, "labels", least: 0) }
        guard !self.ids.isEmpty else { throw RowMisfit(reason: "'input_ids' is empty") }
        for (name, list) in [("attention_mask", self.attentionMask), ("labels", self.labels)] {
            if let list, list.count != self.ids.count {
                throw RowMisfit(reason: "'\(name)' has \(list.count) elements and 'input_ids' \(self.ids.count)")
            }
        }
    }
}

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
    /// `{"line", "messages", "tools"?}`, `{"line", "prompt", "completion"}`, `{"line", "text"}` or
    /// `{"line", "prompt": […], "chosen": […], "rejected": […]}`, with `"extra"` when there is any.
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
        }
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
        } else if let completion = members["completion"] {
            guard let prompt = (members["prompt"] ?? "").string, let completion = completion.string else {
                throw ExampleError(reason: "'prompt' and 'completion' must be strings")
            }
            content = .completion(prompt: prompt, completion: completion)
        } else {
            throw ExampleError(
                reason: "an example needs 'messages', 'text', 'prompt' and 'completion', or 'chosen' and 'rejected'")
        }
        self.init(content: content, line: members["line"]?.int ?? 0, extra: members["extra"]?.object ?? [:])
    }

    private static func messages(_ value: JSONValue, in field: String) throws(ExampleError) -> [ChatMessage] {
        do {
            return try MessageReading.messages(value, field: field)
        } catch {
            throw ExampleError(reason: error.reason)
        }
    }
}

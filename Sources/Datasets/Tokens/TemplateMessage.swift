public import OrderedJSON

/// Messages as chat templates read them.
public enum TemplateMessage {
    /// Names under which reasoning is stored, the one in force first.
    private static let reasoningNames = ["reasoning_content", "thinking", "reasoning"]

    /// The message as JSON. Typed parts and null content, kept in `extra`, stand for the content; arguments of tool calls
    /// that a file holds as JSON text become objects, which templates expect.
    public static func value(_ message: ChatMessage) -> JSONValue {
        var members: JSONObject = ["role": .string(message.role), "content": .string(message.content)]
        for (key, value) in message.extra where key != "role" { members[key] = value }
        if let calls = members["tool_calls"]?.array {
            members["tool_calls"] = .array(calls.map(withParsedArguments))
        }
        return .object(members)
    }

    /// Messages with their reasoning under every name that templates read: `reasoning_content` for all, and `thinking`
    /// beside it, as transformers hands them over.
    public static func withReasoningNames(_ messages: JSONValue) -> JSONValue {
        guard let list = messages.array else { return messages }
        return .array(list.map(withReasoningNames(message:)))
    }

    private static func withReasoningNames(message: JSONValue) -> JSONValue {
        guard let object = message.object,
            let reasoning = reasoningNames.lazy.compactMap({ object[$0] }).first(where: { !$0.isNull })
        else { return message }
        var members: JSONObject = ["thinking": reasoning]
        for (key, value) in object { members[key] = value }
        members["reasoning_content"] = reasoning
        return .object(members)
    }

    private static func withParsedArguments(_ call: JSONValue) -> JSONValue {
        guard var members = call.object else { return call }
        if let function = members["function"] { members["function"] = withParsedArguments(function) }
        if let text = members["arguments"]?.string, let parsed = try? JSONValue(parsing: text), parsed.object != nil {
            members["arguments"] = parsed
        }
        return .object(members)
    }
}

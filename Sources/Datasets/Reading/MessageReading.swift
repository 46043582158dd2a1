import OrderedJSON

/// Why a row does not fit its shape.
struct RowMisfit: Error {
    var reason: String
}

/// Lists of messages in the forms that files hold them: `role`/`content` or `from`/`value`, text or parts.
enum MessageReading {
    static func messages(
        _ value: JSONValue, field: String, tags: RoleTags? = nil
    ) throws(RowMisfit) -> [ChatMessage] {
        guard let elements = value.array else {
            throw RowMisfit(reason: "'\(field)' is \(value.kind), not a list of messages")
        }
        var messages: [ChatMessage] = []
        messages.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            messages.append(try message(element, named: "message \(index + 1) of '\(field)'", tags: tags))
        }
        return messages
    }

    static func message(
        _ value: JSONValue, named name: String, tags: RoleTags? = nil
    ) throws(RowMisfit) -> ChatMessage {
        guard let members = value.object else { throw RowMisfit(reason: "\(name) is \(value.kind), not an object") }
        let roleKey = tags?.role ?? (members["role"] == nil ? "from" : "role")
        guard let role = members[roleKey] else { throw RowMisfit(reason: "\(name) has no '\(tags?.role ?? "role")'") }
        guard var role = role.string, !role.isEmpty else {
            throw RowMisfit(reason: "the '\(roleKey)' of \(name) is no name")
        }
        if let known = tags?.names.first(where: { $0.value == role }) { role = known.key }
        let contentKey =
            tags?.content ?? (members["content"] == nil && members["value"] != nil ? "value" : "content")
        var message = ChatMessage(role: roleNames[role.lowercased()] ?? role, content: "")
        for (key, member) in members where key != roleKey && key != contentKey {
            if flagNames.contains(key), let flag = flag(member) {
                message.trains = (message.trains ?? true) && flag
                continue
            }
            // A table has every field in every message, with null for those that one lacks.
            if !member.isNull { message.extra[key] = member }
        }
        if let call = message.extra["function_call"], call["name"]?.string != nil, message.extra["tool_calls"] == nil {
            message.extra["function_call"] = nil
            message.extra["tool_calls"] = [["type": "function", "function": call]]
        }
        let hasCalls = message.extra["tool_calls"] != nil
        guard let content = members[contentKey] else {
            if hasCalls { return message }
            throw RowMisfit(reason: "\(name) has no '\(tags?.content ?? "content")'")
        }
        if content.isNull, !hasCalls, message.extra.isEmpty {
            throw RowMisfit(reason: "the content of \(name) is null")
        }
        try take(content, into: &message, named: name)
        if callRoles.contains(role), let calls = toolCalls(message.content) {
            message.extra["tool_calls"] = calls
            message.content = ""
        }
        return message
    }

    /// A string, or a list of parts: `{"type": "text", "text": …}` joined without anything between, thoughts and tool
    /// calls as the fields that templates read.
    private static func take(
        _ value: JSONValue, into message: inout ChatMessage, named name: String
    ) throws(RowMisfit) {
        switch value {
        case .string(let text): message.content = text
        case .null: message.content = ""
        case .array(let parts):
            for part in parts { try take(part: part, into: &message, named: name) }
        default:
            throw RowMisfit(reason: "the content of \(name) is \(value.kind), not a text")
        }
    }

    private static func take(
        part: JSONValue, into message: inout ChatMessage, named name: String
    ) throws(RowMisfit) {
        if let text = part.string {
            message.content += text
            return
        }
        let type = part["type"]?.string ?? "text"
        guard let members = part.object, partTypes.contains(type) else {
            let kind = part["type"]?.string.map { "type '\($0)'" } ?? part.kind
            throw RowMisfit(reason: "\(name) has a content part of \(kind); only text can be used")
        }
        guard let text = (members["text"] ?? members["value"] ?? members["content"] ?? members[type])?.string else {
            throw RowMisfit(reason: "\(name) has a \(type) part without 'text'")
        }
        switch type {
        case "reasoning", "thinking":
            message.extra["reasoning_content"] = .string((message.extra["reasoning_content"]?.string ?? "") + text)
        case "tool_call", "function_call":
            guard let calls = toolCalls(text)?.array else {
                throw RowMisfit(reason: "\(name) has a tool call that is not valid JSON with a 'name'")
            }
            message.extra["tool_calls"] = .array((message.extra["tool_calls"]?.array ?? []) + calls)
        default: message.content += text
        }
    }

    private static let partTypes: Set<String> = [
        "text", "input_text", "output_text", "reasoning", "thinking", "tool_call", "function_call",
    ]

    /// ShareGPT's `function_call` turns hold the call as JSON text; templates want `tool_calls`.
    private static func toolCalls(_ text: String) -> JSONValue? {
        guard let value = try? JSONValue(parsing: text) else { return nil }
        let calls = value.array ?? [value]
        guard !calls.isEmpty, calls.allSatisfy({ $0["name"]?.string != nil }) else { return nil }
        return .array(calls.map { ["type": "function", "function": $0] })
    }

    private static func flag(_ value: JSONValue) -> Bool? {
        switch value {
        case .bool(let flag): flag
        // A weight between 0 and 1 has no meaning to a mask: it stays with the message as it is.
        case .integer(0), .number(0): false
        case .integer(1), .number(1): true
        default: nil
        }
    }

    private static let flagNames: Set<String> = ["train", "loss", "loss_weight", "loss_scale", "weight"]
    private static let callRoles: Set<String> = ["function_call", "tool_call"]
    /// Schemes of ShareGPT and its descendants, Open Assistant, Vertex, OpenAI's older functions.
    private static let roleNames: [String: String] = [
        "human": "user", "user": "user", "prompter": "user", "instruction": "user", "gpt": "assistant",
        "assistant": "assistant", "bot": "assistant", "chatgpt": "assistant", "gpt4": "assistant", "gpt-4": "assistant",
        "bard": "assistant", "bing": "assistant", "claude": "assistant", "model": "assistant", "ai": "assistant",
        "chatbot": "assistant", "output": "assistant", "system": "system", "function_call": "assistant",
        "tool_call": "assistant", "observation": "tool", "tool": "tool", "tool_response": "tool", "tool_result": "tool",
        "tool_output": "tool", "function_response": "tool", "function": "tool", "ipython": "tool",
    ]
}

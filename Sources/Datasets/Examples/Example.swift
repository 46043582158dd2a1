public import OrderedJSON

/// One row of a data set, in the one form that everything after reading works on.
public struct Example: Sendable, Equatable, Hashable {
    public var content: Content
    /// Line in its file, from 1; the line where the element starts in a JSON array file.
    public var line: Int
    /// Fields of the row that play no part (`id`, `source`, labels), kept so that export loses nothing.
    public var extra: JSONObject

    public enum Content: Sendable, Equatable, Hashable {
        case chat([ChatMessage], tools: JSONValue?)
        case completion(prompt: String, completion: String)
        case text(String)
        case preference(prompt: [ChatMessage], chosen: [ChatMessage], rejected: [ChatMessage])
    }

    public init(content: Content, line: Int, extra: JSONObject = [:]) {
        self.content = content
        self.line = line
        self.extra = extra
    }
}

extension Example {
    /// What the model is given: every turn before the last answer, a completion's prompt, nothing for plain text.
    public var promptText: String {
        switch content {
        case .chat(let messages, _):
            let end = messages.lastIndex(where: \.isAnswer) ?? messages.count
            return Self.joined(messages[..<end])
        case .completion(let prompt, _): return prompt
        case .text: return ""
        case .preference(let prompt, _, _): return Self.joined(prompt[...])
        }
    }

    /// What the model should say: the last answer, the completion, the chosen answer, the whole of a plain text.
    public var answerText: String {
        switch content {
        case .chat(let messages, _): return messages.last(where: \.isAnswer)?.content ?? ""
        case .completion(_, let completion): return completion
        case .text(let text): return text
        case .preference(_, let chosen, _): return Self.joined(chosen[...])
        }
    }

    /// The last thing a person said: the line a list shows for this row.
    public var headline: String {
        switch content {
        case .chat(let messages, _):
            return messages.first { $0.role == "user" }?.content ?? messages.first?.content ?? ""
        case .completion(let prompt, _): return prompt
        case .text(let text): return text
        case .preference(let prompt, let chosen, _):
            return prompt.first { $0.role == "user" }?.content ?? prompt.first?.content ?? chosen.first?.content ?? ""
        }
    }

    /// The turns as a reader shows them: role and text, whatever the shape.
    public var turns: [(role: String, text: String)] {
        switch content {
        case .chat(let messages, _): return messages.map { ($0.role, $0.readableText) }
        case .completion(let prompt, let completion): return [("prompt", prompt), ("completion", completion)]
        case .text(let text): return [("text", text)]
        case .preference(let prompt, let chosen, let rejected):
            return prompt.map { ($0.role, $0.readableText) }
                + chosen.map { ("chosen", $0.readableText) } + rejected.map { ("rejected", $0.readableText) }
        }
    }

    private static func joined(_ messages: ArraySlice<ChatMessage>) -> String {
        if messages.count == 1, let only = messages.first { return only.content }
        return messages.map(\.content).joined(separator: "\n")
    }
}

extension ChatMessage {
    /// The content, or the tool calls where a turn has nothing else.
    public var readableText: String {
        guard let calls = extra["tool_calls"], !calls.isNull else { return content }
        let text = calls.serialized(.python)
        return content.isEmpty ? text : content + "\n" + text
    }
}

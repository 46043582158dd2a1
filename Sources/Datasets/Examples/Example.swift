public import OrderedJSON

/// One row of a data set, in the one form that everything after reading works on.
public struct Example: Sendable, Equatable, Hashable {
    public var content: Content
    /// Line in its file, from 1; the line where the element starts in a JSON array file, the number of the row in a
    /// Parquet file.
    public var line: Int
    /// Fields of the row that play no part (`id`, `source`, labels), kept so that export loses nothing.
    public var extra: JSONObject
    /// The file within the folder that was read; nil for a single file.
    public var file: String?

    public enum Content: Sendable, Equatable, Hashable {
        case chat([ChatMessage], tools: JSONValue?)
        case completion(prompt: String, completion: String)
        case text(String)
        case preference(prompt: [ChatMessage], chosen: [ChatMessage], rejected: [ChatMessage])
        /// One answer, and whether it is wanted.
        case feedback(prompt: [ChatMessage], completion: [ChatMessage], isWanted: Bool)
        /// Steps of an answer, each right or wrong; as many labels as completions.
        case steps(prompt: [ChatMessage], completions: [String], labels: [Bool])
        /// A row that was tokenized elsewhere.
        case tokens(TokenRow)
    }

    public init(content: Content, line: Int, extra: JSONObject = [:], file: String? = nil) {
        self.content = content
        self.line = line
        self.extra = extra
        self.file = file
    }
}

/// Tokens of a row as another program made them, for one tokenizer.
public struct TokenRow: Sendable, Equatable, Hashable {
    public var ids: [Int32]
    /// 0 for padding, a number a token; nil when the row says nothing.
    public var attentionMask: [Int32]?
    /// The token wanted at each place, −100 where nothing is trained; nil when the row says nothing.
    public var labels: [Int32]?

    public init(ids: [Int32], attentionMask: [Int32]? = nil, labels: [Int32]? = nil) {
        self.ids = ids
        self.attentionMask = attentionMask
        self.labels = labels
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
        case .preference(let prompt, _, _), .feedback(let prompt, _, _), .steps(let prompt, _, _):
            return Self.joined(prompt[...])
        case .tokens: return ""
        }
    }

    /// What the model should say: the last answer, the completion, the chosen answer, the whole of a plain text.
    public var answerText: String {
        switch content {
        case .chat(let messages, _): return messages.last(where: \.isAnswer)?.content ?? ""
        case .completion(_, let completion): return completion
        case .text(let text): return text
        case .preference(_, let chosen, _): return Self.joined(chosen[...])
        case .feedback(_, let completion, _): return Self.joined(completion[...])
        case .steps(_, let completions, _): return completions.joined(separator: "\n")
        case .tokens(let row): return row.text(row.ids)
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
        case .feedback(let prompt, let completion, _):
            return prompt.first { $0.role == "user" }?.content ?? prompt.first?.content ?? completion.first?.content
                ?? ""
        case .steps(let prompt, _, _):
            return prompt.first { $0.role == "user" }?.content ?? prompt.first?.content ?? ""
        case .tokens(let row): return "\(row.ids.count) tokens: \(row.text(Array(row.ids.prefix(12))))"
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
        case .feedback(let prompt, let completion, let isWanted):
            return prompt.map { ($0.role, $0.readableText) }
                + completion.map { (isWanted ? "wanted" : "unwanted", $0.readableText) }
        case .steps(let prompt, let completions, let labels):
            return prompt.map { ($0.role, $0.readableText) }
                + zip(completions, labels).map { ($1 ? "right" : "wrong", $0) }
        case .tokens(let row):
            return [("input_ids", row.text(row.ids))] + (row.labels.map { [("labels", row.text($0))] } ?? [])
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

extension TokenRow {
    /// Numbers with spaces between them.
    fileprivate func text(_ numbers: [Int32]) -> String {
        numbers.map(String.init).joined(separator: " ")
    }
}

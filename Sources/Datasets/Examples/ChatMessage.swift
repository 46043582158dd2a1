public import OrderedJSON

/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable, Hashable {
    /// `system`, `user`, `assistant`, `tool`, or what the file says; names of other schemes are translated on reading.
    public var role: String
    /// The text of the turn; parts of type `text` are joined on reading.
    public var content: String
    /// What else the message holds (`tool_calls`, `reasoning_content`, `name`, …), handed to the template as it is.
    public var extra: JSONObject
    /// Whether this turn is trained, when the file says so itself; nil leaves it to the recipe's `train_on`.
    public var trains: Bool?

    public init(role: String, content: String, extra: JSONObject = [:], trains: Bool? = nil) {
        self.role = role
        self.content = content
        self.extra = extra
        self.trains = trains
    }

    /// Whether the turn calls tools.
    public var hasToolCalls: Bool { !(extra["tool_calls"]?.array ?? []).isEmpty }

    /// Written by the model: the turns that `train_on: answers` trains.
    public var isAnswer: Bool { role == "assistant" }
}

extension ChatMessage {
    /// `{"role", "content", extra…, "train"}`.
    public var asJSON: JSONValue {
        var members: JSONObject = ["role": .string(role), "content": .string(content)]
        for (key, value) in extra where members[key] == nil { members[key] = value }
        if let trains { members["train"] = .bool(trains) }
        return .object(members)
    }
}

public import OrderedJSON

/// Which field of a row plays which part. Found by `ShapeDetection`, shown, and correctable by the user.
public struct ColumnMapping: Sendable, Equatable {
    public enum Part: String, Sendable, CaseIterable {
        case instruction, input, output, system, history, messages, tools, prompt, completion, text, chosen, rejected
        case label, completions, labels
        case inputIDs = "input_ids"
        case attentionMask = "attention_mask"
        case id
        case parent = "parent_id"
    }

    public var shape: RowShape
    /// Field names by part. A name that no field has whole is a path: `question.stem`, `conversations[0].value`. One
    /// with braces is a text with fields in it: `{context}\n{question}`.
    public var fields: [Part: String]
    /// Prompt and completion become a user and an assistant turn and go through the chat template. On for
    /// question/answer sets, where nothing would separate the two texts; off for `prompt` and `completion`.
    public var asChat: Bool
    /// Of plain text: where a row ends; nil finds it out.
    public var unit: TextUnit?
    /// How messages name their parts, where they do so in their own way.
    public var tags: RoleTags?

    public init(
        shape: RowShape, fields: [Part: String] = [:], asChat: Bool? = nil, unit: TextUnit? = nil,
        tags: RoleTags? = nil
    ) {
        self.shape = shape
        self.fields = Self.standardFields(shape).merging(fields) { $1 }
        self.asChat = asChat ?? false
        self.unit = unit
        self.tags = tags
    }

    /// The parts of a shape; the first list must be there, the second may.
    public static func parts(of shape: RowShape) -> (needed: [Part], optional: [Part]) {
        switch shape {
        case .alpaca: ([.instruction, .output], [.input, .system, .history])
        case .messages, .sharegpt: ([.messages], [.system, .tools])
        case .promptCompletion: ([.prompt, .completion], [.system, .id, .parent])
        case .text: ([.text], [])
        case .preference: ([.chosen, .rejected], [.prompt, .input, .messages, .system, .history])
        case .feedback: ([.label], [.prompt, .input, .completion, .messages, .system, .history])
        case .stepwise: ([.prompt, .completions, .labels], [.system])
        case .tokens: ([.inputIDs], [.attentionMask, .labels])
        case .curated: ([], [])
        }
    }

    /// The names that publications of that shape use.
    public static func standardFields(_ shape: RowShape) -> [Part: String] {
        switch shape {
        case .alpaca:
            [.instruction: "instruction", .input: "input", .output: "output", .system: "system", .history: "history"]
        case .messages: [.messages: "messages", .tools: "tools", .system: "system"]
        case .sharegpt: [.messages: "conversations", .tools: "tools", .system: "system"]
        case .promptCompletion: [.prompt: "prompt", .completion: "completion"]
        case .text: [.text: "text"]
        case .preference: [.prompt: "prompt", .chosen: "chosen", .rejected: "rejected"]
        case .feedback: [.prompt: "prompt", .completion: "completion", .label: "label"]
        case .stepwise: [.prompt: "prompt", .completions: "completions", .labels: "labels"]
        case .tokens: [.inputIDs: "input_ids", .attentionMask: "attention_mask", .labels: "labels"]
        case .curated: [:]
        }
    }

    /// One line for people: `alpaca: instruction=task, output=solution`.
    public var summary: String {
        let (needed, optional) = Self.parts(of: shape)
        let pairs = (needed + optional).compactMap { part in fields[part].map { "\(part.rawValue)=\($0)" } }
        return shape.rawValue + (pairs.isEmpty ? "" : ": " + pairs.joined(separator: ", "))
            + (asChat ? ", as chat" : "") + (unit.map { ", by \($0.rawValue)" } ?? "")
    }
}

extension ColumnMapping {
    public var asJSON: JSONValue {
        var members: JSONObject = ["shape": .string(shape.rawValue)]
        var names: JSONObject = [:]
        for part in Part.allCases {
            if let field = fields[part] { names[part.rawValue] = .string(field) }
        }
        members["fields"] = .object(names)
        members["as_chat"] = .bool(asChat)
        if let unit { members["text_unit"] = .string(unit.rawValue) }
        if let tags { members["tags"] = tags.asJSON }
        return .object(members)
    }

    /// - Throws: `ExampleError` that names the unknown shape or part.
    public init(json: JSONValue) throws(ExampleError) {
        guard let name = json["shape"]?.string, let shape = RowShape(rawValue: name) else {
            let known = RowShape.allCases.map(\.rawValue).joined(separator: ", ")
            throw ExampleError(reason: "'shape' must be one of \(known)")
        }
        var fields: [Part: String] = [:]
        for (key, value) in json["fields"]?.object ?? [:] {
            guard let part = Part(rawValue: key), let field = value.string else {
                let known = Part.allCases.map(\.rawValue).joined(separator: ", ")
                throw ExampleError(reason: "'\(key)' is no part of a row; the parts are \(known)")
            }
            fields[part] = field
        }
        self.init(
            shape: shape, asChat: json["as_chat"]?.bool,
            unit: json["text_unit"]?.string.flatMap(TextUnit.init(rawValue:)), tags: RoleTags(json: json["tags"]))
        // What was kept is whole: a part without a field had none.
        if json["fields"] != nil { self.fields = fields }
    }
}

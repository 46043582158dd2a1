public import OrderedJSON

/// Which field of a row plays which part. Found by `ShapeDetection`, shown, and correctable by the user.
public struct ColumnMapping: Sendable, Equatable {
    public enum Part: String, Sendable, CaseIterable {
        case instruction, input, output, system, history, messages, tools, prompt, completion, text, chosen, rejected
    }

    public var shape: RowShape
    /// Field names by part. A name with dots (`question.stem`) reaches into objects when no field has it whole.
    public var fields: [Part: String]
    /// Prompt and completion become a user and an assistant turn and go through the chat template. On for
    /// question/answer sets, where nothing would separate the two texts; off for `prompt` and `completion`.
    public var asChat: Bool

    public init(shape: RowShape, fields: [Part: String] = [:], asChat: Bool? = nil) {
        self.shape = shape
        self.fields = Self.standardFields(shape).merging(fields) { $1 }
        self.asChat = asChat ?? false
    }

    /// The parts of a shape; the first list must be there, the second may.
    public static func parts(of shape: RowShape) -> (needed: [Part], optional: [Part]) {
        switch shape {
        case .alpaca: ([.instruction, .output], [.input, .system, .history])
        case .messages, .sharegpt: ([.messages], [.system, .tools])
        case .promptCompletion: ([.prompt, .completion], [.system])
        case .text: ([.text], [])
        case .preference: ([.chosen, .rejected], [.prompt, .messages, .system])
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
        }
    }

    /// One line for people: `alpaca: instruction=task, output=solution`.
    public var summary: String {
        let (needed, optional) = Self.parts(of: shape)
        let pairs = (needed + optional).compactMap { part in fields[part].map { "\(part.rawValue)=\($0)" } }
        return "\(shape.rawValue): " + pairs.joined(separator: ", ") + (asChat ? ", as chat" : "")
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
        self.init(shape: shape, fields: fields, asChat: json["as_chat"]?.bool)
    }
}

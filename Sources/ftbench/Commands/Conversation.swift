import ChatTemplates
import Datasets
import Foundation
import OrderedJSON
import Tokenizers

/// Messages and the variables beside them, as a file gives them.
struct Conversation {
    var messages: [JSONValue]
    var tools: JSONValue?
    var variables: JSONObject

    init(path: String) throws {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: try TextFile.read(path))
        } catch let error as JSONError {
            throw Failure("\(path), line \(error.line), column \(error.column): \(error.reason).")
        }
        switch value {
        case .array(let list):
            messages = list
            variables = [:]
        case .object(var object):
            guard let list = object.removeValue(forKey: "messages")?.array else {
                throw Failure("\(path) has no list of `messages`.")
            }
            messages = list
            tools = object.removeValue(forKey: "tools").flatMap { $0.isNull ? nil : $0 }
            variables = object
        default:
            throw Failure("\(path) holds \(value.kind); a list of messages or an object with `messages` is needed.")
        }
    }
}

extension Conversation {
    /// Through a model's template. The messages reach it as the JSON they are: null content, tool calls and typed
    /// parts untouched.
    func render(_ text: ModelText, addGenerationPrompt: Bool, now: Date? = nil) throws -> String {
        try RenderCommand.refusing {
            try text.render(
                messages: text.hasTemplate ? [] : try chatMessages(), tools: tools,
                addGenerationPrompt: addGenerationPrompt, extraVariables: templateVariables, now: now)
        }
    }

    /// The ids a model is given to answer the conversation.
    func promptIDs(_ text: ModelText, now: Date? = nil) throws -> [Int32] {
        try RenderCommand.refusing {
            try text.promptIDs(
                messages: text.hasTemplate ? [] : try chatMessages(), tools: tools, extraVariables: templateVariables,
                now: now)
        }
    }

    func chatMessages() throws -> [ChatMessage] { try messages.map(ChatMessage.init(wire:)) }

    /// Variables of the file go over those of the model, the messages among them.
    private var templateVariables: JSONObject {
        var variables = variables
        variables["messages"] = .array(messages)
        variables["add_generation_prompt"] = nil
        return variables
    }
}

extension ChatMessage {
    /// A message as APIs write it; content parts of text are joined, other keys are kept for the template.
    init(wire value: JSONValue) throws {
        guard let object = value.object, let role = object["role"]?.string else {
            throw Failure(
                "A message is an object with `role` and `content`; this one is \(value.serialized().prefix(80)).")
        }
        var extra = object
        extra.removeValue(forKey: "role")
        var content = ""
        switch object["content"] {
        case .string(let text):
            content = text
            extra.removeValue(forKey: "content")
        // Typed parts and null reach the template as they are.
        case .some(.array), .some(.object), .some(.null): break
        default: extra.removeValue(forKey: "content")
        }
        self.init(role: role, content: content, extra: extra, trains: nil)
    }
}

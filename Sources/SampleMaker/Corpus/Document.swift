import OrderedJSON

/// One document of the pre-training text.
enum Document: Sendable, Equatable {
    case chat([Turn])
    case text(String)

    struct Turn: Sendable, Equatable {
        var role: String
        var content: String

        static func system(_ content: String) -> Turn { Turn(role: "system", content: content) }
        static func user(_ content: String) -> Turn { Turn(role: "user", content: content) }
        static func assistant(_ content: String) -> Turn { Turn(role: "assistant", content: content) }

        var json: JSONValue { .object(["role": .string(role), "content": .string(content)]) }
    }

    static func ask(_ question: String, _ answer: String) -> Document {
        .chat([.user(question), .assistant(answer)])
    }

    /// The row of a JSONL file: `{"messages": …}` or `{"text": …}`.
    var row: JSONValue {
        switch self {
        case .chat(let turns): .object(["messages": .array(turns.map(\.json))])
        case .text(let text): .object(["text": .string(text)])
        }
    }

    /// As the chat template of the sample model renders it; the form the tokenizer is trained on.
    var rendered: String {
        switch self {
        case .chat(let turns): turns.map { "<|\($0.role)|>\($0.content)<|end|>\n" }.joined()
        case .text(let text): text + "<|endoftext|>"
        }
    }

    /// Everything people would read, without markers.
    var plain: String {
        switch self {
        case .chat(let turns): turns.map(\.content).joined(separator: "\n")
        case .text(let text): text
        }
    }
}

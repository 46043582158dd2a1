/// Why a row cannot be turned into tokens.
public enum RenderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The template refuses the conversation (`raise_exception`) or fails on it.
    case template(String)
    /// The rendering of the turns before an answer is not the beginning of the whole rendering.
    case prefixesDoNotNest(template: String, turn: Int, reason: String)
    case tooLong(tokens: Int, limit: Int)
    /// No token of the row would be trained.
    case nothingTrained(reason: String)
    /// A kind of row that is kept and shown, and that no training method takes.
    case notTrainable(kind: String, remedy: String)

    public var description: String {
        switch self {
        case .template(let reason):
            "the chat template cannot write this row: \(reason)"
        case .prefixesDoNotNest(let template, let turn, let reason):
            "the answers cannot be told from the rest of the text that \(template) writes: at turn \(turn) \(reason). "
                + "Use train_on: last_answer or everything, or a template with {% generation %} blocks"
        case .tooLong(let tokens, let limit):
            "\(tokens) tokens, and a sequence holds \(limit). Set batch.sequence_length higher, or data.too_long to "
                + "drop, truncate or split"
        case .nothingTrained(let reason):
            "no token of this row is trained: \(reason)"
        case .notTrainable(let kind, let remedy):
            "this row is \(kind), which is not trained on. \(remedy)"
        }
    }
}

/// The layouts of rows that people publish data sets in.
public enum RowShape: String, Sendable, CaseIterable, Codable {
    /// `instruction`, `input`, `output`, `system`, `history`.
    case alpaca
    /// `messages` of `role` and `content`.
    case messages
    /// `conversations` of `from` and `value`.
    case sharegpt
    /// `prompt` and `completion`, or `question` and `answer`.
    case promptCompletion = "prompt_completion"
    /// `text`.
    case text
    /// `prompt`, `chosen`, `rejected`.
    case preference

    /// The shape in words, for people.
    public var title: String {
        switch self {
        case .alpaca: "alpaca (instruction, input, output)"
        case .messages: "messages (role, content)"
        case .sharegpt: "ShareGPT (conversations of from, value)"
        case .promptCompletion: "prompt and completion"
        case .text: "text"
        case .preference: "preference (prompt, chosen, rejected)"
        }
    }
}

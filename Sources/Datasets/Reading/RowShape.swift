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
    /// `prompt`, `completion`, `label`: one answer, and whether it is wanted (KTO).
    case feedback
    /// `prompt`, `completions`, `labels`: steps of an answer, each right or wrong.
    case stepwise
    /// `input_ids`, `attention_mask`, `labels`.
    case tokens
    /// Rows as `data export --decisions` writes them, with what was decided about each.
    case curated

    /// The shape in words, for people.
    public var title: String {
        switch self {
        case .alpaca: "alpaca (instruction, input, output)"
        case .messages: "messages (role, content)"
        case .sharegpt: "ShareGPT (conversations of from, value)"
        case .promptCompletion: "prompt and completion"
        case .text: "text"
        case .preference: "preference (prompt, chosen, rejected)"
        case .feedback: "feedback (prompt, completion, label)"
        case .stepwise: "step by step (prompt, completions, labels)"
        case .tokens: "tokens (input_ids, labels)"
        case .curated: "curated rows with decisions"
        }
    }
}

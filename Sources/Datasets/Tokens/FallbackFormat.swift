/// How a conversation is written for a model without a chat template: a heading of the role before each turn.
///
/// ```
/// ### User:
/// What is a haiku?
///
/// ### Assistant:
/// A poem of three lines.</s>
/// ```
/// Each answer ends in the model's end token, when it has one, so that generation learns to stop.
public enum FallbackFormat {
    /// Names the format in hashes and notes; changes whenever the text it writes changes.
    public static let name = "role-headings-1"

    public static let note =
        "the model has no chat template: conversations are written with role headings (### User:, ### Assistant:)"

    public static func render(
        _ messages: [ChatMessage], addGenerationPrompt: Bool, endToken: String?
    ) -> RenderedText {
        var text = ""
        var ranges: [Range<Int>] = []
        for (index, message) in messages.enumerated() {
            if index > 0 { text += "\n\n" }
            text += heading(message.role)
            let start = text.utf8.count
            text += message.readableText
            if message.isAnswer {
                text += endToken ?? ""
                ranges.append(start..<text.utf8.count)
            }
        }
        if addGenerationPrompt { text += (messages.isEmpty ? "" : "\n\n") + heading("assistant") }
        return RenderedText(text: text, generationRanges: ranges)
    }

    private static func heading(_ role: String) -> String {
        "### \(role.prefix(1).uppercased())\(role.dropFirst()):\n"
    }
}

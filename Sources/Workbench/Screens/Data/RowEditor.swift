import Datasets
import TerminalUI

/// A row being edited in place: one text per turn, none of which can break the row's shape.
struct RowEditor: Sendable {
    struct Field: Sendable {
        var title: String
        var original: String
        var editor: TextEditor

        init(_ title: String, _ text: String) {
            self.title = title
            original = text
            editor = TextEditor(text)
        }

        var isChanged: Bool { editor.text != original }
    }

    /// Index in the set.
    let row: Int
    let example: Example
    var fields: [Field]
    var index: Int

    init(row: Int, example: Example) {
        self.row = row
        self.example = example
        fields = Self.texts(of: example).map { Field($0.title, $0.text) }
        // The answer is what gets mended most.
        index = Self.answerIndex(of: example) ?? max(0, fields.count - 1)
    }

    var isChanged: Bool { fields.contains(where: \.isChanged) }

    mutating func turn(_ step: Int) {
        guard !fields.isEmpty else { return }
        index = (index + step + fields.count) % fields.count
    }

    private static func answerIndex(of example: Example) -> Int? {
        switch example.content {
        case .chat(let messages, _): messages.lastIndex(where: \.isAnswer)
        case .completion: 1
        case .text: 0
        case .preference(let prompt, let chosen, _): chosen.isEmpty ? nil : prompt.count
        case .feedback(let prompt, let completion, _): completion.isEmpty ? nil : prompt.count
        case .steps(let prompt, let completions, _): completions.isEmpty ? nil : prompt.count
        case .tokens: nil
        }
    }

    private static func texts(of example: Example) -> [(title: String, text: String)] {
        func turns(_ messages: [ChatMessage], _ prefix: String = "") -> [(title: String, text: String)] {
            messages.map { (prefix + $0.role, $0.content) }
        }
        return switch example.content {
        case .chat(let messages, _): turns(messages)
        case .completion(let prompt, let completion): [("prompt", prompt), ("completion", completion)]
        case .text(let text): [("text", text)]
        case .preference(let prompt, let chosen, let rejected):
            turns(prompt) + turns(chosen, "chosen ") + turns(rejected, "rejected ")
        case .feedback(let prompt, let completion, let isWanted):
            turns(prompt) + turns(completion, isWanted ? "wanted " : "unwanted ")
        case .steps(let prompt, let completions, let labels):
            turns(prompt) + zip(completions, labels).map { ($1 ? "right" : "wrong", $0) }
        // Ids of another program are no text to mend.
        case .tokens: []
        }
    }

    /// The row with the texts as they are now; everything that is no text of a turn stays.
    var edited: Example {
        var texts = fields.map(\.editor.text)[...]
        func filled(_ messages: [ChatMessage]) -> [ChatMessage] {
            messages.map { message in
                var message = message
                if let text = texts.popFirst() { message.content = text }
                return message
            }
        }
        var result = example
        switch example.content {
        case .chat(let messages, let tools): result.content = .chat(filled(messages), tools: tools)
        case .completion(let prompt, let completion):
            let first = texts.popFirst() ?? prompt
            result.content = .completion(prompt: first, completion: texts.popFirst() ?? completion)
        case .text(let text): result.content = .text(texts.popFirst() ?? text)
        case .preference(let prompt, let chosen, let rejected):
            let first = filled(prompt)
            let second = filled(chosen)
            result.content = .preference(prompt: first, chosen: second, rejected: filled(rejected))
        case .feedback(let prompt, let completion, let isWanted):
            let first = filled(prompt)
            result.content = .feedback(prompt: first, completion: filled(completion), isWanted: isWanted)
        case .steps(let prompt, let completions, let labels):
            let first = filled(prompt)
            result.content = .steps(
                prompt: first, completions: completions.map { texts.popFirst() ?? $0 }, labels: labels)
        case .tokens: break
        }
        return result
    }
}

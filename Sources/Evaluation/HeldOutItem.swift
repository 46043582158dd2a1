public import Datasets
import Tokenizers

/// A prompt of a held-out row and the answer wanted.
public struct HeldOutItem: Sendable, Equatable {
    /// What the model is given.
    public let prompt: [Int32]
    /// For people: the last turn before the answer.
    public let question: String
    public let wanted: String
    /// Tokens of the answer wanted: a longer one cannot be the same.
    public let wantedTokens: Int
    public let line: Int

    /// The last answer of a row and everything before it. Nil for plain text, which has no answer.
    /// - Throws: what the template says when it refuses the conversation.
    public init?(_ example: Example, text: ModelText) throws {
        switch example.content {
        case .chat(let messages, let tools):
            guard let last = messages.lastIndex(where: \.isAnswer), last > 0 else { return nil }
            let before = Array(messages[..<last])
            prompt = try text.promptIDs(messages: before, tools: tools)
            question = before.last?.content ?? ""
            wanted = messages[last].content
        case .completion(let before, let completion):
            prompt = text.promptIDs(text: before)
            question = before
            wanted = completion
        case .preference(let before, let chosen, _):
            guard let answer = chosen.last(where: \.isAnswer) else { return nil }
            prompt = try text.promptIDs(messages: before)
            question = before.last?.content ?? ""
            wanted = answer.content
        case .feedback(let before, let completion, let isWanted):
            guard isWanted, let answer = completion.last(where: \.isAnswer) else { return nil }
            prompt = try text.promptIDs(messages: before)
            question = before.last?.content ?? ""
            wanted = answer.content
        case .text, .steps, .tokens: return nil
        }
        wantedTokens = text.tokenizer.encode(wanted, addSpecialTokens: false).count
        line = example.line
    }
}

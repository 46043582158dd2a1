import ChatTemplates
import OrderedJSON
import Tokenizers

extension ExampleRenderer {
    /// A conversation through the model's template, or with role headings when it has none.
    func chat(_ messages: [ChatMessage], tools: JSONValue?) throws(RenderError) -> TokenizedExample {
        let full = try rendering(messages[...], tools: tools, addGenerationPrompt: false)
        let spans = text.chatSpans(of: full.text)
        let conversation = Conversation(messages: messages, tools: tools, full: full)
        var trained = [Bool](repeating: trainOn == .everything, count: spans.count)
        var source: TokenizedExample.MaskSource = text.hasTemplate ? .prefixes : .roleHeadings
        var ends: [Bool] = []
        if trainOn == .everything {
            for index in messages.indices where messages[index].trains == false {
                let turn = try range(of: index, in: conversation, source: &source)
                for token in Self.tokens(of: turn, in: spans) { trained[token] = false }
            }
            ends = [endsInEndToken(spans, trained: trained, text: full.text)]
        } else {
            for index in turnsToTrain(messages) {
                let turn = try range(of: index, in: conversation, source: &source)
                var tokens = Self.tokens(of: turn, in: spans)
                if messages[index].isAnswer {
                    tokens = withoutTrailingSpace(tokens, spans: spans, text: full.text)
                    if let last = tokens.last { ends.append(text.endTokenIDs.contains(spans[last].id)) }
                }
                for token in tokens { trained[token] = true }
            }
        }
        if !trained.isEmpty { trained[0] = false }
        return TokenizedExample(
            ids: spans.map(\.id), trained: trained, spans: spans.map(\.range), renderedText: full.text,
            endTokenTrained: !ends.isEmpty && ends.allSatisfy { $0 }, maskSource: source)
    }

    private func turnsToTrain(_ messages: [ChatMessage]) -> [Int] {
        let last = messages.lastIndex(where: \.isAnswer)
        return messages.indices.filter { index in
            switch trainOn {
            case .lastAnswer: index == last && messages[index].trains != false
            default: messages[index].trains ?? messages[index].isAnswer
            }
        }
    }

    // MARK: Where a turn stands in the text

    private struct Conversation {
        let messages: [ChatMessage]
        let tools: JSONValue?
        let full: RenderedText
        let bytes: [UInt8]
        /// The generated range of each assistant turn, when the template marks one for each.
        let marked: [Int: Range<Int>]

        init(messages: [ChatMessage], tools: JSONValue?, full: RenderedText) {
            self.messages = messages
            self.tools = tools
            self.full = full
            bytes = Array(full.text.utf8)
            let answers = messages.indices.filter { messages[$0].isAnswer }
            let ranges = full.generationRanges
            marked = ranges.count == answers.count ? Dictionary(uniqueKeysWithValues: zip(answers, ranges)) : [:]
        }

        var isWholeMarked: Bool { !marked.isEmpty }
    }

    /// The bytes that a turn adds: for an answer what comes after the prompt that asks for it, closing token included.
    private func range(
        of index: Int, in conversation: Conversation, source: inout TokenizedExample.MaskSource
    ) throws(RenderError) -> Range<Int> {
        if let marked = conversation.marked[index] {
            if text.hasTemplate { source = .generationBlocks }
            return marked
        }
        let messages = conversation.messages
        let isAnswer = messages[index].isAnswer
        let start: Int
        if let before = try? rendering(
            messages[..<index], tools: conversation.tools, addGenerationPrompt: isAnswer)
        {
            guard conversation.bytes.starts(with: before.text.utf8) else {
                throw notNested(index, conversation, before.text)
            }
            start = before.text.utf8.count
        } else if index == 0 && !isAnswer {
            start = 0
        } else if let found = contentRange(of: index, in: conversation) {
            // Many templates cannot write an empty conversation, which is what comes before a first answer.
            source = .answerText
            start = found.lowerBound
        } else {
            throw .prefixesDoNotNest(
                template: templateName, turn: index + 1, reason: "the template cannot write the turns before it")
        }
        if index == messages.count - 1 { return start..<max(conversation.bytes.count, start) }
        if let through = try? rendering(messages[...index], tools: conversation.tools, addGenerationPrompt: false),
            conversation.bytes.starts(with: through.text.utf8), through.text.utf8.count >= start
        {
            return start..<through.text.utf8.count
        }
        // The turn reads differently once others follow it, as where thoughts of earlier turns are left out.
        guard let found = contentRange(of: index, in: conversation), found.upperBound >= start else {
            throw .prefixesDoNotNest(
                template: templateName, turn: index + 1, reason: "the turn is written differently when others follow it"
            )
        }
        source = .answerText
        return start..<found.upperBound
    }

    /// Where the content of a turn stands, found by writing the conversation with another content in its place; with
    /// the end token that follows directly.
    private func contentRange(of index: Int, in conversation: Conversation) -> Range<Int>? {
        var messages = conversation.messages
        // A private-use character: its bytes begin no text that people write.
        messages[index].content = "\u{E0FF}"
        guard let other = try? rendering(messages[...], tools: conversation.tools, addGenerationPrompt: false) else {
            return nil
        }
        let bytes = conversation.bytes
        let start = zip(bytes, other.text.utf8).prefix { $0 == $1 }.count
        let content = conversation.messages[index].content
        let trimmed = content.drop(while: \.isWhitespace)
        let tail = trimmed.reversed().drop(while: \.isWhitespace).count
        for candidate in [Substring(content), trimmed, trimmed.prefix(tail)] {
            let text = Array(candidate.utf8)
            guard !text.isEmpty, bytes[start...].starts(with: text) else { continue }
            var end = start + text.count
            let closers = self.text.endTokenIDs.compactMap { self.text.tokenizer.token($0) }
            if let closer = closers.first(where: { bytes[end...].starts(with: $0.utf8) }) { end += closer.utf8.count }
            return start..<end
        }
        return nil
    }

    private func rendering(
        _ messages: ArraySlice<ChatMessage>, tools: JSONValue?, addGenerationPrompt: Bool
    ) throws(RenderError) -> RenderedText {
        do {
            return try text.renderChat(
                messages: Array(messages), tools: tools, addGenerationPrompt: addGenerationPrompt,
                extraVariables: extraVariables, now: now)
        } catch {
            throw .template(error.raisedMessage ?? error.description)
        }
    }

    private var templateName: String { text.templateOrigin ?? "the template" }

    private func notNested(_ index: Int, _ conversation: Conversation, _ before: String) -> RenderError {
        let shared = zip(conversation.bytes, before.utf8).prefix { $0 == $1 }.count
        let rest = String(decoding: Array(before.utf8)[shared...].prefix(40), as: UTF8.self)
        return .prefixesDoNotNest(
            template: templateName, turn: index + 1,
            reason: "the prompt before the answer holds \"\(rest)\" at byte \(shared), which the whole text does not")
    }

    // MARK: Tokens of a turn

    /// Tokens whose first byte lies in the range: one that reaches over a border belongs to the side it begins on.
    static func tokens(of range: Range<Int>, in spans: [TokenSpan]) -> Range<Int> {
        guard !range.isEmpty else { return 0..<0 }
        let first = firstToken(atOrAfter: range.lowerBound, in: spans)
        return first..<max(first, firstToken(atOrAfter: range.upperBound, in: spans))
    }

    private static func firstToken(atOrAfter offset: Int, in spans: [TokenSpan]) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].range.lowerBound < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Generation stops at the end token: a line break that the template writes after it is never the model's to say.
    private func withoutTrailingSpace(_ tokens: Range<Int>, spans: [TokenSpan], text whole: String) -> Range<Int> {
        guard let end = tokens.last(where: { text.endTokenIDs.contains(spans[$0].id) }) else { return tokens }
        let utf8 = Array(whole.utf8.dropFirst(spans[end].range.upperBound).prefix(256))
        let count = (spans[tokens.upperBound - 1].range.upperBound) - spans[end].range.upperBound
        guard count <= utf8.count, utf8.prefix(max(count, 0)).allSatisfy(DatasetFile.isSpace) else { return tokens }
        return tokens.lowerBound..<(end + 1)
    }

    private func endsInEndToken(_ spans: [TokenSpan], trained: [Bool], text whole: String) -> Bool {
        guard let end = spans.indices.last(where: { text.endTokenIDs.contains(spans[$0].id) }), trained[end] else {
            return false
        }
        return whole.utf8.dropFirst(spans[end].range.upperBound).allSatisfy(DatasetFile.isSpace)
    }
}

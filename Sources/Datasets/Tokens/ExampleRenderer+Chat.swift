import ChatTemplates
import Foundation
import OrderedJSON
import Tokenizers

extension ExampleRenderer {
    /// A conversation through the model's template, or with role headings when it has none.
    func chat(_ messages: [ChatMessage], tools: JSONValue?) throws(RenderError) -> TokenizedExample {
        // One moment for all renderings of a row, or those of a template that writes the time would not nest.
        let now = now ?? Date()
        let full = try rendering(messages[...], tools: tools, addGenerationPrompt: false, now: now)
        var spans = text.chatSpans(of: full.text)
        let locator = TurnLocator(
            messages: messages, whole: Array(full.text.utf8),
            templateName: text.templateOrigin.flatMap { $0 == "given" ? nil : $0 } ?? "the template",
            writesPrompt: writesPrompt, spans: spans.map(\.range),
            ends: spans.filter { text.endTokenIDs.contains($0.id) }.map(\.range)
        ) { messages, addsPrompt throws(RenderError) in
            try Array(rendering(messages, tools: tools, addGenerationPrompt: addsPrompt, now: now).text.utf8)
        }
        var trained = [Bool](repeating: trainOn == .everything, count: spans.count)
        var mask = Mask(source: text.hasTemplate ? .prefixes : .roleHeadings)
        let turns = turnsToMark(messages)
        for index in turns where trainOn != .everything && locator.dropsToolCalls(of: index) {
            throw .template("it leaves out the tool calls of turn \(index + 1), which would teach an empty answer")
        }
        let marked = try marked(full, messages, turns: turns, locator: locator)
        var ends: [Bool] = []
        for index in turns {
            let ranges = try mask.ranges(of: index, messages, marked: marked, locator: locator)
            for range in ranges {
                var tokens = Self.tokens(of: range, in: spans)
                if messages[index].isAnswer { tokens = withoutTrailingSpace(tokens, spans: spans, text: full.text) }
                for token in tokens { trained[token] = trainOn != .everything }
                if messages[index].isAnswer, range == ranges.last, trainOn != .everything {
                    ends.append(tokens.last.map { text.endTokenIDs.contains(spans[$0].id) } ?? false)
                }
            }
        }
        if trainOn == .everything { ends = [endsInEndToken(spans, trained: trained, text: full.text)] }
        if !trained.isEmpty { trained[0] = false }
        if let last = turns.last, last == messages.count - 1, ends.last == false, trained.last == true,
            let end = lateEnd(locator, after: full.text)
        {
            spans.append(TokenSpan(id: end, range: full.text.utf8.count..<full.text.utf8.count))
            trained.append(true)
            ends[ends.count - 1] = true
        }
        return TokenizedExample(
            ids: spans.map(\.id), trained: trained, spans: spans.map(\.range), renderedText: full.text,
            endTokenTrained: !ends.isEmpty && ends.allSatisfy { $0 }, maskSource: mask.source)
    }

    /// The end token of a last answer that the template leaves open: the one it gets when a turn follows. A model that
    /// never saw it would not learn to stop.
    private func lateEnd(_ locator: TurnLocator, after whole: String) -> Int32? {
        guard text.hasTemplate, let tail = locator.lateEnd() else { return nil }
        let spans = text.chatSpans(of: String(decoding: tail, as: UTF8.self))
        guard let first = spans.first, text.endTokenIDs.contains(first.id), first.range.lowerBound == 0 else {
            return nil
        }
        return first.id
    }

    /// Turns whose tokens differ from the rest: those to train, or under `everything` those to leave out.
    private func turnsToMark(_ messages: [ChatMessage]) -> [Int] {
        let last = messages.lastIndex(where: \.isAnswer)
        return messages.indices.filter { index in
            switch trainOn {
            case .everything: messages[index].trains == false
            case .lastAnswer: index == last && messages[index].trains != false
            case .answers: messages[index].trains ?? messages[index].isAnswer
            }
        }
    }

    /// How the trained tokens of a row were found; the least certain way of its turns names it.
    private struct Mask {
        var source: TokenizedExample.MaskSource

        mutating func ranges(
            of index: Int, _ messages: [ChatMessage], marked: [Int: [Range<Int>]], locator: TurnLocator
        ) throws(RenderError) -> [Range<Int>] {
            if let ranges = marked[index] {
                if source == .prefixes { source = .generationBlocks }
                return ranges
            }
            let found = messages[index].isAnswer ? try locator.answer(index) : try locator.turn(index)
            if !found.isNested { source = .answerText }
            return [found.range]
        }
    }

    /// The ranges that the template marks as generated, for each of the answers asked for.
    private func marked(
        _ full: RenderedText, _ messages: [ChatMessage], turns: [Int], locator: TurnLocator
    ) throws(RenderError) -> [Int: [Range<Int>]] {
        let ranges = full.generationRanges.filter { !$0.isEmpty }
        // Blocks that mark nothing in this conversation say nothing about it.
        guard !ranges.isEmpty else { return [:] }
        let answers = messages.indices.filter { messages[$0].isAnswer }
        if full.generationRanges.count == answers.count {
            return Dictionary(uniqueKeysWithValues: zip(answers, full.generationRanges.map { [$0] }))
        }
        // Several blocks to a turn, or none: each belongs to the turn that it lies in.
        var result: [Int: [Range<Int>]] = [:]
        for index in turns where messages[index].isAnswer {
            let turn = try locator.answer(index).range
            result[index] = ranges.filter { $0.overlaps(turn) }
        }
        return result
    }

    private func rendering(
        _ messages: ArraySlice<ChatMessage>, tools: JSONValue?, addGenerationPrompt: Bool, now: Date
    ) throws(RenderError) -> RenderedText {
        do {
            return try text.renderChat(
                messages: Array(messages), tools: tools, addGenerationPrompt: addGenerationPrompt,
                extraVariables: extraVariables, now: now)
        } catch {
            throw .template(error.raisedMessage ?? error.description)
        }
    }

    /// Whether a template writes a prompt for the answer when asked to, found with a short question.
    static func writesPrompt(_ text: ModelText) -> Bool {
        let question = [ChatMessage(role: "user", content: "q")]
        let now = Date()
        guard let bare = try? text.render(messages: question, now: now),
            let prompt = try? text.render(messages: question, addGenerationPrompt: true, now: now)
        else { return false }
        return bare != prompt
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

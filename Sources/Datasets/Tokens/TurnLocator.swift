import OrderedJSON
import Tokenizers

/// Finds where the turns of a conversation stand in the text that the template writes of it.
///
/// A template is a program: nothing says which of its text belongs to which turn. Two questions answer it. What does a
/// turn add to the text of the turns before it? And, where templates write a turn differently once others follow: which
/// part of the whole changes when the content of the turn does?
struct TurnLocator {
    typealias Render = (_ messages: ArraySlice<ChatMessage>, _ addsPrompt: Bool) throws(RenderError) -> [UInt8]

    struct Found {
        var range: Range<Int>
        /// Every turn before and this one nest, as texts that begin with one another.
        var isNested: Bool
    }

    let messages: [ChatMessage]
    /// The whole conversation's text.
    let whole: [UInt8]
    let templateName: String
    /// Whether the template writes a prompt for the answer when asked to.
    let writesPrompt: Bool
    /// Ranges of the tokens in the whole text, and of the end tokens among them, in order.
    let spans: [Range<Int>]
    let ends: [Range<Int>]
    let render: Render

    // MARK: Answers

    /// The bytes that the model has to write at an answer: from the end of the prompt to the end token.
    func answer(_ index: Int) throws(RenderError) -> Found {
        let before = messages[..<index]
        let prompt = try? render(before, true)
        let through = index == messages.count - 1 ? whole : try? render(messages[...index], false)
        let nested = Nested(prompt: prompt, through: through, whole: whole)
        if writesPrompt, let range = nested.range, let end = closed(range) {
            return Found(range: range.lowerBound..<end, isNested: true)
        }
        let content = contentRange(of: index)
        let (start, startsNested) = try start(of: index, prompt: prompt, content: content)
        let isNested = startsNested && nested.throughEnd != nil
        let from = max(content?.upperBound ?? start, start)
        let limit = nested.throughEnd ?? contentRange(of: index + 1)?.lowerBound ?? whole.count
        if let end = firstEnd(from: from, before: content == nil ? limit : max(limit, nextTurnStart(index))) {
            return Found(range: start..<end, isNested: isNested)
        }
        let calls = messages[index].hasToolCalls ? callsRange(of: index)?.upperBound : nil
        let end = nested.throughEnd ?? max(from, min(calls ?? from, limit))
        return Found(range: start..<max(end, start), isNested: isNested)
    }

    /// The prompt before a turn and the text up to its end, as far as both begin the whole text.
    private struct Nested {
        let range: Range<Int>?
        let throughEnd: Int?

        init(prompt: [UInt8]?, through: [UInt8]?, whole: [UInt8]) {
            throughEnd = through.flatMap { whole.starts(with: $0) ? $0.count : nil }
            let start = prompt.flatMap { whole.starts(with: $0) ? $0.count : nil }
            if let start, let throughEnd, start <= throughEnd {
                range = start..<throughEnd
            } else {
                range = nil
            }
        }
    }

    /// Where an answer that begins and ends as its prefixes say is over: behind its end token, which in some formats is
    /// the first token of the next turn. Nil when there is no telling without a look at the content.
    private func closed(_ range: Range<Int>) -> Int? {
        if let last = ends.last(where: { $0.lowerBound >= range.lowerBound && $0.upperBound <= range.upperBound }) {
            // What a template writes behind the end token is never the model's to say.
            guard whole[last.upperBound..<range.upperBound].allSatisfy(DatasetFile.isSpace) else { return nil }
            return firstOfRun(last, from: range.lowerBound).upperBound
        }
        return ends.first { $0.lowerBound == range.upperBound }?.upperBound ?? range.upperBound
    }

    /// Of several end tokens with nothing but white space between them, the one that generation stops at.
    private func firstOfRun(_ last: Range<Int>, from start: Int) -> Range<Int> {
        var first = last
        for end in ends.reversed() where end.upperBound <= first.lowerBound && end.lowerBound >= start {
            guard whole[end.upperBound..<first.lowerBound].allSatisfy(DatasetFile.isSpace) else { break }
            first = end
        }
        return first
    }

    private func firstEnd(from start: Int, before limit: Int) -> Int? {
        ends.first { $0.lowerBound >= start && $0.lowerBound < limit }?.upperBound
    }

    /// Where the content of the next turn begins; an end token before that may be the opening of that turn.
    private func nextTurnStart(_ index: Int) -> Int {
        contentRange(of: index + 1)?.lowerBound ?? 0
    }

    private func start(
        of index: Int, prompt: [UInt8]?, content: Range<Int>?
    ) throws(RenderError) -> (start: Int, isNested: Bool) {
        guard let prompt else {
            guard let content else {
                throw refusal(index, "the template cannot write the turns before it")
            }
            return (headerEnd(of: index, sampleTail(), before: content.lowerBound) ?? content.lowerBound, false)
        }
        let shared = Self.shared(prompt, whole)
        let bare = (try? render(messages[..<index], false)).map { Self.shared($0, prompt) } ?? prompt.count
        let tail = prompt[min(bare, prompt.count)...]
        if shared == prompt.count {
            // Without a prompt of its own the turn may begin with a heading, which is not the model's to say.
            if tail.isEmpty, let content, content.lowerBound > shared,
                !whole[shared..<content.lowerBound].allSatisfy(DatasetFile.isSpace)
            {
                return (content.lowerBound, false)
            }
            return (shared, true)
        }
        // A template asked for an answer may also write earlier turns another way; that is no prompt then.
        let isBehindPrevious = contentRange(of: index - 1).map { shared >= $0.upperBound } ?? true
        if shared >= bare, isBehindPrevious {
            guard Self.holdsWord(prompt[bare..<shared]) else { throw notNested(index, prompt, shared) }
            return (min(tokenStart(shared), content?.lowerBound ?? shared), false)
        }
        guard let content else { throw notNested(index, prompt, shared) }
        if let start = startAfterPrevious(index, ownPrompt: tail.count), start <= content.lowerBound {
            return (start, false)
        }
        return (headerEnd(of: index, Array(tail), before: content.lowerBound) ?? content.lowerBound, false)
    }

    /// Where an answer begins by what its prompt holds behind the content of the turn before: the end of that turn, and
    /// the `ownPrompt` bytes that the template adds when asked for an answer, of which the text may have a part.
    private func startAfterPrevious(_ index: Int, ownPrompt: Int) -> Int? {
        guard index > 0, let previous = contentRange(of: index - 1) else { return nil }
        var before = Array(messages[..<index])
        before[index - 1].content = Self.stranger
        before[index - 1].extra["content"] = nil
        let stranger = Array(Self.stranger.utf8)
        guard let prompt = try? render(before[...], true), let place = Self.find(stranger, in: prompt[...]),
            Self.find(stranger, in: prompt[(place + stranger.count)...]) == nil
        else { return nil }
        let tail = prompt[(place + stranger.count)...]
        let shared = Self.shared(tail, whole[previous.upperBound...])
        let closing = tail.count - ownPrompt
        guard shared == tail.count || (shared > closing && Self.holdsWord(tail.prefix(shared).dropFirst(closing)))
        else { return nil }
        return tokenStart(previous.upperBound + shared)
    }

    /// The offset itself, or the start of the token that it lies in.
    private func tokenStart(_ offset: Int) -> Int {
        spans.last { $0.lowerBound <= offset && $0.upperBound > offset }?.lowerBound ?? offset
    }

    /// The prompt that the template writes for an answer to a short question.
    private func sampleTail() -> [UInt8] {
        let question: ArraySlice<ChatMessage> = [ChatMessage(role: "user", content: "q")]
        guard let prompt = try? render(question, true), let bare = try? render(question, false) else { return [] }
        return Array(prompt[Self.shared(bare, prompt)...])
    }

    /// The end of the heading of a turn: of the prompt's tail as much as stands between the turn before and the content.
    private func headerEnd(of index: Int, _ tail: [UInt8], before limit: Int) -> Int? {
        let from = min(index > 0 ? contentRange(of: index - 1)?.upperBound ?? 0 : 0, limit)
        guard let first = tail.first else { return nil }
        var best: (start: Int, length: Int)?
        for start in from..<limit where whole[start] == first {
            let length = Self.shared(tail, whole[start..<limit])
            if length >= best?.length ?? 1 { best = (start, length) }
        }
        guard let best, Self.holdsWord(tail[..<best.length]) else { return nil }
        return best.start + best.length
    }

    /// Whether the template writes nothing of the tool calls of a turn.
    func dropsToolCalls(of index: Int) -> Bool {
        guard messages[index].hasToolCalls else { return false }
        var changed = messages
        changed[index].extra["tool_calls"] = changed[index].extra["tool_calls"].map(Self.renamed)
        return (try? render(changed[...], false)) == whole
    }

    /// The end token that the last answer gets once another turn follows, for templates that close a turn only then.
    func lateEnd() -> [UInt8]? {
        let longer = messages + [ChatMessage(role: "user", content: "q")]
        guard let text = try? render(longer[...], false) else { return nil }
        if text.starts(with: whole) { return Array(text[whole.count...]) }
        // The turn itself may be written differently then; its content ends where the whole text ended.
        let last = messages.count - 1
        let later = TurnLocator(
            messages: longer, whole: text, templateName: templateName, writesPrompt: writesPrompt, spans: [], ends: [],
            render: render)
        guard contentRange(of: last)?.upperBound == whole.count, let end = later.contentRange(of: last)?.upperBound
        else { return nil }
        return Array(text[end...])
    }

    // MARK: Other turns

    /// What a turn of another role adds to the text before it.
    func turn(_ index: Int) throws(RenderError) -> Found {
        let before = index == 0 ? [] : try? render(messages[..<index], false)
        let through = index == messages.count - 1 ? whole : try? render(messages[...index], false)
        if let range = Nested(prompt: before, through: through, whole: whole).range {
            return Found(range: range, isNested: true)
        }
        guard let content = contentRange(of: index) else {
            throw refusal(index, "the turn is written differently when others follow it")
        }
        let end = firstEnd(from: content.upperBound, before: contentRange(of: index + 1)?.lowerBound ?? whole.count)
        return Found(range: content.lowerBound..<(end ?? content.upperBound), isNested: false)
    }

    // MARK: Where the content stands

    /// A character of the last private-use plane: no text that people write holds one.
    private static let stranger = "\u{10FFFD}"

    /// Where the content of a turn stands, found by writing the conversation with another content in its place. Of a turn
    /// with tool calls the range begins with whichever stands first, and ends with the content, or is empty.
    func contentRange(of index: Int) -> Range<Int>? {
        guard messages.indices.contains(index) else { return nil }
        var changed = messages
        changed[index].content = Self.stranger
        changed[index].extra["content"] = nil
        let content = difference(changed)
        guard changed[index].hasToolCalls, let calls = callsRange(of: index) else { return content }
        let start = min(content?.lowerBound ?? calls.lowerBound, calls.lowerBound)
        return start..<max(content?.upperBound ?? start, start)
    }

    /// The text that changes with the tool calls of a turn. It may reach into the results of the tools.
    private func callsRange(of index: Int) -> Range<Int>? {
        var changed = messages
        changed[index].content = Self.stranger
        changed[index].extra["content"] = nil
        changed[index].extra["tool_calls"] = nil
        if let calls = difference(changed) { return calls }
        // Templates that want calls before the results of tools, and no content beside them.
        changed[index] = messages[index]
        changed[index].extra["tool_calls"] = changed[index].extra["tool_calls"].map(Self.renamed)
        return difference(changed)
    }

    /// Tool calls whose first function has another name.
    private static func renamed(_ calls: JSONValue) -> JSONValue {
        guard var list = calls.array, var call = list.first?.object else { return calls }
        if var function = call["function"]?.object {
            function["name"] = .string(stranger)
            call["function"] = .object(function)
        } else {
            call["name"] = .string(stranger)
        }
        list[0] = .object(call)
        return .array(list)
    }

    private func difference(_ changed: [ChatMessage]) -> Range<Int>? {
        guard let other = try? render(changed[...], false) else { return nil }
        let stranger = Array(Self.stranger.utf8)
        guard let place = Self.find(stranger, in: other[...]),
            Self.find(stranger, in: other[(place + stranger.count)...]) == nil
        else { return nil }
        var start = Self.shared(other, whole)
        let room = min(other.count, whole.count) - start
        var tail = 0
        while tail < room, other[other.count - 1 - tail] == whole[whole.count - 1 - tail] { tail += 1 }
        var end = whole.count - tail
        // Never within a character.
        while start > 0, start < whole.count, whole[start] & 0xC0 == 0x80 { start -= 1 }
        while end < whole.count, whole[end] & 0xC0 == 0x80 { end += 1 }
        return start..<max(start, end)
    }

    // MARK: Bytes

    static func shared(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Int {
        var count = 0
        for (one, other) in zip(left, right) {
            guard one == other else { break }
            count += 1
        }
        return count
    }

    private static func find(_ part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = part.first else { return nil }
        var index = bytes.startIndex
        while index + part.count <= bytes.endIndex {
            if bytes[index] == first, bytes[index..<index + part.count].elementsEqual(part) { return index }
            index += 1
        }
        return nil
    }

    /// Whether the bytes hold a letter or digit: two marks that merely open alike say nothing about a heading.
    private static func holdsWord(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.contains { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
        }
    }

    // MARK: Refusals

    private func refusal(_ index: Int, _ reason: String) -> RenderError {
        .prefixesDoNotNest(template: templateName, turn: index + 1, reason: reason)
    }

    private func notNested(_ index: Int, _ prompt: [UInt8], _ shared: Int) -> RenderError {
        let rest = String(decoding: prompt[shared...].prefix(40), as: UTF8.self)
        return refusal(
            index,
            "the prompt before the answer holds \"\(rest)\" at byte \(shared), which the whole text does not")
    }
}

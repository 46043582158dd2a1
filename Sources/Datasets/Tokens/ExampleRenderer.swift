public import Foundation
public import OrderedJSON
import Tokenizers

/// Turns examples into tokens with a mask, exactly as the model will see them: the one way of doing so in the
/// program, for the data view, preflight, training and comparison alike.
public struct ExampleRenderer: Sendable {
    public let text: ModelText
    public var trainOn: TrainOn
    /// Tokens a row may have.
    public var maxLength: Int
    public var tooLong: TooLong
    /// Further variables of the template, such as `enable_thinking`.
    public var extraVariables: JSONObject = [:]
    /// The clock of templates that write the date; fixed during a run so that a row is the same in every epoch.
    public var now: Date?
    let writesPrompt: Bool

    public init(
        text: ModelText, trainOn: TrainOn = .answers, maxLength: Int = .max, tooLong: TooLong = .drop, now: Date? = nil
    ) {
        self.text = text
        writesPrompt = Self.writesPrompt(text)
        self.trainOn = trainOn
        self.maxLength = maxLength
        self.tooLong = tooLong
        self.now = now
    }

    /// Names the text side and the settings that decide a row's tokens: the key of caches beside the rows' hash.
    public var settingsHash: String {
        var hash = ContentHash()
        for part in [text.tokenizerHash, text.templateHash, trainOn.rawValue, tooLong.rawValue] { hash.update(part) }
        hash.update(maxLength)
        hash.update(JSONValue.object(extraVariables).serialized(.compact.sorted()))
        return hash.hex
    }

    /// The row as one sequence within `maxLength`; the first of them under `split`.
    public func tokenize(_ example: Example) throws(RenderError) -> TokenizedExample {
        guard let first = try pieces(of: example).first else {
            throw .nothingTrained(reason: "it has no tokens")
        }
        return first
    }

    /// The row as the sequences it becomes: one, or several under `split`.
    /// - Throws: `tooLong` under `drop` and `stop`; the caller leaves the row out or does not start.
    public func pieces(of example: Example) throws(RenderError) -> [TokenizedExample] {
        let whole = try inspect(example)
        if whole.trainedCount == 0 { throw .nothingTrained(reason: Self.whyNothing(example, trainOn)) }
        guard whole.count > maxLength else { return [whole] }
        switch tooLong {
        case .drop, .stop: throw .tooLong(tokens: whole.count, limit: maxLength)
        case .truncate:
            let cut = truncated(whole)
            if cut.trainedCount == 0 {
                throw .nothingTrained(
                    reason: "its \(whole.count) tokens were cut to \(maxLength), and the answer begins after that")
            }
            return [cut]
        case .split:
            return split(whole)
        }
    }

    /// The row's tokens and mask without regard to length, also when nothing is trained: what the mask view draws.
    public func inspect(_ example: Example) throws(RenderError) -> TokenizedExample {
        switch example.content {
        case .chat(let messages, let tools):
            if messages.contains(where: { $0.extra["train_detail"]?.array?.isEmpty == false }) {
                throw .notTrainable(
                    kind: "a conversation that trains parts of a turn (train_detail)",
                    remedy: "Say train for whole turns, or take train_detail out")
            }
            return try chat(messages, tools: tools)
        case .completion(let prompt, let completion): return self.completion(prompt, completion)
        case .text(let text): return plain(text)
        case .preference(let prompt, let chosen, _): return try chat(prompt + chosen, tools: nil)
        case .feedback:
            throw .notTrainable(
                kind: "an answer with a verdict (KTO)",
                remedy: "Import it with --shape messages or prompt_completion to train on the answers as they are")
        case .steps:
            throw .notTrainable(
                kind: "an answer judged step by step",
                remedy: "Import it with another --shape and --map to train on texts")
        case .tokens(let row): return try tokens(row)
        }
    }

    /// Both answers of a preference row, each after the prompt; nil for rows of another shape.
    public func pair(of example: Example) throws(RenderError) -> (chosen: TokenizedExample, rejected: TokenizedExample)?
    {
        guard case .preference(let prompt, let chosen, let rejected) = example.content else { return nil }
        return (try chat(prompt + chosen, tools: nil), try chat(prompt + rejected, tools: nil))
    }

    // MARK: Tokens of another program

    /// The ids as they are, without padding; a token is trained where its label is itself.
    private func tokens(_ row: TokenRow) throws(RenderError) -> TokenizedExample {
        var spans: [TokenSpan] = []
        var trained: [Bool] = []
        var whole = ""
        let size = text.tokenizer.vocabularySize
        for (index, id) in row.ids.enumerated() where row.attentionMask.map({ $0[index] != 0 }) ?? true {
            guard id < size else {
                throw .notTrainable(
                    kind: "tokenized with another vocabulary (id \(id) of \(size))",
                    remedy: "Choose the model it was made for, or import the texts")
            }
            let label = row.labels?[index] ?? id
            guard label == id || label == -100 else {
                throw .notTrainable(
                    kind: "a row whose label at token \(index) is another token (\(label) for \(id))",
                    remedy: "Labels must be the ids themselves, or -100 where nothing is trained")
            }
            let start = whole.utf8.count
            whole += text.tokenizer.decode([id], skipSpecialTokens: false)
            spans.append(TokenSpan(id: id, range: start..<whole.utf8.count))
            trained.append(label == id && spans.count > 1)
        }
        return finished(spans, trained: trained, text: whole, source: .tokens)
    }

    // MARK: Plain texts

    private func completion(_ prompt: String, _ completion: String) -> TokenizedExample {
        let whole = prompt + completion
        let start = prompt.utf8.count
        let spans = withEnd(text.withoutDoubledBegin(text.tokenizer.encodeWithOffsets(whole)), after: whole)
        // A token that reaches over the border belongs to the side of its first byte.
        let trained = spans.indices.map { index in
            index > 0
                && (trainOn == .everything
                    || spans[index].range.lowerBound >= start && !Self.isLeading(index, in: spans))
        }
        return finished(spans, trained: trained, text: whole, source: .completion)
    }

    private func plain(_ whole: String) -> TokenizedExample {
        let spans = withEnd(text.withoutDoubledBegin(text.tokenizer.encodeWithOffsets(whole)), after: whole)
        return finished(spans, trained: spans.indices.map { $0 > 0 }, text: whole, source: .text)
    }

    /// Template tokens in front of the text, such as BOS, lie at offset 0 like an answer after an empty prompt.
    private static func isLeading(_ index: Int, in spans: [TokenSpan]) -> Bool {
        spans[...index].allSatisfy { $0.range.isEmpty && $0.range.lowerBound == 0 } && index < spans.count - 1
    }

    /// Exactly one end token, whether or not the tokenizer's own template puts one there.
    private func withEnd(_ spans: [TokenSpan], after whole: String) -> [TokenSpan] {
        guard let end = text.endTokenID else { return spans }
        let count = whole.utf8.count
        var kept = text.withoutEnd(spans)
        if let last = kept.last, text.endTokenIDs.contains(last.id) { return kept }
        kept.append(TokenSpan(id: end, range: count..<count))
        return kept
    }

    private func finished(
        _ spans: [TokenSpan], trained: [Bool], text whole: String, source: TokenizedExample.MaskSource
    ) -> TokenizedExample {
        TokenizedExample(
            ids: spans.map(\.id), trained: trained, spans: spans.map(\.range), renderedText: whole,
            endTokenTrained: trained.last == true && spans.last.map { text.endTokenIDs.contains($0.id) } == true,
            maskSource: source)
    }

    // MARK: Too long

    private func truncated(_ whole: TokenizedExample) -> TokenizedExample {
        var cut = slice(whole, 0..<max(maxLength, 1))
        let last = cut.count - 1
        // The end token moves up, so that the row still teaches where an answer ends.
        if let end = whole.ids.indices.last(where: { whole.trained[$0] && text.endTokenIDs.contains(whole.ids[$0]) }),
            end > last, last > 0
        {
            let at = cut.spans[last].lowerBound
            cut.ids[last] = whole.ids[end]
            cut.trained[last] = cut.trained[..<last].contains(true)
            cut.spans[last] = at..<at
        }
        cut.endTokenTrained = cut.trained[last] && text.endTokenIDs.contains(cut.ids[last])
        return cut
    }

    private func split(_ whole: TokenizedExample) -> [TokenizedExample] {
        let length = max(maxLength, 2)
        return stride(from: 0, to: whole.count, by: length).compactMap { start in
            var piece = slice(whole, start..<min(start + length, whole.count))
            piece.trained[0] = false
            return piece.trainedCount > 0 ? piece : nil
        }
    }

    private func slice(_ whole: TokenizedExample, _ range: Range<Int>) -> TokenizedExample {
        var part = whole
        part.ids = Array(whole.ids[range])
        part.trained = Array(whole.trained[range])
        part.spans = Array(whole.spans[range])
        part.wasCut = true
        return part
    }

    private static func whyNothing(_ example: Example, _ trainOn: TrainOn) -> String {
        if case .chat(let messages, _) = example.content {
            if !messages.contains(where: \.isAnswer) { return "it has no turn of the assistant" }
            if messages.contains(where: { $0.trains == false }) { return "its own flags turn every answer off" }
        }
        return example.answerText.isEmpty ? "its answer is empty" : "no token lies within its answers"
    }
}

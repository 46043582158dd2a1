public import OrderedJSON
import Synchronization

/// A token of an encoded text.
public struct TokenSpan: Sendable, Equatable {
    public let id: Int32
    /// The UTF-8 bytes of the original text that the token stands for. Empty for a token put in by the template. It may
    /// cut a character whose bytes are spread over several tokens.
    public let range: Range<Int>

    public init(id: Int32, range: Range<Int>) {
        self.id = id
        self.range = range
    }
}

/// A tokenizer as `tokenizer.json` describes it, giving the same ids and texts as the library that wrote the file.
///
/// Truncation and padding that a file may ask for are not applied: both are decided by who builds batches.
public final class Tokenizer: Sendable {
    let model: TokenModel
    private let normalizer: Normalizer?
    private let preTokenizers: [PreTokenizer]
    private let postProcessor: PostProcessor
    /// nil where the file has no decoder: tokens are then joined by spaces.
    let decoderSteps: [TokenDecoder]?
    /// Whether the model takes the bytes of pieces instead of characters of the byte alphabet.
    private let takesBytes: Bool

    /// All added tokens, by ascending id.
    public let addedTokens: [AddedToken]
    private let addedByID: [Int32: AddedToken]
    private let addedIDs: [[UInt8]: Int32]
    /// What decoders see of each added token: its normalised form where it is looked for in that form.
    private let addedForms: [Int32: [UInt8]]
    private let rawFinder: AddedTokenFinder
    private let normalizedFinder: AddedTokenFinder

    /// The number of different tokens, added ones included.
    public let vocabularySize: Int
    /// The highest id in use: the embedding of a fitting model has more rows than this.
    public let highestID: Int32

    private let scratches = Mutex<[EncodingScratch]>([])

    /// Takes the content of a `tokenizer.json`; errors call it by the name given.
    ///
    /// Of canonically equivalent tokens a `JSONValue` keeps only one: read files by `load(path:)` or `init(bytes:named:)`.
    public convenience init(json: JSONValue, named name: String) throws(TokenizerError) {
        try self.init(json: json, tokens: nil, named: name)
    }

    /// `tokens` are the vocabulary's members by their exact bytes, see `VocabularyReader`.
    init(json: JSONValue, tokens: VocabularyTokens?, named name: String) throws(TokenizerError) {
        let root = TokenizerSection(value: json, file: name, path: "")
        guard json.object != nil else { throw root.failure("expected an object, found \(json.kind)") }
        normalizer = try root.member("normalizer").map { (s) throws(TokenizerError) in try Normalizer(s) }
        let preTokenizer = try root.member("pre_tokenizer").map { (s) throws(TokenizerError) in try PreTokenizer(s) }
        preTokenizers = preTokenizer?.steps ?? []
        postProcessor =
            try root.member("post_processor").map { (s) throws(TokenizerError) in try PostProcessor(s) }
            ?? PostProcessor()
        decoderSteps = try root.member("decoder").map { (s) throws(TokenizerError) in try TokenDecoder(s) }?.steps
        let modelSection = try root.required("model")
        let isBytePair = modelSection.member("merges") != nil
        if case .byteLevel = preTokenizers.last, isBytePair { takesBytes = true } else { takesBytes = false }
        model = try TokenModel(modelSection, takesBytes: takesBytes, tokens: tokens)

        var added: [Int32: AddedToken] = [:]
        var ids: [[UInt8]: Int32] = [:]
        var forms: [Int32: [UInt8]] = [:]
        var raw = AddedTokenFinder()
        var normalized = AddedTokenFinder()
        for section in try root.member("added_tokens")?.elements() ?? [] {
            let token = try AddedToken(section)
            guard !token.content.isEmpty else { continue }
            let spelled = Array(token.content.utf8)
            if let other = ids[spelled] {
                throw section.failure("'\(token.content)' is there twice, as \(other) and \(token.id)")
            }
            if let other = added[token.id] {
                throw section.failure("the id \(token.id) belongs to '\(other.content)' already")
            }
            if let present = model.vocabulary.id(of: spelled) {
                guard present == token.id else {
                    throw section.failure(
                        "'\(token.content)' has the id \(token.id) here and \(present) in the vocabulary")
                }
            } else if let other = model.vocabulary.bytes(of: token.id) {
                let text = String(decoding: other, as: UTF8.self)
                throw section.failure("the id \(token.id) belongs to '\(text)' in the vocabulary")
            }
            added[token.id] = token
            ids[spelled] = token.id
            if token.isNormalized {
                let form = normalizer?.apply(to: AlignedText(spelled), tracks: false).bytes ?? spelled
                normalized.add(token, spelled: form)
                forms[token.id] = form
            } else {
                forms[token.id] = spelled
                raw.add(token, spelled: spelled)
            }
        }
        addedByID = added
        addedIDs = ids
        rawFinder = raw
        normalizedFinder = normalized
        addedTokens = added.values.sorted { $0.id < $1.id }
        addedForms = forms
        let vocabulary = model.vocabulary
        vocabularySize = vocabulary.count + addedTokens.count { vocabulary.bytes(of: $0.id) == nil }
        highestID = max(vocabulary.highestID, addedTokens.last?.id ?? -1)
        for id in postProcessor.before + postProcessor.after where !isKnown(id) {
            throw root.failure("post_processor: the id \(id) is no token")
        }
    }

    private func isKnown(_ id: Int32) -> Bool { addedByID[id] != nil || model.vocabulary.bytes(of: id) != nil }

    // MARK: Encoding

    /// The ids of a text. The text of an added token (`<|im_end|>`) gives that token, as in the reference library.
    /// `addSpecialTokens`: whether the tokens of the file's template (such as BOS) are put around it.
    public func encode(_ text: String, addSpecialTokens: Bool = true) -> [Int32] {
        var ids = addSpecialTokens ? postProcessor.before : []
        run(Array(text.utf8), tracks: false) { run, _, _ in ids += run.ids }
        if addSpecialTokens { ids += postProcessor.after }
        return ids
    }

    /// The ids of a text and the bytes of the text that each stands for.
    public func encodeWithOffsets(_ text: String, addSpecialTokens: Bool = true) -> [TokenSpan] {
        let bytes = Array(text.utf8)
        var spans: [TokenSpan] = []
        if addSpecialTokens { spans += postProcessor.before.map { TokenSpan(id: $0, range: 0..<0) } }
        run(bytes, tracks: true) { run, text, starts in
            var first = 0
            for (start, end) in starts {
                var position = start
                for index in first..<end {
                    let next = position + Int(run.widths[index])
                    spans.append(TokenSpan(id: run.ids[index], range: text.origin(of: position..<next)))
                    position = next
                }
                first = end
            }
        }
        if addSpecialTokens {
            spans += postProcessor.after.map { TokenSpan(id: $0, range: bytes.count..<bytes.count) }
        }
        return spans
    }

    /// Hands over the tokens of each stretch of text between added tokens, and of the added tokens themselves.
    /// `starts` has, for each piece, its start in the aligned text and the number of tokens up to its end.
    private func run(
        _ bytes: [UInt8], tracks: Bool, _ take: (TokenRun, AlignedText, [(start: Int, end: Int)]) -> Void
    ) {
        var scratch = scratches.withLock { $0.popLast() } ?? EncodingScratch()
        func emit(_ found: AddedTokenFinder.Found, _ text: AlignedText) {
            var run = TokenRun()
            run.append(found.id, width: found.range.count)
            take(run, text, [(found.range.lowerBound, 1)])
        }
        let whole = AlignedText(bytes)
        func section(_ range: Range<Int>) {
            guard !range.isEmpty else { return }
            var text = whole
            var inner = range
            if let normalizer {
                let part =
                    range.count == bytes.count ? whole : AlignedText(Array(bytes[range]), base: range.lowerBound)
                text = normalizer.apply(to: part, tracks: tracks)
                inner = 0..<text.bytes.count
            }
            var position = inner.lowerBound
            var startsInput = range.lowerBound == 0
            for found in normalizedFinder.find(in: text.bytes, inner) {
                cut(text, position..<found.range.lowerBound, startsInput: startsInput)
                emit(found, text)
                position = found.range.upperBound
                startsInput = false
            }
            cut(text, position..<inner.upperBound, startsInput: startsInput)
        }
        func cut(_ text: AlignedText, _ range: Range<Int>, startsInput: Bool) {
            guard !range.isEmpty else { return }
            var state = CutText(text: text, pieces: [range], startsInput: startsInput, tracks: tracks)
            for (index, step) in preTokenizers.enumerated() {
                state.apply(step, mapsBytes: !(takesBytes && index == preTokenizers.count - 1))
            }
            var run = TokenRun()
            run.ids.reserveCapacity(state.pieces.count + state.pieces.count / 2)
            var starts: [(start: Int, end: Int)] = []
            let cutBytes = state.text.bytes
            for piece in state.pieces {
                model.encode(cutBytes, piece, scratch: &scratch, into: &run)
                if tracks { starts.append((piece.lowerBound, run.ids.count)) }
            }
            take(run, state.text, starts)
        }
        var position = 0
        for found in rawFinder.find(in: bytes, 0..<bytes.count) {
            section(position..<found.range.lowerBound)
            emit(found, whole)
            position = found.range.upperBound
        }
        section(position..<bytes.count)
        scratches.withLock { if $0.count < 16 { $0.append(scratch) } }
    }

    // MARK: Decoding

    /// The text of the tokens; ids that are no token are passed over. Spaces are not tidied up afterwards.
    ///
    /// Special tokens are told by id, as transformers does. The tokenizers library alone tells them by text and so keeps
    /// those that its normaliser changes (`<s>` of Llama 2), even when asked to skip them.
    public func decode(_ ids: some Sequence<Int32>, skipSpecialTokens: Bool = true) -> String {
        let tokens = ids.compactMap { decodedBytes(of: $0, skipsSpecialTokens: skipSpecialTokens) }
        guard let decoderSteps else {
            return String(decoding: Array(tokens.joined(separator: [0x20])), as: UTF8.self)
        }
        let decoded = decoderSteps.reduce(tokens) { $1.apply($0) }
        return String(decoding: Array(decoded.joined()), as: UTF8.self)
    }

    /// The text of a token as decoders take it; nil when there is none or when it is to be skipped.
    func decodedBytes(of id: Int32, skipsSpecialTokens: Bool) -> [UInt8]? {
        if let added = addedByID[id] {
            return skipsSpecialTokens && added.isSpecial ? nil : addedForms[id]
        }
        return model.vocabulary.bytes(of: id).map { Array($0) }
    }

    /// A decoder for tokens that come one by one.
    public func makeStreamingDecoder(skipSpecialTokens: Bool = true) -> StreamingDecoder {
        StreamingDecoder(tokenizer: self, skipsSpecialTokens: skipSpecialTokens)
    }

    // MARK: Vocabulary

    /// The id of a token by its text in the vocabulary (`Ġthe`, `▁the`, `<s>`).
    public func id(of token: String) -> Int32? {
        let spelled = Array(token.utf8)
        return addedIDs[spelled] ?? model.vocabulary.id(of: spelled)
    }

    /// The text of a token in the vocabulary, not decoded.
    public func token(_ id: Int32) -> String? {
        addedByID[id]?.content ?? model.vocabulary.bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether decoding skips it when special tokens are skipped.
    public func isSpecial(_ id: Int32) -> Bool { addedByID[id]?.isSpecial ?? false }
}

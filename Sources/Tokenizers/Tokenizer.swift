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
    /// Whether a step asks where in the original text a piece starts.
    private let needsOrigins: Bool

    /// All added tokens, by ascending id.
    public let addedTokens: [AddedToken]
    private let added: AddedTokens
    private let decodingPlan: DecodingPlan?

    /// The number of different tokens, added ones included.
    public let vocabularySize: Int
    /// The highest id in use: the embedding of a fitting model has more rows than this.
    public let highestID: Int32

    private let scratches = Mutex<[EncodingScratch]>([])

    /// Takes the content of a `tokenizer.json`; errors call it by the name given.
    ///
    /// Of canonically equivalent tokens a `JSONValue` keeps only one: read files by `load(path:)` or `init(bytes:named:)`.
    public convenience init(json: JSONValue, named name: String) throws(TokenizerError) {
        try self.init(json: json, entries: nil, named: name)
    }

    /// `entries` are the lists of the model where they were read apart, see `TokenizerFileReader`.
    convenience init(json: JSONValue, entries: ModelEntries?, named name: String) throws(TokenizerError) {
        try self.init(try TokenizerParts(json: json, entries: entries, named: name))
    }

    /// Puts the parts together and checks them against each other.
    init(_ parts: TokenizerParts) throws(TokenizerError) {
        let (model, normalizer) = (parts.model, parts.normalizer)
        self.model = model
        self.normalizer = normalizer
        preTokenizers = parts.preTokenizers
        postProcessor = parts.postProcessor
        decoderSteps = parts.decoderSteps
        takesBytes = model.takesBytes
        needsOrigins = parts.preTokenizers.contains(where: \.needsOrigins)
        var added = AddedTokens()
        for (token, section) in parts.added {
            var form = parts.forms[token.id]
            if token.isNormalized, form == nil {
                form = normalizer?.apply(to: AlignedText(Array(token.content.utf8)), tracks: false).bytes
            }
            try added.add(token, form: form, to: model.vocabulary, section)
        }
        let sorted = added.tokens.values.sorted { $0.id < $1.id }
        addedTokens = sorted
        self.added = added
        vocabularySize = model.vocabulary.count + sorted.count { model.vocabulary.bytes(of: $0.id) == nil }
        highestID = max(model.vocabulary.highestID, sorted.last?.id ?? -1)
        decodingPlan = DecodingPlan(parts.decoderSteps, vocabulary: model.vocabulary, added: added)
        for id in postProcessor.before + postProcessor.after where !isKnown(id) {
            throw TokenizerError(
                file: parts.file, what: "post_processor: the id \(id) is no token",
                remedy: "Use the tokenizer.json as it was published.")
        }
    }

    private func isKnown(_ id: Int32) -> Bool { added.tokens[id] != nil || model.vocabulary.bytes(of: id) != nil }

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
        let tracks = tracks || needsOrigins
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
            for found in added.normalizedFinder.find(in: text.bytes, inner) {
                cut(text, position..<found.range.lowerBound)
                emit(found, text)
                position = found.range.upperBound
            }
            cut(text, position..<inner.upperBound)
        }
        func cut(_ text: AlignedText, _ range: Range<Int>) {
            guard !range.isEmpty else { return }
            var state = CutText(text: text, pieces: [range], tracks: tracks)
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
        for found in added.rawFinder.find(in: bytes, 0..<bytes.count) {
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
        if let decodingPlan { return decodingPlan.decode(ids, added: added, skipsSpecialTokens: skipSpecialTokens) }
        let tokens = ids.compactMap { decodedBytes(of: $0, skipsSpecialTokens: skipSpecialTokens) }
        guard let decoderSteps else {
            return String(decoding: Array(tokens.joined(separator: [0x20])), as: UTF8.self)
        }
        let decoded = decoderSteps.reduce(tokens) { $1.apply($0) }
        return String(decoding: Array(decoded.joined()), as: UTF8.self)
    }

    /// The text of a token as decoders take it; nil when there is none or when it is to be skipped.
    func decodedBytes(of id: Int32, skipsSpecialTokens: Bool) -> [UInt8]? {
        if let token = added.tokens[id] { return skipsSpecialTokens && token.isSpecial ? nil : added.forms[id] }
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
        return added.ids[spelled] ?? model.vocabulary.id(of: spelled)
    }

    /// The text of a token in the vocabulary, not decoded.
    public func token(_ id: Int32) -> String? {
        added.tokens[id]?.content ?? model.vocabulary.bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether decoding skips it when special tokens are skipped.
    public func isSpecial(_ id: Int32) -> Bool { added.tokens[id]?.isSpecial ?? false }
}

import OrderedJSON

/// What turns a piece of text into tokens.
enum TokenModel: Sendable {
    case bytePair(BytePairModel)
    case unigram(UnigramModel)
    case wordPiece(WordPieceModel)
    case wordLevel(WordLevelModel)

    /// `endsInBytes`: whether pieces come out of a step that writes them in the byte alphabet. `entries` are the model's
    /// lists where they were read apart.
    init(
        _ section: TokenizerSection, endsInBytes: Bool, entries: ModelEntries?
    ) throws(TokenizerError) {
        let kind = try section.optionalText("type") ?? Self.guessedKind(section)
        guard ["BPE", "Unigram", "WordPiece", "WordLevel"].contains(kind) else {
            throw section.unsupported("model", kind)
        }
        if kind == "BPE" { try BytePairModel.refuseDropout(section) }
        let entries: ModelEntries = if let entries { entries } else { try ModelEntries(section) }
        switch kind {
        case "BPE": self = .bytePair(try BytePairModel(section, endsInBytes: endsInBytes, entries: entries))
        case "Unigram": self = .unigram(try UnigramModel(section, entries: entries))
        case "WordPiece": self = .wordPiece(try WordPieceModel(section, entries: entries))
        default: self = .wordLevel(try WordLevelModel(section, entries: entries))
        }
    }

    /// Old files do not say what kind of model they hold.
    private static func guessedKind(_ section: TokenizerSection) -> String {
        if section.member("merges") != nil { return "BPE" }
        if section.member("vocab")?.value.array != nil { return "Unigram" }
        return section.member("max_input_chars_per_word") != nil ? "WordPiece" : "WordLevel"
    }

    var vocabulary: TokenTable {
        switch self {
        case .bytePair(let model): model.vocabulary
        case .unigram(let model): model.vocabulary
        case .wordPiece(let model): model.vocabulary
        case .wordLevel(let model): model.vocabulary
        }
    }

    /// Whether it takes the plain bytes of pieces instead of characters of the byte alphabet.
    var takesBytes: Bool {
        if case .bytePair(let model) = self { model.takesBytes } else { false }
    }

    /// The tokens of `bytes[piece]`; widths add up to the piece wherever every byte has a token.
    @inline(__always)
    func encode(_ bytes: [UInt8], _ piece: Range<Int>, scratch: inout EncodingScratch, into output: inout TokenRun) {
        switch self {
        case .bytePair(let model): model.encode(bytes, piece, scratch: &scratch, into: &output)
        case .unigram(let model): model.encode(bytes, piece, scratch: &scratch, into: &output)
        case .wordPiece(let model): model.encode(bytes, piece, scratch: &scratch, into: &output)
        case .wordLevel(let model): model.encode(bytes, piece, into: &output)
        }
    }
}

extension TokenTable {
    /// From `{"token": id, …}`.
    init(_ entries: ModelEntries, _ section: TokenizerSection) throws(TokenizerError) {
        guard entries.ids.count == entries.tokens.count else {
            throw section.place("vocab").failure("expected an object of tokens and ids, found an array")
        }
        let bytes = entries.tokens.bytes
        self.init(capacity: entries.tokens.count)
        for index in 0..<entries.tokens.count {
            let range = entries.tokens.range(index)
            let id = Int32(truncatingIfNeeded: entries.ids[index])
            switch insert(bytes, from: range.lowerBound, to: range.upperBound, id: id) {
            case .added: break
            case .textTaken:
                throw section.place("vocab[\"\(entries.tokens.text(index))\"]").failure("the token is there twice")
            case .idTaken:
                let other = self.bytes(of: id).map { String(decoding: $0, as: UTF8.self) } ?? ""
                throw section.place("vocab[\"\(entries.tokens.text(index))\"]").failure(
                    "the id \(id) belongs to '\(other)' already")
            }
        }
    }
}

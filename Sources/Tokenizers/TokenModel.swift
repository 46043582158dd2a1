import OrderedJSON

/// What turns a piece of text into tokens.
enum TokenModel: Sendable {
    case bytePair(BytePairModel)
    case wordPiece(WordPieceModel)
    case wordLevel(WordLevelModel)

    /// `takesBytes`: whether pieces come as plain bytes for a vocabulary in the byte alphabet.
    init(_ section: TokenizerSection, takesBytes: Bool, tokens: VocabularyTokens?) throws(TokenizerError) {
        let kind = try section.optionalText("type") ?? Self.guessedKind(section)
        switch kind {
        case "BPE": self = .bytePair(try BytePairModel(section, takesBytes: takesBytes, tokens: tokens))
        case "WordPiece": self = .wordPiece(try WordPieceModel(section, tokens: tokens))
        case "WordLevel": self = .wordLevel(try WordLevelModel(section, tokens: tokens))
        default: throw section.unsupported("model", kind)
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
        case .wordPiece(let model): model.vocabulary
        case .wordLevel(let model): model.vocabulary
        }
    }

    /// The tokens of `bytes[piece]`; widths add up to the piece wherever every byte has a token.
    @inline(__always)
    func encode(_ bytes: [UInt8], _ piece: Range<Int>, scratch: inout EncodingScratch, into output: inout TokenRun) {
        switch self {
        case .bytePair(let model): model.encode(bytes, piece, scratch: &scratch, into: &output)
        case .wordPiece(let model): model.encode(bytes, piece, into: &output)
        case .wordLevel(let model): model.encode(bytes, piece, into: &output)
        }
    }
}

/// The members of a vocabulary by their exact bytes.
typealias VocabularyTokens = [(token: [UInt8], id: JSONValue)]

extension TokenTable {
    /// From `{"token": id, …}`.
    /// `tokens` are the members as the file spells them, where the file was at hand.
    init(_ section: TokenizerSection, tokens: VocabularyTokens?) throws(TokenizerError) {
        guard let members = section.value.object else {
            throw section.failure("expected an object of tokens and ids, found \(section.value.kind)")
        }
        let tokens = tokens ?? members.map { (Array($0.key.utf8), $0.value) }
        self.init(capacity: tokens.count)
        for (token, value) in tokens {
            // The place is spelled out only for errors: there are a hundred thousand tokens.
            func place() -> TokenizerSection {
                let name = String(decoding: token, as: UTF8.self)
                return TokenizerSection(value: value, file: section.file, path: "\(section.path)[\"\(name)\"]")
            }
            guard case .integer(let id) = value, id >= 0, id <= Self.highestAllowedID else {
                _ = try place().id()
                throw place().failure("the id must be a whole number")
            }
            switch insert(token, id: Int32(id)) {
            case .added: break
            case .textTaken: throw place().failure("the token is there twice")
            case .idTaken:
                let other = bytes(of: Int32(id)).map { String(decoding: $0, as: UTF8.self) } ?? ""
                throw place().failure("the id \(id) belongs to '\(other)' already")
            }
        }
    }
}

/// Looks whole pieces up.
struct WordLevelModel: Sendable {
    let vocabulary: TokenTable
    private let unknownID: Int32?

    init(_ section: TokenizerSection, tokens: VocabularyTokens?) throws(TokenizerError) {
        let vocabulary = try TokenTable(try section.required("vocab"), tokens: tokens)
        self.vocabulary = vocabulary
        unknownID = try section.optionalText("unk_token").flatMap { vocabulary.id(of: Array($0.utf8)) }
    }

    func encode(_ bytes: [UInt8], _ piece: Range<Int>, into output: inout TokenRun) {
        let id = vocabulary.id(of: bytes, from: piece.lowerBound, to: piece.upperBound) ?? unknownID
        if let id { output.append(id, width: piece.count) }
    }
}

/// Takes the longest known start of a word again and again (BERT); a word that does not come out even is unknown.
struct WordPieceModel: Sendable {
    let vocabulary: TokenTable
    private let unknownID: Int32
    private let prefix: [UInt8]
    private let longestWord: Int

    init(_ section: TokenizerSection, tokens: VocabularyTokens?) throws(TokenizerError) {
        vocabulary = try TokenTable(try section.required("vocab"), tokens: tokens)
        prefix = Array((try section.optionalText("continuing_subword_prefix") ?? "##").utf8)
        longestWord = try section.count("max_input_chars_per_word", default: 100)
        let unknown = try section.optionalText("unk_token") ?? "[UNK]"
        guard let id = vocabulary.id(of: Array(unknown.utf8)) else {
            throw section.failure("the unknown token '\(unknown)' is not in the vocabulary")
        }
        unknownID = id
    }

    func encode(_ bytes: [UInt8], _ piece: Range<Int>, into output: inout TokenRun) {
        let characters = piece.reduce(0) { $0 + (bytes[$1] & 0xc0 == 0x80 ? 0 : 1) }
        guard characters <= longestWord else { return output.append(unknownID, width: piece.count) }
        var tokens = TokenRun()
        var start = piece.lowerBound
        while start < piece.upperBound {
            var end = piece.upperBound
            var found: Int32?
            while end > start {
                if start == piece.lowerBound {
                    found = vocabulary.id(of: bytes, from: start, to: end)
                } else {
                    found = vocabulary.id(of: prefix + bytes[start..<end])
                }
                if found != nil { break }
                end = bytes.scalarStart(before: end, lowest: start)
            }
            guard let found else { return output.append(unknownID, width: piece.count) }
            tokens.append(found, width: end - start)
            start = end
        }
        output.ids += tokens.ids
        output.widths += tokens.widths
    }
}

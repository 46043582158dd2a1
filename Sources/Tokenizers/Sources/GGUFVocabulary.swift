import OrderedJSON

/// The vocabulary of a GGUF file, by its `tokenizer.ggml.` keys.
public struct GGUFVocabulary: Sendable {
    /// `model`: `gpt2` (byte-level BPE), `llama` (sentencepiece BPE), `t5` (unigram), `bert` (WordPiece), …
    public var model: String
    /// `pre`: the name of the way text is cut into words; for `gpt2` only.
    public var pre: String?
    public var tokens: [String]
    /// `token_type`: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    public var tokenTypes: [Int32]?
    public var scores: [Float]?
    /// Each `"left right"`.
    public var merges: [String]?
    public var bosID: Int32?
    public var eosID: Int32?
    public var unknownID: Int32?
    public var paddingID: Int32?
    public var addsBOS: Bool?
    public var addsEOS: Bool?
    public var addsSpacePrefix: Bool?
    /// `remove_extra_whitespaces`.
    public var removesExtraSpaces: Bool?
    /// `precompiled_charsmap`.
    public var characterMap: [UInt8]?

    public init(
        model: String, pre: String? = nil, tokens: [String], tokenTypes: [Int32]? = nil, scores: [Float]? = nil,
        merges: [String]? = nil, bosID: Int32? = nil, eosID: Int32? = nil, unknownID: Int32? = nil,
        paddingID: Int32? = nil, addsBOS: Bool? = nil, addsEOS: Bool? = nil, addsSpacePrefix: Bool? = nil,
        removesExtraSpaces: Bool? = nil, characterMap: [UInt8]? = nil
    ) {
        self.model = model
        self.pre = pre
        self.tokens = tokens
        self.tokenTypes = tokenTypes
        self.scores = scores
        self.merges = merges
        self.bosID = bosID
        self.eosID = eosID
        self.unknownID = unknownID
        self.paddingID = paddingID
        self.addsBOS = addsBOS
        self.addsEOS = addsEOS
        self.addsSpacePrefix = addsSpacePrefix
        self.removesExtraSpaces = removesExtraSpaces
        self.characterMap = characterMap
    }
}

extension Tokenizer {
    /// The tokenizer of a GGUF file; errors call the file by the name given.
    public convenience init(gguf: GGUFVocabulary, named name: String = "GGUF") throws(TokenizerError) {
        try self.init(try gguf.parts(TokenizerSection(value: .null, file: name, path: "tokenizer.ggml")))
    }
}

extension GGUFVocabulary {
    func parts(_ section: TokenizerSection) throws(TokenizerError) -> TokenizerParts {
        guard !tokens.isEmpty, tokens.count <= TokenTable.highestAllowedID else {
            throw section.place("tokens").failure("\(tokens.count) are not a usable number of tokens")
        }
        for (name, count) in [("token_type", tokenTypes?.count), ("scores", scores?.count)] {
            if let count, count != tokens.count {
                throw section.place(name).failure("\(count) entries for \(tokens.count) tokens")
            }
        }
        for (name, id) in [
            ("bos_token_id", bosID), ("eos_token_id", eosID), ("unknown_token_id", unknownID),
            ("padding_token_id", paddingID),
        ] {
            if let id, id < 0 || Int(id) >= tokens.count {
                throw section.place(name).failure("the id \(id) is beyond the \(tokens.count) tokens")
            }
        }
        var parts: TokenizerParts
        switch model {
        case "gpt2": parts = try byteLevel(section)
        case "llama": parts = try scored(section, isBytePair: true)
        case "t5": parts = try scored(section, isBytePair: false)
        case "bert": parts = try wordPiece(section)
        case let other: throw section.unsupported("vocabulary", other)
        }
        for index in tokens.indices {
            let kind = tokenTypes?[index] ?? 1
            // Padding of the vocabulary is marked as unused or user-defined and must not be empty.
            guard kind == 2 || kind == 3 || kind == 4, !tokens[index].isEmpty else { continue }
            let token = AddedToken(id: Int32(index), content: tokens[index], isSpecial: kind != 4)
            if !parts.added.contains(where: { $0.token.id == token.id }) { parts.added.append((token, section)) }
        }
        let before = addsBOS ?? Self.startsWithBegin(model, pre) ? bosID : nil
        let after = addsEOS ?? (model == "bert" || model == "t5") ? eosID : nil
        parts.postProcessor = PostProcessor(before: before.map { [$0] } ?? [], after: after.map { [$0] } ?? [])
        return parts
    }

    /// Whether text starts with a begin token where the file does not say it, as llama.cpp decides.
    private static func startsWithBegin(_ model: String, _ pre: String?) -> Bool {
        switch model {
        case "llama", "bert": true
        case "gpt2": ["llama3", "llama-v3", "llama-bpe", "falcon3", "tekken", "chameleon"].contains(pre ?? "")
        default: false
        }
    }

    private func entries(_ section: TokenizerSection) -> ModelEntries {
        var entries = ModelEntries()
        for token in tokens { entries.tokens.append(token.utf8) }
        return entries
    }

    /// Tokens of equal text are told apart by their place only: the first keeps its name, as in llama.cpp's files.
    private func table(_ entries: ModelEntries) -> TokenTable {
        var table = TokenTable(capacity: entries.tokens.count)
        for index in 0..<entries.tokens.count {
            let range = entries.tokens.range(index)
            _ = table.insert(
                entries.tokens.bytes, from: range.lowerBound, to: range.upperBound,
                id: Int32(truncatingIfNeeded: index))
        }
        return table
    }

    private func byteLevel(_ section: TokenizerSection) throws(TokenizerError) -> TokenizerParts {
        guard let merges else { throw section.failure("merges are missing, which a vocabulary of this kind needs") }
        let entries = entries(section)
        let table = table(entries)
        var mergeTable = MergeTable(capacity: merges.count)
        for (rank, line) in merges.enumerated() {
            var entry = ModelEntries()
            // A token may hold a space or start with one: the space that parts the two is not the first byte.
            let bytes = Array(line.utf8)
            guard let space = bytes.dropFirst().firstIndex(of: 0x20) else {
                throw section.place("merges").failure(
                    "merge \(rank) ('\(line)') is not two tokens with a space between")
            }
            entry.merges.append(bytes[..<space] + bytes[(space + 1)...])
            let joined = entry.merges.bytes
            guard let left = table.id(of: joined, from: 0, to: space),
                let right = table.id(of: joined, from: space, to: joined.count), let merged = table.id(of: joined)
            else {
                throw section.place("merges").failure(
                    "merge \(rank) ('\(line)') names or gives a token that is not there")
            }
            mergeTable.insert(left: left, right: right, rank: UInt32(truncatingIfNeeded: rank), id: merged)
        }
        var settings = BytePairSettings()
        settings.ignoresMerges = GGUFPreTokenizer.ignoresMerges(pre ?? "default")
        var parts = TokenizerParts(
            file: section.file,
            model: .bytePair(
                BytePairModel(vocabulary: table, merges: mergeTable, settings: settings, endsInBytes: true)))
        parts.preTokenizers = try GGUFPreTokenizer.steps(named: pre ?? "default", section)
        parts.preTokenizers.append(.byteLevel(addsPrefixSpace: addsSpacePrefix ?? false, cutsWords: false))
        parts.decoderSteps = [.byteLevel]
        return parts
    }

    private func scored(_ section: TokenizerSection, isBytePair: Bool) throws(TokenizerError) -> TokenizerParts {
        guard let scores else { throw section.failure("scores are missing, which a vocabulary of this kind needs") }
        var entries = entries(section)
        entries.scores = scores.enumerated().map { index, score in
            (tokenTypes?[index] ?? 1) == 1 && score.isFinite ? Double(score) : -.infinity
        }
        let unknown = unknownID.map(Int.init)
        let model: TokenModel
        if isBytePair {
            model = .bytePair(
                try SentencePieceModel.bytePair(entries, unknownID: unknown, fallsBackToBytes: true, section))
        } else {
            let fallsBack = tokenTypes?.contains(6) ?? false
            model = .unigram(
                try UnigramModel(
                    entries: entries, unknownID: unknown, fallsBackToBytes: fallsBack, isSinglePrecision: true, section)
            )
        }
        var normalizer = SentencePieceNormalizer()
        normalizer.addsDummyPrefix = addsSpacePrefix ?? true
        normalizer.removesExtraSpaces = removesExtraSpaces ?? !isBytePair
        if let characterMap, !characterMap.isEmpty {
            guard let map = PrecompiledMap(bytes: characterMap) else {
                throw section.place("precompiled_charsmap").failure("its sizes do not fit together")
            }
            normalizer.map = map
        }
        var parts = TokenizerParts(file: section.file, model: model)
        parts.normalizer = .sentencePiece(normalizer)
        parts.decoderSteps = SentencePieceModel.decoder(normalizer)
        return parts
    }

    /// llama.cpp marks the starts of words by `▁` where BERT marks the other pieces by `##`.
    private func wordPiece(_ section: TokenizerSection) throws(TokenizerError) -> TokenizerParts {
        var table = TokenTable(capacity: tokens.count)
        for (index, token) in tokens.enumerated() {
            let isNormal = (tokenTypes?[index] ?? 1) == 1
            let spelled: [UInt8]
            if !isNormal || token.hasPrefix("[") {
                spelled = Array(token.utf8)
            } else if token.hasPrefix("▁") {
                spelled = Array(token.utf8.dropFirst(3))
            } else {
                spelled = Array("##\(token)".utf8)
            }
            _ = table.insert(spelled, id: Int32(index))
        }
        let unknown = unknownID.map { tokens[Int($0)] } ?? "[UNK]"
        let model = try WordPieceModel(
            vocabulary: table, prefix: Array("##".utf8), unknown: unknown, longestWord: 100, section)
        var parts = TokenizerParts(file: section.file, model: .wordPiece(model))
        parts.normalizer = .bert(cleansText: true, spacesHan: true, stripsAccents: true, lowercases: true)
        parts.preTokenizers = [.bert]
        parts.decoderSteps = [.wordPiece(prefix: Array("##".utf8), cleansUp: true)]
        return parts
    }
}

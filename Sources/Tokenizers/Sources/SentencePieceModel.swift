import OrderedJSON

/// A `tokenizer.model` of sentencepiece: pieces with scores and kinds, and how text is normalised
/// (`sentencepiece_model.proto`).
struct SentencePieceModel: Sendable {
    enum Kind: Int, Sendable { case normal = 1, unknown, control, userDefined, unused, byte }

    var file: String
    var pieces = TextList()
    var scores: [Double] = []
    var kinds: [Kind] = []
    var isBytePair = false
    var fallsBackToBytes = false
    var unknownID = 0
    var beginID = 1
    var endID = 2
    var padID = -1
    var normalizer = SentencePieceNormalizer()

    init(bytes: [UInt8], named file: String) throws(TokenizerError) {
        self.file = file
        do {
            try read(bytes)
        } catch {
            throw TokenizerError(
                file: file, what: "it is no sentencepiece model: \(error.reason) (byte \(error.offset))",
                remedy: "The file is damaged or was cut off while being copied; fetch it again.")
        }
        guard pieces.count > 0 else {
            throw TokenizerError(
                file: file, what: "it has no pieces", remedy: "Check that this is a sentencepiece model.")
        }
        guard pieces.count <= TokenTable.highestAllowedID else {
            throw TokenizerError(
                file: file, what: "it has \(pieces.count) pieces, more than are allowed",
                remedy: "Check that this is a sentencepiece model.")
        }
    }

    private mutating func read(_ bytes: [UInt8]) throws(ProtobufReader.Damage) {
        var reader = ProtobufReader(bytes, 0..<bytes.count)
        while let (field, value) = try reader.next() {
            guard case .bytes(let range) = value else { continue }
            switch field {
            case 1: try readPiece(ProtobufReader(bytes, range))
            case 2: try readTrainer(ProtobufReader(bytes, range))
            case 3: try readNormalizer(ProtobufReader(bytes, range))
            default: break
            }
        }
    }

    private mutating func readPiece(_ reader: ProtobufReader) throws(ProtobufReader.Damage) {
        var reader = reader
        var text = 0..<0
        var score = 0.0
        var kind = Kind.normal
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .bytes(let range)): text = range
            case (2, .fixed32(let bits)): score = Double(Float(bitPattern: bits))
            case (3, .number(let number)):
                guard let known = Int(exactly: number).flatMap(Kind.init(rawValue:)) else {
                    throw ProtobufReader.Damage(
                        offset: text.upperBound, reason: "a piece of the unknown kind \(number)")
                }
                kind = known
            default: break
            }
        }
        guard String(validating: reader.bytes[text], as: UTF8.self) != nil else {
            throw ProtobufReader.Damage(offset: text.lowerBound, reason: "a piece is not UTF-8")
        }
        guard score.isFinite else {
            throw ProtobufReader.Damage(offset: text.lowerBound, reason: "a piece has no finite score")
        }
        pieces.append(reader.bytes[text])
        scores.append(score)
        kinds.append(kind)
    }

    private mutating func readTrainer(_ reader: ProtobufReader) throws(ProtobufReader.Damage) {
        var reader = reader
        while let (field, value) = try reader.next() {
            guard case .number(let number) = value else { continue }
            // Negative numbers are written in ten bytes; −1 says that there is no such token.
            let id = Int(truncatingIfNeeded: Int64(bitPattern: number))
            switch field {
            case 3: isBytePair = number == 2
            case 24: normalizer.putsSpaceBehind = number != 0
            case 35: fallsBackToBytes = number != 0
            case 40: unknownID = id
            case 41: beginID = id
            case 42: endID = id
            case 43: padID = id
            default: break
            }
        }
    }

    private mutating func readNormalizer(_ reader: ProtobufReader) throws(ProtobufReader.Damage) {
        var reader = reader
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (2, .bytes(let range)) where !range.isEmpty:
                guard let map = PrecompiledMap(bytes: Array(reader.bytes[range])) else {
                    throw ProtobufReader.Damage(offset: range.lowerBound, reason: "the character map is damaged")
                }
                normalizer.map = map
            case (3, .number(let flag)): normalizer.addsDummyPrefix = flag != 0
            case (4, .number(let flag)): normalizer.removesExtraSpaces = flag != 0
            case (5, .number(let flag)): normalizer.escapesSpaces = flag != 0
            default: break
            }
        }
    }
}

extension SentencePieceModel {
    /// The tokenizer, with what the files beside it say. `legacy` (of `tokenizer_config.json`): whether a space is put
    /// in front of the text behind every special token, and not only in front of the whole text.
    func parts(_ configuration: TokenizerConfiguration) throws(TokenizerError) -> TokenizerParts {
        let section = TokenizerSection(value: .null, file: file, path: "")
        var entries = ModelEntries()
        entries.tokens = pieces
        // What is matched in text by its own name has no score here: only its added token is found.
        entries.scores = zip(scores, kinds).map { $1 == .normal ? $0 : -.infinity }
        let unknown = pieces.count > unknownID && unknownID >= 0 ? unknownID : nil
        let model: TokenModel
        if isBytePair {
            model = .bytePair(
                try Self.bytePair(
                    entries, unknownID: unknown, fallsBackToBytes: fallsBackToBytes || kinds.contains(.byte), section))
        } else {
            model = .unigram(
                try UnigramModel(
                    entries: entries, unknownID: unknown, fallsBackToBytes: fallsBackToBytes, isSinglePrecision: true,
                    section))
        }
        var parts = TokenizerParts(file: file, model: model)
        var normalizer = normalizer
        if normalizer.addsDummyPrefix, configuration.isLegacy == false, !normalizer.putsSpaceBehind {
            normalizer.addsDummyPrefix = false
            parts.preTokenizers = [.metaspace(replacement: [0xe2, 0x96, 0x81], .first, splits: false)]
        }
        parts.normalizer = .sentencePiece(normalizer)
        parts.decoderSteps = Self.decoder(self.normalizer)
        for (index, kind) in kinds.enumerated() where [.control, .unknown, .userDefined].contains(kind) {
            // Symbols of the user are found in the normalised text, so that no space is put in behind them.
            let isOfUser = kind == .userDefined
            let token = configuration.flags(
                of: AddedToken(
                    id: Int32(truncatingIfNeeded: index), content: pieces.text(index), isSpecial: !isOfUser,
                    isNormalized: isOfUser))
            parts.added.append((token, section))
            if isOfUser { parts.forms[token.id] = Array(pieces.bytes[pieces.range(index)]) }
        }
        let begin = beginID >= 0 && beginID < pieces.count ? pieces.text(beginID) : nil
        let end = endID >= 0 && endID < pieces.count ? pieces.text(endID) : nil
        parts.apply(
            configuration, begin: begin, end: end,
            // Models of the Llama kind start with a begin token; T5 and its like have none and end with an end token.
            addsBegin: isBytePair && begin != nil, addsEnd: !isBytePair && begin == nil && end != nil)
        return parts
    }

    static func decoder(_ normalizer: SentencePieceNormalizer) -> [TokenDecoder] {
        var steps: [TokenDecoder] = [
            .replace(.text([0xe2, 0x96, 0x81]), with: [0x20]), .byteFallback, .fuse,
        ]
        // Text whose extra spaces are removed never starts with one.
        let spaces = normalizer.removesExtraSpaces ? Int(Int32.max) : normalizer.addsDummyPrefix ? 1 : 0
        if spaces > 0, !normalizer.putsSpaceBehind { steps.append(.strip(0x20, start: spaces, stop: 0)) }
        return steps
    }

    /// BPE by scores: of all neighbours that make a token the one with the highest score is merged first. Tokens of equal
    /// score are merged from the left, so they share a rank.
    static func bytePair(
        _ entries: ModelEntries, unknownID: Int?, fallsBackToBytes: Bool, _ section: TokenizerSection
    ) throws(TokenizerError) -> BytePairModel {
        var table = TokenTable(capacity: entries.tokens.count)
        let bytes = entries.tokens.bytes
        for index in 0..<entries.tokens.count {
            let range = entries.tokens.range(index)
            _ = table.insert(
                bytes, from: range.lowerBound, to: range.upperBound, id: Int32(truncatingIfNeeded: index),
                replaces: true)
        }
        let order = (0..<entries.tokens.count).filter { entries.scores[$0].isFinite }
            .sorted { (entries.scores[$1], $0) < (entries.scores[$0], $1) }
        var merges = MergeTable(capacity: entries.tokens.count * 2)
        var rank: UInt32 = 0
        var lastScore = Double.nan
        for index in order {
            if entries.scores[index] != lastScore {
                rank += 1
                lastScore = entries.scores[index]
            }
            addMerges(
                of: entries.tokens.range(index), bytes, id: Int32(truncatingIfNeeded: index), rank: rank, table, &merges
            ) { entries.scores[Int($0)].isFinite }
        }
        var settings = BytePairSettings()
        settings.unknownID = unknownID.map { Int32(truncatingIfNeeded: $0) }
        settings.fusesUnknown = true
        settings.fallsBackToBytes = fallsBackToBytes
        return BytePairModel(vocabulary: table, merges: merges, settings: settings, endsInBytes: false)
    }

    /// Every way to make a token of two others is a merge. Cuts lie between characters, or bytes for `cutsBytes`.
    static func addMerges(
        of range: Range<Int>, _ bytes: [UInt8], id: Int32, rank: UInt32, _ table: TokenTable,
        _ merges: inout MergeTable,
        cutsBytes: Bool = false, where isUsed: (Int32) -> Bool = { _ in true }
    ) {
        for cut in range.dropFirst() where cutsBytes || bytes[cut] & 0xc0 != 0x80 {
            guard let left = table.id(of: bytes, from: range.lowerBound, to: cut), isUsed(left),
                let right = table.id(of: bytes, from: cut, to: range.upperBound), isUsed(right)
            else { continue }
            merges.insert(left: left, right: right, rank: rank, id: id)
        }
    }
}

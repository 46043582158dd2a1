import OrderedJSON

/// What a BPE model does besides merging.
struct BytePairSettings: Sendable {
    var prefix: [UInt8] = []
    var suffix: [UInt8] = []
    var fallsBackToBytes = false
    var fusesUnknown = false
    var ignoresMerges = false
    var unknownID: Int32?
}

/// Byte-pair encoding (Sennrich et al. 2016): a piece starts as its characters or bytes, and the neighbouring pair with
/// the lowest rank is merged until none is left.
struct BytePairModel: Sendable {
    let vocabulary: TokenTable
    let merges: MergeTable
    /// The vocabulary by the bytes that its tokens stand for, where pieces come as plain bytes.
    private let byteVocabulary: TokenTable?
    /// The token of each single byte where pieces come as plain bytes, −1 where there is none.
    private let byteIDs: [Int32]
    /// The tokens `<0x00>` to `<0xFF>`, −1 where there is none.
    private let fallbackIDs: [Int32]
    private let fallsBackToBytes: Bool
    private let unknownID: Int32?
    private let fusesUnknown: Bool
    private let ignoresMerges: Bool
    /// Whether it takes the plain bytes of pieces.
    let takesBytes: Bool
    private let prefix: [UInt8]
    private let suffix: [UInt8]
    /// Whether text may be cut before a `▁` that follows something else, because no token reaches across such a place.
    /// Words can then be looked up one by one, where the whole text is a single piece.
    private let cutsBeforeSpaceSign: Bool

    /// `endsInBytes`: whether pieces come as the byte alphabet spells them; the model then takes the bytes themselves.
    init(_ section: TokenizerSection, endsInBytes: Bool, entries: ModelEntries) throws(TokenizerError) {
        try Self.refuseDropout(section)
        let vocabulary = try TokenTable(entries, section)
        var settings = BytePairSettings()
        settings.prefix = Array((try section.optionalText("continuing_subword_prefix") ?? "").utf8)
        settings.suffix = Array((try section.optionalText("end_of_word_suffix") ?? "").utf8)
        settings.fallsBackToBytes = try section.flag("byte_fallback", default: false)
        settings.fusesUnknown = try section.flag("fuse_unk", default: false)
        settings.ignoresMerges = try section.flag("ignore_merges", default: false)
        if let unknown = try section.optionalText("unk_token") {
            settings.unknownID = vocabulary.id(of: Array(unknown.utf8))
            guard settings.unknownID != nil || settings.fallsBackToBytes || endsInBytes else {
                throw section.failure("the unknown token '\(unknown)' is not in the vocabulary")
            }
        }
        self.init(
            vocabulary: vocabulary, merges: try Self.mergeTable(entries, vocabulary, settings.prefix, section),
            settings: settings, endsInBytes: endsInBytes)
    }

    init(vocabulary: TokenTable, merges: MergeTable, settings: BytePairSettings, endsInBytes: Bool) {
        self.vocabulary = vocabulary
        self.merges = merges
        prefix = settings.prefix
        suffix = settings.suffix
        fallsBackToBytes = settings.fallsBackToBytes
        fusesUnknown = settings.fusesUnknown
        ignoresMerges = settings.ignoresMerges
        unknownID = settings.unknownID
        fallbackIDs = Self.fallbackIDs(in: vocabulary)
        let isPlain = settings.prefix.isEmpty && settings.suffix.isEmpty
        var bytesTable: TokenTable?
        if endsInBytes, isPlain { bytesTable = Self.byteTable(vocabulary) }
        let byteIDs = (0..<256).map { bytesTable?.id(of: [UInt8($0)]) ?? -1 }
        // The fallback spells the sign of a missing byte, not the byte.
        if settings.fallsBackToBytes, byteIDs.contains(-1) { bytesTable = nil }
        takesBytes = bytesTable != nil
        byteVocabulary = bytesTable
        self.byteIDs = bytesTable == nil ? [] : byteIDs
        cutsBeforeSpaceSign =
            bytesTable == nil && !settings.ignoresMerges && isPlain && Self.keepsWordsApart(vocabulary)
    }

    /// The token of each byte; nil unless every byte has one.
    var idsOfBytes: [Int32]? { byteIDs.count == 256 && !byteIDs.contains(-1) ? byteIDs : nil }

    static func refuseDropout(_ section: TokenizerSection) throws(TokenizerError) {
        if let dropout = section.member("dropout"), dropout.value.double != 0 {
            throw dropout.failure(
                "random dropout of merges is not supported, since the same text would give different tokens",
                remedy: "Set \"dropout\" to null in the file.")
        }
    }

    /// The ids of `<0x00>` to `<0xFF>`, −1 where there is none.
    static func fallbackIDs(in vocabulary: TokenTable) -> [Int32] {
        (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return vocabulary.id(of: Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)) ?? -1
        }
    }

    private static func byteTable(_ vocabulary: TokenTable) -> TokenTable {
        let alphabet = ByteAlphabet.shared
        var table = TokenTable(capacity: vocabulary.count)
        guard vocabulary.highestID >= 0 else { return table }
        var raw: [UInt8] = []
        for id in 0...vocabulary.highestID {
            guard let text = vocabulary.bytes(of: id), alphabet.readToken(text, into: &raw) else { continue }
            _ = table.insert(raw, id: id)
        }
        return table
    }

    private static func mergeTable(
        _ entries: ModelEntries, _ vocabulary: TokenTable, _ prefix: [UInt8], _ section: TokenizerSection
    ) throws(TokenizerError) -> MergeTable {
        let list = entries.merges
        var merges = MergeTable(capacity: entries.mergeCount)
        for rank in 0..<entries.mergeCount {
            let left = list.range(rank * 2)
            let right = list.range(rank * 2 + 1)
            let leftID = vocabulary.id(of: list.bytes, from: left.lowerBound, to: left.upperBound)
            let rightID = vocabulary.id(of: list.bytes, from: right.lowerBound, to: right.upperBound)
            let merged: Int32?
            if prefix.isEmpty {
                merged = vocabulary.id(of: list.bytes, from: left.lowerBound, to: right.upperBound)
            } else {
                guard right.count >= prefix.count else {
                    throw section.place("merges").failure(
                        "the second token of merge \(rank) is shorter than the subword prefix")
                }
                merged = vocabulary.id(of: Array(list.bytes[left] + list.bytes[right].dropFirst(prefix.count)))
            }
            guard let leftID, let rightID, let merged else {
                throw section.place("merges").failure(
                    "merge \(rank) ('\(list.text(rank * 2))' and '\(list.text(rank * 2 + 1))') names or gives a "
                        + "token that is not in the vocabulary")
            }
            merges.insert(left: leftID, right: rightID, rank: UInt32(truncatingIfNeeded: rank), id: merged)
        }
        return merges
    }

    private static let spaceSign: [UInt8] = [0xe2, 0x96, 0x81]

    static func keepsWordsApart(_ vocabulary: TokenTable) -> Bool {
        guard vocabulary.id(of: spaceSign) != nil, vocabulary.highestID >= 0 else { return false }
        for id in 0...vocabulary.highestID {
            guard let token = vocabulary.bytes(of: id), token.count > 3 else { continue }
            for index in token.indices.dropFirst() where token[index] == 0xe2 {
                if startsWord(Array(token), index - token.startIndex, lowest: 0, end: token.count) { return false }
            }
        }
        return true
    }

    /// Whether a `▁` stands at `index` and something else before it.
    @inline(__always)
    private static func startsWord(_ bytes: [UInt8], _ index: Int, lowest: Int, end: Int) -> Bool {
        guard bytes[index] == 0xe2, index + 2 < end, bytes[index + 1] == 0x96, bytes[index + 2] == 0x81 else {
            return false
        }
        return index - lowest < 3 || bytes[index - 1] != 0x81 || bytes[index - 2] != 0x96 || bytes[index - 3] != 0xe2
    }

    func encode(_ bytes: [UInt8], _ piece: Range<Int>, scratch: inout EncodingScratch, into output: inout TokenRun) {
        guard cutsBeforeSpaceSign else { return encodeWord(bytes, piece, scratch: &scratch, into: &output) }
        var start = piece.lowerBound
        for index in piece where index > start {
            guard Self.startsWord(bytes, index, lowest: start, end: piece.upperBound) else { continue }
            encodeWord(bytes, start..<index, scratch: &scratch, into: &output)
            start = index
        }
        if start < piece.upperBound {
            encodeWord(bytes, start..<piece.upperBound, scratch: &scratch, into: &output)
        }
    }

    private func encodeWord(
        _ bytes: [UInt8], _ piece: Range<Int>, scratch: inout EncodingScratch, into output: inout TokenRun
    ) {
        let isShort = piece.count <= WordCache.longestWord
        let hash = isShort ? TokenTable.hash(bytes, from: piece.lowerBound, to: piece.upperBound) : 0
        if isShort,
            scratch.cache.append(bytes, from: piece.lowerBound, to: piece.upperBound, hash: hash, to: &output)
        {
            return
        }
        let first = output.ids.count
        if ignoresMerges,
            let id = (byteVocabulary ?? vocabulary).id(of: bytes, from: piece.lowerBound, to: piece.upperBound)
        {
            output.append(id, width: piece.count)
        } else {
            scratch.word.removeAll()
            if byteVocabulary != nil {
                startWithBytes(bytes, piece, &scratch.word)
            } else {
                startWithCharacters(bytes, piece, &scratch.word)
            }
            scratch.word.merge(merges)
            scratch.word.append(to: &output)
        }
        if isShort {
            scratch.cache.keep(
                bytes, from: piece.lowerBound, to: piece.upperBound, hash: hash, output: output, first: first)
        }
    }

    private func startWithBytes(_ bytes: [UInt8], _ piece: Range<Int>, _ word: inout MergingWord) {
        var unknown = UnknownRun(id: unknownID, fuses: fusesUnknown)
        for index in piece {
            let id = byteIDs[Int(bytes[index])]
            if id >= 0 {
                unknown.flush(into: &word)
                word.append(id, width: 1)
            } else {
                unknown.add(width: 1, to: &word)
            }
        }
        unknown.flush(into: &word)
    }

    private func startWithCharacters(_ bytes: [UInt8], _ piece: Range<Int>, _ word: inout MergingWord) {
        var unknown = UnknownRun(id: unknownID, fuses: fusesUnknown)
        let isPlain = prefix.isEmpty && suffix.isEmpty
        var position = piece.lowerBound
        while position < piece.upperBound {
            let next = bytes.scalar(at: position).next
            var spelled: [UInt8] = []
            let id: Int32?
            if isPlain {
                id = vocabulary.id(of: bytes, from: position, to: next)
            } else {
                if position > piece.lowerBound { spelled += prefix }
                spelled += bytes[position..<next]
                if next == piece.upperBound { spelled += suffix }
                id = vocabulary.id(of: spelled)
            }
            if let id {
                unknown.flush(into: &word)
                word.append(id, width: next - position)
            } else if fallsBackToBytes, isPlain, hasFallback(bytes[position..<next]) {
                // A run of unknown characters before these bytes stays open, as in the reference library.
                for index in position..<next { word.append(fallbackIDs[Int(bytes[index])], width: 1) }
            } else if fallsBackToBytes, !isPlain, hasFallback(spelled[...]) {
                for (offset, byte) in spelled.enumerated() {
                    word.append(fallbackIDs[Int(byte)], width: offset == 0 ? next - position : 0)
                }
            } else {
                unknown.add(width: next - position, to: &word)
            }
            position = next
        }
        unknown.flush(into: &word)
    }

    private func hasFallback(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.allSatisfy { fallbackIDs[Int($0)] >= 0 } }
}

/// Characters without a token: each becomes the unknown token, or all of a run together; without an unknown token they
/// vanish.
private struct UnknownRun {
    let id: Int32?
    let fuses: Bool
    private var width = 0

    init(id: Int32?, fuses: Bool) {
        self.id = id
        self.fuses = fuses
    }

    mutating func add(width added: Int, to word: inout MergingWord) {
        guard id != nil else { return word.skip(width: added) }
        if !fuses { flush(into: &word) }
        width += added
    }

    mutating func flush(into word: inout MergingWord) {
        guard width > 0, let id else { return }
        word.append(id, width: width)
        width = 0
    }
}

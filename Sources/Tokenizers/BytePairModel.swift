import OrderedJSON

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
    private let prefix: [UInt8]
    private let suffix: [UInt8]
    /// Whether text may be cut before a `▁` that follows something else, because no token reaches across such a place.
    /// Words can then be looked up one by one, where the whole text is a single piece.
    private let cutsBeforeSpaceSign: Bool

    init(
        _ section: TokenizerSection, takesBytes: Bool, tokens: VocabularyTokens?
    ) throws(TokenizerError) {
        if let dropout = section.member("dropout"), dropout.value.double != 0 {
            throw dropout.failure(
                "random dropout of merges is not supported, since the same text would give different tokens",
                remedy: "Set \"dropout\" to null in the file.")
        }
        let vocabulary = try TokenTable(try section.required("vocab"), tokens: tokens)
        self.vocabulary = vocabulary
        prefix = Array((try section.optionalText("continuing_subword_prefix") ?? "").utf8)
        suffix = Array((try section.optionalText("end_of_word_suffix") ?? "").utf8)
        fallsBackToBytes = try section.flag("byte_fallback", default: false)
        fusesUnknown = try section.flag("fuse_unk", default: false)
        ignoresMerges = try section.flag("ignore_merges", default: false)
        merges = try Self.readMerges(try section.required("merges"), vocabulary, prefix: prefix)
        if let unknown = try section.optionalText("unk_token") {
            guard let id = vocabulary.id(of: Array(unknown.utf8)) else {
                throw section.failure("the unknown token '\(unknown)' is not in the vocabulary")
            }
            unknownID = id
        } else {
            unknownID = nil
        }
        fallbackIDs = (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return vocabulary.id(of: Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)) ?? -1
        }
        cutsBeforeSpaceSign =
            !takesBytes && !ignoresMerges && prefix.isEmpty && suffix.isEmpty && Self.keepsWordsApart(vocabulary)
        guard takesBytes else {
            byteVocabulary = nil
            byteIDs = []
            return
        }
        guard prefix.isEmpty, suffix.isEmpty else {
            throw section.failure(
                "a byte-level vocabulary with a subword prefix or word suffix is not supported",
                remedy: "Choose a model with another tokenizer.")
        }
        let alphabet = ByteAlphabet.shared
        var byBytes = TokenTable(capacity: vocabulary.count)
        if vocabulary.highestID >= 0 {
            for id in 0...vocabulary.highestID {
                guard let text = vocabulary.bytes(of: id), let raw = alphabet.rawBytes(ofToken: text) else { continue }
                _ = byBytes.insert(raw, id: id)
            }
        }
        byteIDs = (0..<256).map { byBytes.id(of: [UInt8($0)]) ?? -1 }
        byteVocabulary = byBytes
    }

    /// Merges are pairs `["a", "b"]`, or strings `"a b"` in older files.
    private static func readMerges(
        _ section: TokenizerSection, _ vocabulary: TokenTable, prefix: [UInt8]
    ) throws(TokenizerError) -> MergeTable {
        guard let list = section.value.array else {
            throw section.failure("expected an array, found \(section.value.kind)")
        }
        var merges = MergeTable(capacity: list.count)
        for (rank, entry) in list.enumerated() {
            var joined: [UInt8] = []
            let middle: Int
            switch entry {
            case .array(let pair):
                guard pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] else {
                    throw section.failure("merge \(rank) is not a pair of tokens")
                }
                joined.append(contentsOf: left.utf8)
                middle = joined.count
                joined.append(contentsOf: right.utf8)
            case .string(let line):
                joined.append(contentsOf: line.utf8)
                guard let space = joined.firstIndex(of: 0x20), !joined[(space + 1)...].contains(0x20) else {
                    throw section.failure("merge \(rank) ('\(line)') is not two tokens with a space between")
                }
                joined.remove(at: space)
                middle = space
            default: throw section.failure("merge \(rank) is neither a pair nor a string")
            }
            let left = vocabulary.id(of: joined, from: 0, to: middle)
            let right = vocabulary.id(of: joined, from: middle, to: joined.count)
            if !prefix.isEmpty {
                let end = middle + prefix.count
                guard end <= joined.count else {
                    throw section.failure("the second token of merge \(rank) is shorter than the subword prefix")
                }
                joined.removeSubrange(middle..<end)
            }
            guard let left, let right, let merged = vocabulary.id(of: joined) else {
                throw section.failure(
                    "merge \(rank) (giving '\(String(decoding: joined, as: UTF8.self))') names a token that is not in "
                        + "the vocabulary")
            }
            merges.insert(left: left, right: right, rank: UInt32(truncatingIfNeeded: rank), id: merged)
        }
        return merges
    }

    private static let spaceSign: [UInt8] = [0xe2, 0x96, 0x81]

    private static func keepsWordsApart(_ vocabulary: TokenTable) -> Bool {
        guard vocabulary.id(of: spaceSign) != nil, vocabulary.highestID >= 0 else { return false }
        for id in 0...vocabulary.highestID {
            guard let token = vocabulary.bytes(of: id), token.count > 3 else { continue }
            let bytes = Array(token)
            for index in 1..<(bytes.count - 2) where startsWord(bytes, index, lowest: 0, end: bytes.count) {
                return false
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

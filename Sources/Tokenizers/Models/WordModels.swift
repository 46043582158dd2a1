import OrderedJSON

/// Looks whole pieces up.
struct WordLevelModel: Sendable {
    let vocabulary: TokenTable
    private let unknownID: Int32?

    init(_ section: TokenizerSection, entries: ModelEntries) throws(TokenizerError) {
        let vocabulary = try TokenTable(entries, section)
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
    /// The tokens that go on inside a word, without their prefix.
    private let inner: TokenTable
    private let longestWord: Int
    private let longestToken: Int

    init(_ section: TokenizerSection, entries: ModelEntries) throws(TokenizerError) {
        try self.init(
            vocabulary: try TokenTable(entries, section),
            prefix: Array((try section.optionalText("continuing_subword_prefix") ?? "##").utf8),
            unknown: try section.optionalText("unk_token") ?? "[UNK]",
            longestWord: try section.count("max_input_chars_per_word", default: 100), section)
    }

    init(
        vocabulary: TokenTable, prefix: [UInt8], unknown: String, longestWord: Int, _ section: TokenizerSection
    ) throws(TokenizerError) {
        guard let id = vocabulary.id(of: Array(unknown.utf8)) else {
            throw section.failure("the unknown token '\(unknown)' is not in the vocabulary")
        }
        unknownID = id
        self.vocabulary = vocabulary
        self.longestWord = longestWord
        var inner = TokenTable(capacity: vocabulary.count)
        var longest = 0
        if vocabulary.highestID >= 0 {
            for id in 0...vocabulary.highestID {
                guard let token = vocabulary.bytes(of: id) else { continue }
                longest = max(longest, token.count)
                if token.starts(with: prefix) { _ = inner.insert(Array(token.dropFirst(prefix.count)), id: id) }
            }
        }
        self.inner = inner
        longestToken = longest
    }

    func encode(_ bytes: [UInt8], _ piece: Range<Int>, scratch: inout EncodingScratch, into output: inout TokenRun) {
        let first = output.ids.count
        let isShort = piece.count <= WordCache.longestWord
        let hash = isShort ? TokenTable.hash(bytes, from: piece.lowerBound, to: piece.upperBound) : 0
        if isShort,
            scratch.cache.append(bytes, from: piece.lowerBound, to: piece.upperBound, hash: hash, to: &output)
        {
            return
        }
        encodeWord(bytes, piece, into: &output)
        if isShort {
            scratch.cache.keep(
                bytes, from: piece.lowerBound, to: piece.upperBound, hash: hash, output: output, first: first)
        }
    }

    private func encodeWord(_ bytes: [UInt8], _ piece: Range<Int>, into output: inout TokenRun) {
        let first = output.ids.count
        let characters = piece.reduce(0) { $0 + (bytes[$1] & 0xc0 == 0x80 ? 0 : 1) }
        guard characters <= longestWord else { return output.append(unknownID, width: piece.count) }
        var start = piece.lowerBound
        while start < piece.upperBound {
            var end = min(piece.upperBound, start + longestToken)
            while end > start, end < piece.upperBound, bytes[end] & 0xc0 == 0x80 { end -= 1 }
            var found: Int32?
            while end > start {
                let table = start == piece.lowerBound ? vocabulary : inner
                found = table.id(of: bytes, from: start, to: end)
                if found != nil { break }
                end = bytes.scalarStart(before: end, lowest: start)
            }
            guard let found else {
                output.ids.removeSubrange(first...)
                output.widths.removeSubrange(first...)
                return output.append(unknownID, width: piece.count)
            }
            output.append(found, width: end - start)
            start = end
        }
    }
}

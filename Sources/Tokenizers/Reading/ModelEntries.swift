import OrderedJSON

/// Many short texts in one array.
struct TextList: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []

    var count: Int { ends.count }

    func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    func text(_ index: Int) -> String { String(decoding: bytes[range(index)], as: UTF8.self) }

    mutating func append(_ text: some Sequence<UInt8>) {
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
    }
}

/// The long lists of a model as its file has them, before they are checked against each other.
///
/// They are kept by their bytes: a `JSONObject` holds its keys as `String`, for which canonically equivalent texts are
/// equal, so that of `é` as one scalar and as two only one would survive. Vocabularies have both.
struct ModelEntries: Sendable {
    var tokens = TextList()
    /// The id of each token; empty where the place in the list is the id (`Unigram`).
    var ids: [Int] = []
    /// The score of each token; empty but for `Unigram`.
    var scores: [Double] = []
    /// Left and right token of each merge in turn.
    var merges = TextList()

    var mergeCount: Int { merges.count / 2 }
}

extension ModelEntries {
    /// From the parsed file; errors name the entry.
    init(_ section: TokenizerSection) throws(TokenizerError) {
        let vocabulary = try section.required("vocab")
        if let members = vocabulary.value.object {
            for (token, value) in members {
                // The place is spelled out only for errors: there are a hundred thousand tokens.
                guard case .integer(let id) = value, id >= 0, id <= TokenTable.highestAllowedID else {
                    let place = TokenizerSection(
                        value: value, file: section.file, path: "\(vocabulary.path)[\"\(token)\"]")
                    _ = try place.id()
                    throw place.failure("the id must be a whole number")
                }
                tokens.append(token.utf8)
                ids.append(id)
            }
        } else if let list = vocabulary.value.array {
            for (index, entry) in list.enumerated() {
                guard case .array(let pair) = entry, pair.count == 2, case .string(let token) = pair[0],
                    let score = pair[1].double
                else { throw vocabulary.failure("entry \(index) is not a token and its score") }
                tokens.append(token.utf8)
                scores.append(score)
            }
        } else {
            throw vocabulary.failure(
                "expected an object of tokens and ids, or for Unigram an array of tokens and scores; found "
                    + vocabulary.value.kind)
        }
        if let merges = section.member("merges") { try readMerges(merges) }
    }

    /// Merges are pairs `["a", "b"]`, or strings `"a b"` in older files.
    private mutating func readMerges(_ section: TokenizerSection) throws(TokenizerError) {
        guard let list = section.value.array else {
            throw section.failure("expected an array, found \(section.value.kind)")
        }
        for (rank, entry) in list.enumerated() {
            switch entry {
            case .array(let pair):
                guard pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] else {
                    throw section.failure("merge \(rank) is not a pair of tokens")
                }
                merges.append(left.utf8)
                merges.append(right.utf8)
            case .string(let line):
                guard addMerge(line: line.utf8) else {
                    throw section.failure("merge \(rank) ('\(line)') is not two tokens with a space between")
                }
            default: throw section.failure("merge \(rank) is neither a pair nor a string")
            }
        }
    }

    /// Adds a merge from `a b`; false when there is not exactly one space.
    mutating func addMerge(line: some BidirectionalCollection<UInt8>) -> Bool {
        guard let space = line.firstIndex(of: 0x20), line.lastIndex(of: 0x20) == space else { return false }
        merges.append(line[..<space])
        merges.append(line[line.index(after: space)...])
        return true
    }
}

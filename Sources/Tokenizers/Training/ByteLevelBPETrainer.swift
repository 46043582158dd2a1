public import OrderedJSON

/// Learns a byte-level BPE vocabulary (Sennrich et al. 2016; Radford et al. 2019) from counted texts.
///
/// The result depends only on the multiset of texts: ties are broken by the lower pair of ids.
public struct ByteLevelBPETrainer: Sendable {
    /// How texts are cut into words, across which nothing is merged.
    public enum WordSplit: Sendable {
        /// As GPT-2.
        case gpt2
        /// As Llama 3: up to three digits a word, line ends kept together.
        case llama3
    }

    private let vocabularySize: Int
    private let specialTokens: [String]
    private let split: WordSplit
    private let minimumCount: Int
    private let beginToken: String?
    private var words: [[UInt8]: Int] = [:]

    /// - Parameters:
    ///   - vocabularySize: the number of tokens wanted, special tokens and the 256 bytes included
    ///   - specialTokens: they get the first ids, in this order
    ///   - split: how texts are cut into words
    ///   - minimumCount: pairs that occur less often are not merged
    ///   - beginToken: the one of the special tokens that is put before every text, if any
    public init(
        vocabularySize: Int, specialTokens: [String] = [], split: WordSplit = .gpt2, minimumCount: Int = 2,
        beginToken: String? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.specialTokens = specialTokens
        self.split = split
        self.minimumCount = minimumCount
        self.beginToken = beginToken
    }

    /// Counts the words of a text. The texts themselves are not kept.
    public mutating func add(_ text: String, count: Int = 1) {
        let bytes = Array(text.utf8)
        var pieces: [Range<Int>] = []
        scanner.scan(bytes, 0..<bytes.count, into: &pieces)
        for piece in pieces { words[Array(bytes[piece]), default: 0] += count }
    }

    private var scanner: WordScanner { split == .gpt2 ? .gpt2 : .gpt4(digits: 3) }

    /// Learns the merges. Fewer tokens than wanted come out when the texts have no more pairs.
    /// - Returns: a whole `tokenizer.json`
    public func train() throws(TokenizerError) -> JSONValue {
        let base = specialTokens.count + 256
        guard Set(specialTokens).count == specialTokens.count, !specialTokens.contains("") else {
            throw failure("the special tokens must be different and not empty")
        }
        guard vocabularySize >= base, vocabularySize <= TokenTable.highestAllowedID else {
            throw failure(
                "a vocabulary of \(vocabularySize) is asked for; it must have from \(base) (256 bytes and the special "
                    + "tokens) to \(TokenTable.highestAllowedID) tokens")
        }
        if let beginToken, !specialTokens.contains(beginToken) {
            throw failure("the token '\(beginToken)' to begin with is not among the special tokens")
        }
        let alphabet = ByteAlphabet.shared
        let order = (0..<256).sorted { alphabet.scalars[$0] < alphabet.scalars[$1] }
        var idOfByte = [Int32](repeating: 0, count: 256)
        var tokens = specialTokens.map { Array($0.utf8) }
        for byte in order {
            var character: [UInt8] = []
            character.append(scalar: alphabet.scalars[byte])
            idOfByte[byte] = Int32(tokens.count)
            tokens.append(character)
        }
        if let clash = specialTokens.first(where: { tokens[base - 256..<base].contains(Array($0.utf8)) }) {
            throw failure("the special token '\(clash)' is also the sign of a byte")
        }
        var learning = MergeLearning(
            words: words.map { (ids: $0.key.map { idOfByte[Int($0)] }, count: $0.value) }, tokens: tokens)
        learning.run(until: vocabularySize, minimumCount: minimumCount)
        return file(learning)
    }

    private func failure(_ what: String) -> TokenizerError {
        TokenizerError(file: "tokenizer training", what: what, remedy: "Change the settings of the training.")
    }

    private func file(_ learning: MergeLearning) -> JSONValue {
        func text(_ id: Int32) -> JSONValue {
            .string(String(decoding: learning.tokens[Int(id)], as: UTF8.self))
        }
        var vocabulary: JSONObject = [:]
        for (id, token) in learning.tokens.enumerated() {
            vocabulary[String(decoding: token, as: UTF8.self)] = .integer(id)
        }
        let added = specialTokens.enumerated().map { id, content -> JSONValue in
            .object([
                "id": .integer(id), "content": .string(content), "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true,
            ])
        }
        var byteLevel: JSONObject = ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true]
        byteLevel["use_regex"] = .bool(split == .gpt2)
        var preTokenizer = JSONValue.object(byteLevel)
        if split == .llama3 {
            let pattern = WordScanner.gpt4Pattern(digits: #"\p{N}{1,3}"#)
            let split: JSONObject = [
                "type": "Split", "pattern": .object(["Regex": .string(pattern)]), "behavior": "Isolated",
                "invert": false,
            ]
            preTokenizer = .object(["type": "Sequence", "pretokenizers": .array([.object(split), preTokenizer])])
        }
        byteLevel["use_regex"] = true
        return .object([
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(added),
            "normalizer": .null, "pre_tokenizer": preTokenizer,
            "post_processor": beginToken.map { template($0) } ?? .object(byteLevel),
            "decoder": .object(byteLevel),
            "model": .object([
                "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": .object(vocabulary),
                "merges": .array(learning.merges.map { .array([text($0.left), text($0.right)]) }),
            ]),
        ])
    }

    private func template(_ begin: String) -> JSONValue {
        func token(_ type: Int) -> JSONValue {
            .object(["SpecialToken": .object(["id": .string(begin), "type_id": .integer(type)])])
        }
        func sequence(_ name: String, _ type: Int) -> JSONValue {
            .object(["Sequence": .object(["id": .string(name), "type_id": .integer(type)])])
        }
        let id = specialTokens.firstIndex(of: begin) ?? 0
        return .object([
            "type": "TemplateProcessing",
            "single": .array([token(0), sequence("A", 0)]),
            "pair": .array([token(0), sequence("A", 0), token(1), sequence("B", 1)]),
            "special_tokens": .object([
                begin: .object([
                    "id": .string(begin), "ids": .array([.integer(id)]), "tokens": .array([.string(begin)]),
                ])
            ]),
        ])
    }
}

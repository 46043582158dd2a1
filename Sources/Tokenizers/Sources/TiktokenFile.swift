import Foundation
import OrderedJSON

/// A tiktoken file: on each line a token's bytes in base 64 and its rank, which is also its id.
struct TiktokenFile: Sendable {
    var file: String
    var tokens = TextList()
    var ranks: [Int] = []

    /// Whether the bytes look like one: the first line is base 64, a space and a number.
    static func recognizes(_ bytes: [UInt8]) -> Bool {
        guard let line = bytes.prefix(4096).split(separator: 0x0a, maxSplits: 1).first else { return false }
        return parse(line) != nil
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> (token: [UInt8], rank: Int)? {
        let line = line.last == 0x0d ? line.dropLast() : line
        guard let space = line.firstIndex(of: 0x20) else { return nil }
        guard let rank = Int(String(decoding: line[(space + 1)...], as: UTF8.self)), rank >= 0,
            rank <= TokenTable.highestAllowedID, space > line.startIndex,
            let token = Data(base64Encoded: Data(line[..<space]))
        else { return nil }
        return ([UInt8](token), rank)
    }

    init(bytes: [UInt8], named file: String) throws(TokenizerError) {
        self.file = file
        for (number, line) in bytes.split(separator: 0x0a).enumerated() where line != [0x0d] {
            guard let (token, rank) = Self.parse(line), !token.isEmpty else {
                throw TokenizerError(
                    file: file, what: "line \(number + 1) is not a token in base 64 and its rank",
                    remedy: "The file is damaged or was cut off while being copied; fetch it again.")
            }
            tokens.append(token)
            ranks.append(rank)
        }
    }

    /// The tokenizer with the pattern and special tokens of `tokenizer_config.json` (`pat_str` or `pattern`), or those of
    /// the published vocabulary of that size.
    func parts(_ configuration: TokenizerConfiguration) throws(TokenizerError) -> TokenizerParts {
        let section = TokenizerSection(value: .null, file: file, path: "")
        var table = TokenTable(capacity: tokens.count)
        var raw = TokenTable(capacity: tokens.count)
        for index in 0..<tokens.count {
            let range = tokens.range(index)
            var spelled: [UInt8] = []
            for byte in tokens.bytes[range] { spelled.append(scalar: ByteAlphabet.shared.scalars[Int(byte)]) }
            let id = Int32(truncatingIfNeeded: ranks[index])
            switch table.insert(spelled, id: id) {
            case .added: _ = raw.insert(tokens.bytes, from: range.lowerBound, to: range.upperBound, id: id)
            case .textTaken(let other): throw section.failure("the tokens \(other) and \(id) are the same")
            case .idTaken: throw section.failure("the rank \(id) is there twice")
            }
        }
        var merges = MergeTable(capacity: tokens.count * 2)
        for index in 0..<tokens.count {
            SentencePieceModel.addMerges(
                of: tokens.range(index), tokens.bytes, id: Int32(truncatingIfNeeded: ranks[index]),
                rank: UInt32(truncatingIfNeeded: ranks[index]), raw, &merges, cutsBytes: true)
        }
        var settings = BytePairSettings()
        settings.ignoresMerges = true
        let model = BytePairModel(vocabulary: table, merges: merges, settings: settings, endsInBytes: true)
        var parts = TokenizerParts(file: file, model: .bytePair(model))
        let family = TiktokenFamily(tokenCount: (ranks.max() ?? -1) + 1)
        let given = ["pat_str", "pattern"].compactMap { configuration.values[$0]?.string }.first
        parts.preTokenizers = [
            .split(try section.pattern(given ?? family.pattern), .isolated, inverts: false),
            .byteLevel(addsPrefixSpace: false, cutsWords: false),
        ]
        parts.decoderSteps = [.byteLevel]
        if configuration.added.isEmpty {
            for (content, id) in family.specialTokens where table.bytes(of: id) == nil {
                parts.added.append((AddedToken(id: id, content: content), section))
            }
        }
        parts.apply(
            configuration, begin: family.beginToken, end: nil, addsBegin: family.beginToken != nil, addsEnd: false)
        return parts
    }
}

/// The published tiktoken vocabularies, told by their number of tokens.
enum TiktokenFamily: Sendable {
    case r50k, p50k, cl100k, o200k, llama3, llama4, qwen
    /// Of any other size: cut as cl100k cuts, without special tokens.
    case unknown

    init(tokenCount: Int) {
        switch tokenCount {
        case 50_256: self = .r50k
        case 50_280, 50_281: self = .p50k
        case 100_256: self = .cl100k
        case 199_998: self = .o200k
        case 128_000: self = .llama3
        case 200_000: self = .llama4
        case 151_643: self = .qwen
        default: self = .unknown
        }
    }

    var pattern: String {
        switch self {
        case .r50k, .p50k: WordScanner.gpt2Pattern
        case .cl100k, .llama3, .unknown: WordScanner.gpt4Pattern(digits: #"\p{N}{1,3}"#)
        case .qwen: WordScanner.gpt4Pattern(digits: #"\p{N}"#)
        case .o200k, .llama4: KnownPatterns.o200k
        }
    }

    var beginToken: String? {
        switch self {
        case .llama3, .llama4: "<|begin_of_text|>"
        default: nil
        }
    }

    var specialTokens: [(String, Int32)] {
        switch self {
        case .r50k: [("<|endoftext|>", 50_256)]
        case .p50k:
            [
                ("<|endoftext|>", 50_256), ("<|fim_prefix|>", 50_281), ("<|fim_middle|>", 50_282),
                ("<|fim_suffix|>", 50_283),
            ]
        case .cl100k:
            [
                ("<|endoftext|>", 100_257), ("<|fim_prefix|>", 100_258), ("<|fim_middle|>", 100_259),
                ("<|fim_suffix|>", 100_260), ("<|endofprompt|>", 100_276),
            ]
        case .o200k: [("<|endoftext|>", 199_999), ("<|endofprompt|>", 200_018)]
        case .llama3: Self.llama3Tokens
        case .llama4: [("<|begin_of_text|>", 200_000), ("<|end_of_text|>", 200_001)]
        case .qwen: [("<|endoftext|>", 151_643), ("<|im_start|>", 151_644), ("<|im_end|>", 151_645)]
        case .unknown: []
        }
    }

    private static var llama3Tokens: [(String, Int32)] {
        let named = [
            "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
            "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>",
            "<|eot_id|>", "<|python_tag|>",
        ]
        let reserved = (2..<247).map { "<|reserved_special_token_\($0)|>" }
        return (named + reserved).enumerated().map { ($1, 128_000 + Int32($0)) }
    }
}

import Foundation
import OrderedJSON
import Testing

@testable import Tokenizers

@Suite("Other files than tokenizer.json")
struct SourceTests {
    @Test(
        "the vectors of published tokenizers hold through every file that is there",
        .enabled(if: SharedData.isPresent, "../shared/data/tokenizers is absent"),
        arguments: [("gpt2", "vocab.json", 145), ("gpt2", "merges.txt", 145), ("llama2", "tokenizer.model", 156)])
    func vectors(folder: String, file: String, count: Int) throws {
        let tokenizer = try Tokenizer.load(path: SharedData.path("tokenizers/\(folder)/\(file)"))
        let vectors = try Vector.read(SharedData.path("tokenizers/\(folder)/vectors.jsonl"))
        let outcome = Outcome(tokenizer, vectors, keepsSpecialTokens: folder == "llama2")
        #expect(outcome.encoded == count)
        #expect(outcome.differences == [])
    }

    @Test(
        "a GGUF vocabulary gives what the same vocabulary gives as tokenizer.json",
        .enabled(if: SharedData.isPresent, "../shared/data/tokenizers is absent"),
        arguments: [("gpt2", "gpt-2", 145), ("starcoder", "starcoder", 100)])
    func gguf(folder: String, pre: String, count: Int) throws {
        let json = try JSONValue(parsing: try SharedData.bytes("tokenizers/\(folder)/tokenizer.json"))
        let members = json["model"]?["vocab"]?.object ?? [:]
        var tokens = Array(repeating: "", count: (members.values.compactMap(\.int).max() ?? -1) + 1)
        for (token, id) in members { tokens[id.int ?? 0] = token }
        var kinds = tokens.map { _ in Int32(1) }
        for added in json["added_tokens"]?.array ?? [] {
            guard let id = added["id"]?.int, id < tokens.count else { continue }
            tokens[id] = added["content"]?.string ?? ""
            kinds[id] = 3
        }
        let merges = (json["model"]?["merges"]?.array ?? []).map { merge in
            merge.string ?? (merge.array ?? []).compactMap(\.string).joined(separator: " ")
        }
        let tokenizer = try Tokenizer(
            gguf: GGUFVocabulary(model: "gpt2", pre: pre, tokens: tokens, tokenTypes: kinds, merges: merges))
        let outcome = Outcome(tokenizer, try Vector.read(SharedData.path("tokenizers/\(folder)/vectors.jsonl")))
        #expect(outcome.encoded == count)
        #expect(outcome.differences == [])
    }

    /// The sentencepiece models of the fixtures as GGUF files hold them.
    @Test("a GGUF vocabulary with scores gives what its sentencepiece model gives", arguments: [true, false])
    func scored(isBytePair: Bool) throws {
        let name = isBytePair ? "sentencepiece bpe bytes" : "sentencepiece unigram bytes"
        let json = try #require(try JSONLines.read(Fixtures.path("sources.jsonl")).first { $0["name"]?.string == name })
        let bytes = [UInt8](try #require(Data(base64Encoded: json["model"]?.string ?? "")))
        let model = try SentencePieceModel(bytes: bytes, named: name)
        let vocabulary = GGUFVocabulary(
            model: isBytePair ? "llama" : "t5", tokens: (0..<model.pieces.count).map(model.pieces.text),
            tokenTypes: model.kinds.map { Int32($0.rawValue) }, scores: model.scores.map { Float($0) }, bosID: 1,
            eosID: 2, unknownID: 0, addsEOS: true, addsSpacePrefix: true, removesExtraSpaces: false)
        let tokenizer = try Tokenizer(gguf: vocabulary)
        for row in json["rows"]?.array ?? [] {
            let ids = (row["ids"]?.array ?? []).compactMap { $0.int.map(Int32.init) }
            let text = row["text"]?.string ?? ""
            #expect(tokenizer.encode(text, addSpecialTokens: false) == ids, "\(text)")
            #expect(tokenizer.encode(text) == (isBytePair ? [1] : []) + ids + [2])
        }
    }

    @Test("a GGUF vocabulary that does not fit together is refused with the key")
    func badGGUF() {
        func cause(_ vocabulary: GGUFVocabulary) -> String {
            do {
                _ = try Tokenizer(gguf: vocabulary)
                return "no error"
            } catch {
                return error.description
            }
        }
        let tokens = ["a", "b", "ab"]
        #expect(cause(GGUFVocabulary(model: "gpt2", tokens: tokens)).contains("merges are missing"))
        #expect(cause(GGUFVocabulary(model: "llama", tokens: tokens)).contains("scores are missing"))
        #expect(cause(GGUFVocabulary(model: "rwkv", tokens: tokens)).contains("'rwkv'"))
        #expect(cause(GGUFVocabulary(model: "gpt2", tokens: [])).contains("tokens"))
        #expect(cause(GGUFVocabulary(model: "gpt2", pre: "nope", tokens: tokens, merges: ["a b"])).contains("'nope'"))
        #expect(cause(GGUFVocabulary(model: "gpt2", tokens: tokens, merges: ["a c"])).contains("merge 0"))
        #expect(cause(GGUFVocabulary(model: "gpt2", tokens: tokens, merges: ["ab"])).contains("merge 0"))
        #expect(cause(GGUFVocabulary(model: "gpt2", tokens: tokens, scores: [1], merges: [])).contains("scores"))
        #expect(cause(GGUFVocabulary(model: "gpt2", tokens: tokens, merges: [], bosID: 3)).contains("bos_token_id"))
        #expect(cause(GGUFVocabulary(model: "gpt2", tokens: tokens, merges: ["a b"])) == "no error")
    }

    @Test("BERT's words as GGUF writes them")
    func wordPiece() throws {
        let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁low", "er", "▁boat", "s", "▁."]
        let kinds: [Int32] = [3, 2, 3, 3, 1, 1, 1, 1, 1]
        let tokenizer = try Tokenizer(
            gguf: GGUFVocabulary(
                model: "bert", tokens: tokens, tokenTypes: kinds, bosID: 2, eosID: 3, unknownID: 1, paddingID: 0))
        #expect(tokenizer.encode("Lower boats.") == [2, 4, 5, 6, 7, 8, 3])
        #expect(tokenizer.decode([2, 4, 5, 6, 7, 8, 3]) == "lower boats.")
        #expect(tokenizer.encode("xyz", addSpecialTokens: false) == [1])
    }

    /// A folder of small files, removed afterwards.
    private static func inFolder<Result>(_ files: [String: String], _ body: (String) throws -> Result) throws -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tokenizer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, content) in files { try Data(content.utf8).write(to: folder.appendingPathComponent(name)) }
        return try body(folder.path)
    }

    @Test("vocab.txt is BERT's, with what tokenizer_config.json says of it")
    func vocabularyText() throws {
        let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nlow\n##er\nLow\n.\n"
        try Self.inFolder(["vocab.txt": vocabulary]) { folder in
            let tokenizer = try Tokenizer.load(path: folder)
            #expect(tokenizer.encode("Lower [MASK].") == [2, 5, 6, 4, 8, 3])
            #expect(tokenizer.decode([2, 5, 6, 8, 3]) == "lower.")
            #expect(Tokenizer.files(ofTokenizerAt: folder) == [folder + "/vocab.txt"])
        }
        try Self.inFolder(["vocab.txt": vocabulary, "tokenizer_config.json": #"{"do_lower_case": false}"#]) { folder in
            let tokenizer = try Tokenizer.load(path: folder + "/vocab.txt")
            #expect(tokenizer.encode("Lower") == [2, 7, 6, 3])
        }
    }

    @Test("begin and end tokens follow tokenizer_config.json where it states them, and its tokens are added")
    func configuration() throws {
        let tokenizer = #"""
            {"added_tokens": [{"id": 3, "content": "<s>", "special": true}, {"id": 4, "content": "</s>", "special": true}],
             "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}},
             "decoder": {"type": "Fuse"},
             "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1], [" .", -1]]}}
            """#
        func ids(_ configuration: String) throws -> [Int32] {
            try Self.inFolder(["tokenizer.json": tokenizer, "tokenizer_config.json": configuration]) { folder in
                #expect(try Tokenizer.load(path: folder + "/tokenizer.json").encode("a") == [3, 1])
                return try Tokenizer.load(path: folder).encode("a")
            }
        }
        #expect(try ids("{}") == [3, 1])
        #expect(try ids(#"{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": false}"#) == [1])
        #expect(
            try ids(
                #"{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "add_bos_token": true, "add_eos_token": true}"#
            )
                == [3, 1, 4])
        let more =
            #"{"added_tokens_decoder": {"5": {"content": "<x>", "special": true}}, "clean_up_tokenization_spaces": true}"#
        try Self.inFolder(["tokenizer.json": tokenizer, "tokenizer_config.json": more]) { folder in
            let loaded = try Tokenizer.load(path: folder)
            #expect(loaded.encode("a<x>", addSpecialTokens: false) == [1, 5])
            #expect(loaded.decode([1, 2, 5]) == "a.")
            var stream = loaded.makeStreamingDecoder()
            #expect(([1, 2].map { stream.append($0) }.joined() + stream.finish()) == "a.")
            #expect(try Tokenizer.load(path: folder + "/tokenizer.json").decode([1, 2]) == "a .")
        }
        #expect(throws: TokenizerError.self) { try ids(#"{"added_tokens_decoder": {"-1": {"content": "x"}}}"#) }
        #expect(throws: TokenizerError.self) { try ids("{") }
    }

    @Test("damaged models of every kind are refused or work, and never crash")
    func damaged() throws {
        var state: UInt64 = 17
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        for json in try JSONLines.read(Fixtures.path("sources.jsonl")) {
            let bytes = [UInt8](try #require(Data(base64Encoded: json["model"]?.string ?? "")))
            let isTiktoken = json["name"]?.string == "tiktoken"
            for round in 0..<12 {
                var damaged = bytes
                for _ in 0...(round % 4) { damaged[next() % damaged.count] = UInt8(truncatingIfNeeded: next()) }
                if round % 3 == 0 { damaged.removeLast(next() % damaged.count) }
                let tokenizer =
                    isTiktoken
                    ? try? Tokenizer(tiktoken: damaged, named: "x") : try? Tokenizer(sentencePiece: damaged, named: "x")
                guard let tokenizer else { continue }
                _ = tokenizer.decode(tokenizer.encode("  the boats,\0 ▁<s> é"))
            }
        }
    }
}

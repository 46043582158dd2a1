import Foundation
import OrderedJSON
import Testing
import Tokenizers

@Suite("Files that cannot be trusted")
struct BadFileTests {
    /// A small valid file, with one part of it replaced.
    private static func file(_ part: String = "", _ replacement: String = "") -> [UInt8] {
        let valid = #"""
            {"version": "1.0", "added_tokens": [{"id": 4, "content": "<s>", "special": true}],
             "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
             "model": {"type": "BPE", "dropout": null, "unk_token": null, "fuse_unk": false,
                       "vocab": {"a": 0, "b": 1, "ab": 2, "c": 3}, "merges": [["a", "b"]]}}
            """#
        return Array((part.isEmpty ? valid : valid.replacingOccurrences(of: part, with: replacement)).utf8)
    }

    private static func message(_ bytes: [UInt8]) -> String {
        do {
            _ = try Tokenizer(bytes: bytes, named: "tokenizer.json")
            return "no error"
        } catch {
            return error.description
        }
    }

    @Test("the valid file loads, so that each error below has its own cause")
    func valid() throws {
        let tokenizer = try Tokenizer(bytes: Self.file(), named: "tokenizer.json")
        #expect(tokenizer.encode("ab<s>ca") == [2, 4, 3, 0])
        #expect(tokenizer.vocabularySize == 5)
        #expect(tokenizer.highestID == 4)
        #expect(tokenizer.id(of: "ab") == 2)
        #expect(tokenizer.token(4) == "<s>")
        #expect(tokenizer.isSpecial(4))
        #expect(tokenizer.decode([0, 99, -1, 4, 2]) == "a ab")
    }

    @Test(
        "an error names the place and the cause",
        arguments: [
            (#"[["a", "b"]]"#, #"[["a", "x"]]"#, "model.merges: merge 0"), (#"[["a", "b"]]"#, #"["a"]"#, "merge 0"),
            (#"[["a", "b"]]"#, #"["a b c"]"#, "merge 0"), (#"[["a", "b"]]"#, #"[["a"]]"#, "merge 0"),
            (#"[["a", "b"]]"#, "7", "expected an array"), (#""ab": 2"#, #""ab": 1"#, "belongs to 'b' already"),
            (#""ab": 2"#, #""ab": -2"#, "out of range"), (#""ab": 2"#, #""ab": 99999999999"#, "out of range"),
            (#""ab": 2"#, #""ab": 99999999999999999999999"#, "token id"),
            (#""ab": 2"#, #""ab": 4194304"#, "out of range"),
            (#""ab": 2"#, #""ab": null"#, "token id"), (#""ab": 2"#, #""ab": {"x": ["}"]}"#, "token id"),
            (#""ab": 2"#, #""ab": 2, "ab": 5"#, "there twice"),
            (#""id": 4"#, #""id": 2"#, "belongs to 'ab'"), (#""id": 4"#, #""id": 1e30"#, "added_tokens[0].id"),
            (#""content": "<s>""#, #""content": "a""#, "0 in the vocabulary"),
            (#""content": "<s>""#, #""content": 3"#, "string"),
            (#""dropout": null"#, #""dropout": 0.1"#, "dropout"), (#""unk_token": null"#, #""unk_token": "?""#, "'?'"),
            (#""type": "BPE""#, #""type": "Bigram""#, "the model 'Bigram' is not supported"),
            (#""type": "BPE""#, #""type": "Unigram""#, "model.vocab: expected an array of tokens and scores"),
            (#""version": "1.0""#, #""version": "2.0""#, "version"),
            (#""normalizer": null"#, #""normalizer": {"type": "Nmz"}"#, "the normalizer 'Nmz'"),
            (
                #""normalizer": null"#, #""normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}"#,
                "normalizer.precompiled_charsmap: the character map is damaged"
            ),
            (
                #""normalizer": null"#, #""normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////w=="}"#,
                "normalizer.precompiled_charsmap: the character map is damaged"
            ),
            (#""WhitespaceSplit""#, #""Scripts""#, "the pre-tokenizer 'Scripts'"),
            (#""decoder": null"#, #""decoder": {"type": "CTX"}"#, "the decoder 'CTX'"),
            (#""decoder": null"#, #""decoder": {}"#, "decoder: 'type' is missing"),
            (#""post_processor": null"#, #""post_processor": {"type": "X"}"#, "the post-processor 'X'"),
            (
                #""post_processor": null"#,
                #""post_processor": {"type": "BertProcessing", "sep": ["x", 77], "cls": ["y", 0]}"#, "77"
            ),
            (
                #"{"type": "WhitespaceSplit"}"#,
                #"{"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"}"#, "')'"
            ),
            (
                #"{"type": "WhitespaceSplit"}"#,
                #"{"type": "Split", "pattern": {"Regex": "(a)\\1"}, "behavior": "Isolated"}"#, "'\\1'"
            ),
            (#"{"type": "WhitespaceSplit"}"#, #"{"type": "FixedLength", "length": 0}"#, "length"),
            (#""added_tokens": ["#, #""added_tokens": 5, "x": ["#, "added_tokens: expected an array"),
        ])
    func errors(part: String, replacement: String, cause: String) {
        let message = Self.message(Self.file(part, replacement))
        #expect(message.contains(cause), "\(message)")
        #expect(message.hasPrefix("tokenizer.json: "))
    }

    @Test("a file cut off anywhere is refused")
    func truncated() {
        let bytes = Self.file()
        for length in 0..<bytes.count {
            #expect(Self.message(Array(bytes[..<length])).contains("not valid JSON"))
        }
    }

    @Test("no damaged byte brings the program down")
    func damaged() {
        var state: UInt64 = 7
        let bytes = Self.file()
        for _ in 0..<500 {
            var damaged = bytes
            for _ in 0..<2 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                damaged[Int(state >> 33) % damaged.count] = UInt8(truncatingIfNeeded: state >> 25)
            }
            guard let tokenizer = try? Tokenizer(bytes: damaged, named: "x") else { continue }
            _ = tokenizer.decode(tokenizer.encode("abc ab <s> \u{301} ba"))
        }
    }

    @Test("patterns made to blow up are refused or come to an end")
    func hostilePatterns() throws {
        let nested = String(repeating: "(", count: 200) + "a" + String(repeating: ")", count: 200)
        let large = "((a{1000}){1000}){1000}"
        for pattern in [
            nested, large, "a{5,2}", "[z-a]", "[", "\\", "*a", "(?<=a+)b", "\\p{Nope}", "(?#x", "[[:x:]]", "a{2000}",
        ] {
            let step = JSONValue.object([
                "type": "Split", "pattern": .object(["Regex": .string(pattern)]), "behavior": "Isolated",
            ])
            let file = Self.file(#"{"type": "WhitespaceSplit"}"#, step.serialized())
            #expect(Self.message(file).contains("regular expression"), "\(pattern)")
        }
        for pattern in ["(a*)*b", "(a|a)*b", "(?:a?){30}b", "((a+)+)+$x"] {
            let step = JSONValue.object([
                "type": "Split", "pattern": .object(["Regex": .string(pattern)]), "behavior": "Isolated",
            ])
            let tokenizer = try Tokenizer(
                bytes: Self.file(#"{"type": "WhitespaceSplit"}"#, step.serialized()), named: "x")
            #expect(tokenizer.encode(String(repeating: "a", count: 40)).count == 40, "\(pattern)")
        }
    }

    @Test("a path without a tokenizer says what to point to")
    func missing() {
        #expect {
            try Tokenizer.load(path: "/nonexistent/model")
        } throws: { error in
            (error as? TokenizerError)?.remedy.contains("tokenizer.json") == true
        }
    }
}

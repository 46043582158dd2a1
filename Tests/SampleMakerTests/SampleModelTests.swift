import Foundation
import OrderedJSON
import Testing
import Tokenizers

@testable import SampleMaker

@Suite struct SampleModelTests {
    private static func tokenizer() throws -> Tokenizer {
        let texts = (0..<400).map { Corpus(seed: 2).document($0).plain }
        return try Tokenizer(json: SampleTokenizer.train(on: texts, vocabulary: 900), named: "sample")
    }

    @Test func everyDigitIsATokenOfItsOwn() throws {
        let tokenizer = try Self.tokenizer()
        let ids = tokenizer.encode("order A-4821 and 7 or 103", addSpecialTokens: false)
        let tokens = ids.compactMap { tokenizer.token($0) }.filter { $0.contains { $0.isNumber } }
        #expect(tokens == ["4", "8", "2", "1", "7", "1", "0", "3"])
        #expect(tokenizer.decode(ids) == "order A-4821 and 7 or 103")
    }

    /// As in StarCoder's and SmolLM's files; anything else has no name in llama.cpp.
    @Test func numbersAreCutAsLlamaCppCan() throws {
        let wanted: JSONValue = [
            "type": "Sequence",
            "pretokenizers": [
                ["type": "Digits", "individual_digits": true],
                ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
            ],
        ]
        #expect(try SampleTokenizer.train(on: ["a text"], vocabulary: 300)["pre_tokenizer"] == wanted)
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("sample-data/base-model")
        let shipped = try JSONValue(
            parsing: String(contentsOf: folder.appendingPathComponent("tokenizer.json"), encoding: .utf8))
        #expect(shipped["pre_tokenizer"] == wanted, "the shipped model")
        #expect(shipped["normalizer"]?.isNull == true)
        let numbers = (shipped["model"]?["vocab"]?.object ?? [:]).filter { entry in
            entry.key.count > 1 && entry.key.unicodeScalars.contains { ("0"..."9").contains($0) }
        }
        #expect(numbers.isEmpty, "no token joins a digit with anything")
    }

    @Test func partsAreCutBeforeAndAfterEveryNumber() {
        #expect(SampleTokenizer.parts(of: "No. 40, ½ and ٣x") == ["No. ", "4", "0", ", ", "½", " and ", "٣", "x"])
        #expect(SampleTokenizer.parts(of: "none") == ["none"])
        #expect(SampleTokenizer.parts(of: "7") == ["7"])
        #expect(SampleTokenizer.parts(of: "") == [])
    }

    @Test func markersAreSingleTokensWithTheFirstIDs() throws {
        let tokenizer = try Self.tokenizer()
        for (id, marker) in SampleTokenizer.specialTokens.enumerated() {
            #expect(tokenizer.encode(marker, addSpecialTokens: false) == [Int32(id)])
        }
    }

    @Test func theConfigurationHasAboutThreeMillionParameters() {
        let json = SampleModel.configuration
        func value(_ key: String) -> Int { json[key]?.int ?? 0 }
        let width = value("hidden_size")
        let head = value("head_dim")
        let attention = 2 * width * head * (value("num_attention_heads") + value("num_key_value_heads"))
        let block = attention + 3 * width * value("intermediate_size") + 2 * width
        let total = value("vocab_size") * width + value("num_hidden_layers") * block + width
        #expect((2_500_000...3_800_000).contains(total))
        #expect(total * 2 < 7_500_000, "bf16 weights leave room for the tokenizer in 8 MB")
    }

    @Test func theTemplateMarksWhatTheModelWrites() {
        #expect(SampleTokenizer.template.contains("{% generation %}"))
        #expect(SampleTokenizer.configuration["chat_template"]?.string == SampleTokenizer.template)
        #expect(SampleTokenizer.configuration["eos_token"]?.string == "<|end|>")
    }
}

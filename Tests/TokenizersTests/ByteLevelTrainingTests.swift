import OrderedJSON
import Testing
import Tokenizers

@Suite("Byte-level vocabularies of our own")
struct ByteLevelTrainingTests {
    private static func trained(
        _ split: ByteLevelBPETrainer.WordSplit = .gpt2, begin: String? = nil, order: [Int] = [0, 1, 2]
    ) throws -> JSONValue {
        let texts = ["low lower lowest slow", "new newer newest\nrenew", "12 1234 le café, le thé"]
        var trainer = ByteLevelBPETrainer(
            vocabularySize: 280, specialTokens: ["<|begin|>", "<|end|>"], split: split, beginToken: begin)
        for index in order { trainer.add(texts[index], count: 3) }
        return try trainer.train()
    }

    /// Odd scalars: controls, noncharacters, marks without a base, the last of each plane, private use.
    private static let oddText =
        "\0\u{1}\u{7f}\u{80}\u{a0}\u{301}\u{200d}\u{feff}\u{fffd}\u{fffe}\u{ffff}\u{e000}\u{10ffff}\u{1f468}\u{200d}\u{1f469}"
        + "\r\n\r \u{85}\u{2028} é e\u{301} 한 ᄒ\u{1161}\u{11ab}"

    @Test("the result does not depend on the order of the texts")
    func order() throws {
        #expect(try Self.trained() == Self.trained(order: [2, 0, 1]))
    }

    @Test("special tokens come first, then the bytes, then what was merged")
    func layout() throws {
        let tokenizer = try Tokenizer(json: try Self.trained(begin: "<|begin|>"), named: "trained")
        #expect(tokenizer.vocabularySize == 280)
        #expect(tokenizer.highestID == 279)
        #expect(tokenizer.addedTokens.map(\.content) == ["<|begin|>", "<|end|>"])
        #expect(tokenizer.token(2) == "!")
        #expect(tokenizer.encode("low").count == 2)
        #expect(tokenizer.encode("low", addSpecialTokens: false).count == 1)
        #expect(tokenizer.encode("<|end|>") == [0, 1])
        #expect(tokenizer.decode([0, 1], skipSpecialTokens: false) == "<|begin|><|end|>")
    }

    @Test(
        "every text comes back scalar by scalar, whole and streamed",
        arguments: [ByteLevelBPETrainer.WordSplit.gpt2, .llama3])
    func roundTrip(split: ByteLevelBPETrainer.WordSplit) throws {
        let tokenizer = try Tokenizer(json: try Self.trained(split), named: "trained")
        var state: UInt64 = 42
        var texts = [Self.oddText, "", " ", "low  newest"]
        for _ in 0..<50 {
            var text = ""
            for _ in 0..<30 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let value = UInt32(state >> 40) % (state & 1 << 60 == 0 ? 0x250 : 0x110000)
                if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
            }
            texts.append(text)
        }
        for text in texts {
            let spans = tokenizer.encodeWithOffsets(text)
            let ids = tokenizer.encode(text)
            #expect(spans.map(\.id) == ids)
            #expect(Array(tokenizer.decode(ids).utf8) == Array(text.utf8))
            var stream = tokenizer.makeStreamingDecoder(skipSpecialTokens: true)
            let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
            #expect(Array(streamed.utf8) == Array(text.utf8))
            // Ranges tile the text.
            #expect(spans.first?.range.lowerBound ?? 0 == 0)
            #expect(spans.last?.range.upperBound ?? 0 == text.utf8.count)
            for (a, b) in zip(spans, spans.dropFirst()) { #expect(a.range.upperBound == b.range.lowerBound) }
        }
    }

    @Test("any sequence of ids decodes, and the streamed text is the same")
    func arbitraryIDs() throws {
        let tokenizer = try Tokenizer(json: try Self.trained(), named: "trained")
        var state: UInt64 = 3
        for _ in 0..<200 {
            var ids: [Int32] = []
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // Mostly the tokens of single bytes of several kinds, which make broken UTF-8.
                ids.append(Int32(state >> 33) % 262)
            }
            var stream = tokenizer.makeStreamingDecoder(skipSpecialTokens: false)
            let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
            #expect(Array(streamed.utf8) == Array(tokenizer.decode(ids, skipSpecialTokens: false).utf8), "\(ids)")
        }
    }

    @Test("a character is put out when its last byte has come")
    func characterInParts() throws {
        let tokenizer = try Tokenizer(json: try Self.trained(), named: "trained")
        let ids = tokenizer.encode("a👍b")
        var stream = tokenizer.makeStreamingDecoder(skipSpecialTokens: true)
        #expect(ids.map { stream.append($0) } == ["a", "", "", "", "👍", "b"])
        #expect(stream.finish() == "")
    }

    @Test("settings that cannot work are refused with the reason")
    func refusals() {
        func cause(_ trainer: ByteLevelBPETrainer) -> String {
            do {
                _ = try trainer.train()
                return ""
            } catch {
                return error.description
            }
        }
        #expect(cause(ByteLevelBPETrainer(vocabularySize: 100)).contains("256"))
        #expect(cause(ByteLevelBPETrainer(vocabularySize: 300, specialTokens: ["a", "a"])).contains("different"))
        #expect(cause(ByteLevelBPETrainer(vocabularySize: 300, specialTokens: ["!"])).contains("sign of a byte"))
        #expect(cause(ByteLevelBPETrainer(vocabularySize: 300, beginToken: "<s>")).contains("<s>"))
        #expect(cause(ByteLevelBPETrainer(vocabularySize: 1 << 30)).contains("tokens"))
    }
}

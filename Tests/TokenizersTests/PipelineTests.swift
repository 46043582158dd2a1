import Foundation
import OrderedJSON
import Testing
import Tokenizers

/// Rows of pipelines.jsonl and sources.jsonl.
private struct Row {
    let text: String?
    let ids: [Int32]
    let framed: [Int32]
    let decoded: String?

    init(_ json: JSONValue) {
        func list(_ key: String) -> [Int32]? { json[key]?.array?.compactMap { $0.int.map(Int32.init) } }
        text = json["text"]?.string
        ids = list("ids") ?? []
        framed = list("framed") ?? ids
        decoded = json["decoded"]?.string
    }

    /// What a tokenizer makes otherwise, whole and streamed; `isFramed`: whether special tokens are compared.
    func differences(_ tokenizer: Tokenizer, isFramed: Bool) -> [String] {
        var found: [String] = []
        if let text {
            let name = text.debugDescription.prefix(80)
            let plain = tokenizer.encode(text, addSpecialTokens: false)
            if plain != ids { found.append("encode \(name): \(plain.prefix(30)) ≠ \(ids.prefix(30))") }
            if isFramed, tokenizer.encode(text) != framed { found.append("framed \(name)") }
            let spans = tokenizer.encodeWithOffsets(text, addSpecialTokens: false)
            if spans.map(\.id) != ids { found.append("spans \(name)") }
            if spans.contains(where: { $0.range.lowerBound < 0 || $0.range.upperBound > text.utf8.count }) {
                found.append("ranges \(name)")
            }
        }
        guard let decoded else { return found }
        let whole = tokenizer.decode(ids, skipSpecialTokens: false)
        if !whole.utf8.elementsEqual(decoded.utf8) { found.append("decode \(ids): \(whole) ≠ \(decoded)") }
        var stream = tokenizer.makeStreamingDecoder(skipSpecialTokens: false)
        let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
        if !streamed.utf8.elementsEqual(decoded.utf8) { found.append("stream \(ids): \(streamed) ≠ \(decoded)") }
        return found
    }
}

@Suite("Pipelines of published tokenizers")
struct PipelineTests {
    @Test("ids and texts are those of the reference library")
    func pipelines() throws {
        var count = 0
        for json in try JSONLines.read(Fixtures.path("pipelines.jsonl")) {
            let name = json["name"]?.string ?? ""
            let content = try #require(json["tokenizer"]?.string)
            let tokenizer = try Tokenizer(bytes: Array(content.utf8), named: name)
            let rows = (json["rows"]?.array ?? []).map(Row.init)
            count += rows.count
            #expect(rows.flatMap { $0.differences(tokenizer, isFramed: true) } == [], "\(name)")
        }
        #expect(count == 20 * 39)
    }

    @Test("sentencepiece models and tiktoken files give what their own libraries give")
    func sources() throws {
        var names: [String] = []
        for json in try JSONLines.read(Fixtures.path("sources.jsonl")) {
            let name = json["name"]?.string ?? ""
            let bytes = [UInt8](try #require(Data(base64Encoded: json["model"]?.string ?? "")))
            let tokenizer =
                name == "tiktoken"
                ? try Tokenizer(tiktoken: bytes, named: name) : try Tokenizer(sentencePiece: bytes, named: name)
            let rows = (json["rows"]?.array ?? []).map(Row.init)
            names.append(name)
            #expect(rows.count > 30)
            #expect(rows.flatMap { $0.differences(tokenizer, isFramed: false) } == [], "\(name)")
        }
        #expect(names.count == 7)
    }

    @Test("any bytes come back from a byte-level vocabulary")
    func arbitraryBytes() throws {
        let json = try #require(try JSONLines.read(Fixtures.path("sources.jsonl")).last)
        let bytes = [UInt8](try #require(Data(base64Encoded: json["model"]?.string ?? "")))
        let tokenizer = try Tokenizer(tiktoken: bytes, named: "tiktoken")
        var state: UInt64 = 5
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for round in 0..<400 {
            // Some rounds over all bytes, some over those that make broken characters.
            let choice: [UInt8] = [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x91, 0x8d, 0xed, 0xa0, 0x20, 0x61, 0xff]
            let text = (0..<Int(next() % 24)).map { _ in
                round % 2 == 0 ? UInt8(truncatingIfNeeded: next()) : choice[Int(next()) % choice.count]
            }
            let ids = try #require(tokenizer.encode(bytes: text))
            #expect(tokenizer.decodeBytes(ids) == text)
            var stream = tokenizer.makeStreamingDecoder(skipSpecialTokens: false)
            let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
            #expect(streamed.utf8.elementsEqual(String(decoding: text, as: UTF8.self).utf8))
        }
        let words = try Tokenizer(
            bytes: Array(#"{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}"#.utf8), named: "words"
        )
        #expect(words.encode(bytes: [0x61]) == nil)
        #expect(words.decodeBytes([0]) == nil)
    }
}

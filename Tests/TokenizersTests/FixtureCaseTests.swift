import Foundation
import OrderedJSON
import Testing
import Tokenizers

@Suite("Small tokenizers of every kind")
struct FixtureCaseTests {
    private static func cases(_ kind: String) throws -> [(name: String, row: JSONValue, line: String)] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("cases.jsonl"))))
        return try bytes.split(separator: 0x0a).compactMap { line in
            let row = try JSONValue(parsing: Array(line))
            guard let name = row["name"]?.string, name.hasPrefix(kind) else { return nil }
            return (name, row, String(decoding: line, as: UTF8.self))
        }
    }

    /// The text of the member `tokenizer`, which stands before `vectors`.
    private static func tokenizerText(_ line: String) -> String? {
        guard let start = line.range(of: "\"tokenizer\": ")?.upperBound,
            let end = line.range(of: ", \"vectors\": ", options: .backwards)?.lowerBound
        else { return nil }
        return String(line[start..<end])
    }

    @Test(
        "ids, offsets and texts are those of the reference library",
        arguments: [("pre-tokenizer", 55), ("normalizer", 15), ("decoder", 14), ("model", 7)])
    func reference(kind: String, count: Int) throws {
        let cases = try Self.cases(kind)
        #expect(cases.count == count)
        for (name, row, line) in cases {
            // The line is parsed again as text: a JSON value keeps one of two canonically equivalent keys only.
            let tokenizer = try Tokenizer(bytes: Array(try #require(Self.tokenizerText(line)).utf8), named: name)
            let outcome = Outcome(tokenizer, (row["vectors"]?.array ?? []).map(Vector.init))
            #expect(outcome.differences == [], "\(name)")
            for decoding in row["decodings"]?.array ?? [] {
                let ids = (decoding["ids"]?.array ?? []).compactMap { $0.int.map(Int32.init) }
                #expect(tokenizer.decode(ids) == decoding["text"]?.string, "\(name) \(ids)")
                var stream = tokenizer.makeStreamingDecoder()
                let streamed = ids.reduce("") { $0 + stream.append($1) } + stream.finish()
                #expect(streamed == decoding["text"]?.string, "\(name) \(ids) streamed")
            }
        }
    }

    @Test("training gives the vocabulary and the merges of the reference library")
    func training() throws {
        for row in try JSONLines.read(Fixtures.path("training.json")).flatMap({ $0.array ?? [] }) {
            let special = (row["special_tokens"]?.array ?? []).compactMap(\.string)
            let split: ByteLevelBPETrainer.WordSplit = row["split"] == "gpt2" ? .gpt2 : .llama3
            var trainer = ByteLevelBPETrainer(
                vocabularySize: row["vocab_size"]?.int ?? 0, specialTokens: special, split: split)
            for text in row["texts"]?.array ?? [] { trainer.add(text.string ?? "") }
            let model = try #require(try trainer.train()["model"])
            #expect(model["merges"] == row["merges"])
            #expect(model["vocab"]?.object?.count == row["vocab"]?.object?.count)
            for (token, id) in row["vocab"]?.object ?? [:] { #expect(model["vocab"]?[token] == id, "\(token)") }
        }
    }
}

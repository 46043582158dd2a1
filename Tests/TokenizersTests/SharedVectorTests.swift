import OrderedJSON
import Testing
import Tokenizers

@Suite("Published tokenizers", .enabled(if: SharedData.isPresent, "../shared/data/tokenizers is absent"))
struct SharedVectorTests {
    @Test(
        "every published vector holds in both directions",
        arguments: [
            ("gpt2", 145, 78), ("llama2", 156, 90), ("llama3", 156, 89), ("starcoder", 100, 53),
            ("torchtune-tiny", 53, 53),
        ])
    func vectors(name: String, encoded: Int, decoded: Int) throws {
        let tokenizer = try Tokenizer.load(path: SharedData.path("tokenizers/\(name)"))
        let vectors = try Vector.read(SharedData.path("tokenizers/\(name)/vectors.jsonl"))
        let outcome = Outcome(tokenizer, vectors)
        #expect(outcome.encoded == encoded)
        #expect(outcome.decoded == decoded)
        #expect(outcome.differences == [])
    }

    @Test("the prompts of a real model give its ids, and its ids its text")
    func story() throws {
        let folder = "models/tinystories-656k"
        let tokenizer = try Tokenizer.load(path: SharedData.path(folder))
        let bytes = try SharedData.bytes("\(folder)/reference.json")
        let rows = try JSONValue(parsing: bytes)["greedy"]?.array ?? []
        #expect(!rows.isEmpty)
        for row in rows {
            let prompt = row["prompt"]?.string ?? ""
            let ids = (row["prompt_ids"]?.array ?? []).compactMap { $0.int.map(Int32.init) }
            #expect(tokenizer.encode(prompt) == ids)
            let new = (row["new_ids"]?.array ?? []).compactMap { $0.int.map(Int32.init) }
            #expect(tokenizer.decode(ids + new) == row["text"]?.string)
        }
    }
}

import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

@testable import Generation

private let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures").path
private let tinyStories = URL(filePath: fixtures).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared/data/models/tinystories-656k").path

private func ids(_ value: JSONValue?) -> [Int32] { (value?.array ?? []).compactMap { $0.int.map { Int32($0) } } }

@Suite("Generation with a key-value cache")
struct GeneratorTests {
    static let models =
        ((try? FileManager.default.contentsOfDirectory(atPath: fixtures + "/models")) ?? [])
        .filter { FileManager.default.fileExists(atPath: "\(fixtures)/models/\($0)/config.json") }.sorted()

    func load(_ name: String) throws -> (Decoder, JSONValue) {
        let folder = "\(fixtures)/models/\(name)"
        return (try Decoder.load(folder: folder), try JSONValue(readingFile: folder + "/reference.json"))
    }

    @Test("greedy ids are those of transformers", arguments: models)
    func greedy(name: String) throws {
        let (model, json) = try load(name)
        let expected = ids(json["greedy"]?["new_ids"])
        let made = try Generator(model).generate(
            prompt: ids(json["greedy"]?["prompt"]), settings: SamplingSettings(maxTokens: expected.count), endTokens: []
        )
        #expect(made.ids == expected)
        #expect(made.stop == .length)
        #expect(made.promptTokens == ids(json["greedy"]?["prompt"]).count)
    }

    @Test("an adapter changes what is generated, on the same weights")
    func adapted() throws {
        let (model, base) = try load("llama-tiny")
        let folder = "\(fixtures)/adapters/llama-lora"
        let json = try JSONValue(readingFile: folder + "/reference.json")
        let tuned = model.sharingWeights()
        try LoRAAdapter.load(folder: folder).attach(to: tuned)
        let prompt = ids(json["greedy"]?["prompt"])
        let settings = SamplingSettings(maxTokens: 12)
        #expect(
            try Generator(tuned).generate(prompt: prompt, settings: settings, endTokens: []).ids
                == ids(json["greedy"]?["new_ids"]))
        #expect(
            try Generator(model).generate(prompt: prompt, settings: settings, endTokens: []).ids
                == ids(base["greedy"]?["new_ids"]))
    }

    @Test("the cache gives what a forward over the whole text gives, also past the window", arguments: models)
    func cacheAgreesWithoutCache(name: String) throws {
        let (model, json) = try load(name)
        // The shorter prompt grows past windows and past the original context of dynamic and long RoPE.
        for (temperature, sequence) in [(0.0, 0), (0.9, 0), (0.9, 1)] {
            let prompt = ids(json["sequences"]?[sequence]?["ids"])
            let count = min(20, model.configuration.contextLength - prompt.count)
            let settings = SamplingSettings(temperature: temperature, topP: 0.95, topK: 40, maxTokens: 20, seed: 5)
            var generator = Generator(model)
            generator.promptChunk = 7
            let cached = try generator.generate(prompt: prompt, settings: settings, endTokens: [])
            var whole = prompt
            for index in 0..<count {
                let hidden = model(whole, layout: SequenceLayout(lengths: [whole.count]), in: .inference)
                let last = Variable(hidden.value.rows(whole.count - 1..<whole.count))
                let scores = model.logits(last, in: .inference).value.toArray()
                whole.append(TokenSampler(settings: settings).token(from: scores, index: index))
            }
            #expect(cached.ids == Array(whole[prompt.count...]))
        }
    }

    @Test("logits from a cache are those of the whole text, at every token", arguments: models)
    func cachedLogits(name: String) throws {
        let (model, json) = try load(name)
        let text = ids(json["sequences"]?[0]?["ids"])
        let cache = model.makeCache(capacity: 4)
        var generator = Generator(model)
        generator.promptChunk = 3
        for count in [5, 6, 12, 15, 16, 17, 18, 23] {
            let cached = generator.read(Array(text[..<count]), sequence: 0, cache: cache).toArray()
            let hidden = model(Array(text[..<count]), layout: SequenceLayout(lengths: [count]), in: .inference)
            let whole = model.logits(hidden, in: .inference).value.rows(count - 1..<count).toArray()
            let difference = zip(cached, whole).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(cached.count == whole.count && difference < 1e-4, "after \(count) tokens: \(difference)")
        }
    }

    @Test("scores of a text that is too long for learned positions are refused, and generation stops there")
    func learnedPositions() throws {
        let (model, json) = try load("gpt2-tiny")
        let long = [Int32](repeating: 5, count: 41)
        #expect(throws: ModelError.tooLong(tokens: 41, context: 40)) {
            try Generator(model).tokenLogProbabilities(long)
        }
        #expect(try Generator(model).tokenLogProbabilities(Array(long[..<40])).count == 39)
        let made = try Generator(model).generate(
            prompt: ids(json["sequences"]?[0]?["ids"]), settings: SamplingSettings(maxTokens: 100), endTokens: [])
        #expect(made.stop == .context && made.ids.count == 17)
    }

    @Test("a seed gives the same text again, another seed another")
    func seeded() throws {
        let (model, json) = try load("llama-tiny")
        let prompt = ids(json["greedy"]?["prompt"])
        let texts = try [1, 1, 2].map { seed in
            try Generator(model).generate(
                prompt: prompt, settings: SamplingSettings(temperature: 1.5, maxTokens: 24, seed: seed), endTokens: []
            ).ids
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }

    @Test("it stops at an end token, when told to, and when the context is full")
    func stops() throws {
        let (model, json) = try load("llama-tiny")
        let prompt = ids(json["greedy"]?["prompt"])
        let expected = ids(json["greedy"]?["new_ids"])
        let ended = try Generator(model).generate(
            prompt: prompt, settings: SamplingSettings(maxTokens: 12), endTokens: [expected[3], 1])
        #expect(ended.stop == .end && ended.ids == Array(expected[..<3]))
        var seen: [Int32] = []
        let cancelled = try Generator(model).generate(
            prompt: prompt, settings: SamplingSettings(maxTokens: 12), endTokens: []
        ) {
            seen.append($0)
            return seen.count < 5
        }
        #expect(cancelled.stop == .cancelled && cancelled.ids == seen && seen == Array(expected[..<5]))
        let long = [Int32](repeating: 5, count: 253)
        let full = try Generator(model).generate(
            prompt: long, settings: SamplingSettings(maxTokens: 12), endTokens: [])
        #expect(full.stop == .context && full.ids.count == 3)
        let over = try Generator(model).generate(
            prompt: long + [1, 2, 3, 4], settings: SamplingSettings(maxTokens: 12), endTokens: [])
        #expect(over.stop == .context && over.ids.isEmpty)
        #expect(throws: ModelError.noTokens) {
            try Generator(model).generate(prompt: [], settings: .greedy, endTokens: [])
        }
        #expect(throws: ModelError.tokenOutOfRange(id: 64, vocabulary: 64)) {
            try Generator(model).generate(prompt: [64], settings: .greedy, endTokens: [])
        }
    }

    @Test("scores of several sequences in one pass are those of each alone", arguments: models)
    func scoring(name: String) throws {
        let (model, json) = try load(name)
        let sequences = [ids(json["sequences"]?[0]?["ids"]), [], [9], ids(json["sequences"]?[1]?["ids"])]
        let generator = Generator(model)
        let together = try generator.tokenLogProbabilities(sequences)
        #expect(together.map(\.count) == [22, 0, 0, 10])
        for (scores, sequence) in zip(together, sequences) where sequence.count > 1 {
            for (a, b) in zip(scores, try generator.tokenLogProbabilities(sequence)) { #expect(abs(a - b) < 1e-5) }
        }
        #expect(try generator.tokenLogProbabilities([[Int32]]()).isEmpty)
        #expect(throws: ModelError.self) { try generator.tokenLogProbabilities([1, 99]) }
    }
}

@Suite("Choosing a token")
struct TokenSamplerTests {
    let logits: [Float] = [0, 2, 1, -1, 2]

    func counts(_ settings: SamplingSettings) -> [Int] {
        var counts = [0, 0, 0, 0, 0]
        for index in 0..<4000 { counts[Int(TokenSampler(settings: settings).token(from: logits, index: index))] += 1 }
        return counts
    }

    @Test("greedy takes the lowest id among the likeliest")
    func greedy() { #expect(TokenSampler(settings: .greedy).token(from: logits, index: 0) == 1) }

    @Test("draws follow the softmax at the temperature")
    func frequencies() {
        for temperature in [0.5, 1, 2] {
            let weights = logits.map { exp(Double($0) / temperature) }
            let total = weights.reduce(0, +)
            let found = counts(SamplingSettings(temperature: temperature))
            for (count, weight) in zip(found, weights) { #expect(abs(Double(count) / 4000 - weight / total) < 0.03) }
        }
    }

    @Test("top-k and top-p keep the likeliest only")
    func truncation() {
        let k = counts(SamplingSettings(temperature: 1, topK: 2))
        #expect(k[0] + k[2] + k[3] == 0 && k[1] > 1500 && k[4] > 1500)
        // Probabilities are 0.39, 0.39, 0.14, 0.05, 0.02: two reach 0.75, three are needed for 0.8.
        let narrow = counts(SamplingSettings(temperature: 1, topP: 0.75))
        #expect(narrow[0] + narrow[2] + narrow[3] == 0)
        let wider = counts(SamplingSettings(temperature: 1, topP: 0.8))
        #expect(wider[2] > 0 && wider[0] + wider[3] == 0)
        #expect(counts(SamplingSettings(temperature: 1, topP: 0))[1] == 4000)
    }
}

@Suite(
    "A real pre-trained model generates and scores as PyTorch does",
    .enabled(
        if: FileManager.default.fileExists(atPath: tinyStories + "/reference.json"),
        "shared/data/models/tinystories-656k is not beside the repository"))
struct TinyStoriesGenerationTests {
    @Test("greedy ids and log-probabilities")
    func agreement() throws {
        let json = try JSONValue(readingFile: tinyStories + "/reference.json")
        let generator = Generator(try Decoder.load(folder: tinyStories))
        for row in json["greedy"]?.array ?? [] {
            let expected = ids(row["new_ids"])
            let made = try generator.generate(
                prompt: ids(row["prompt_ids"]), settings: SamplingSettings(maxTokens: expected.count), endTokens: [2])
            #expect(made.ids == expected.filter { $0 != 2 })
        }
        let scores = try generator.tokenLogProbabilities(ids(json["score"]?["ids"]))
        let expected = (json["score"]?["token_logprobs"]?.array ?? []).compactMap(\.double)
        #expect(scores.count == expected.count && !expected.isEmpty)
        for (score, value) in zip(scores, expected) { #expect(abs(Double(score) - value) < 1e-4) }
    }
}

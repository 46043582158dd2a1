import Foundation
import Models
import OrderedJSON
import Tensors
import Testing

@testable import Generation

private let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures").path

@Suite("several prompts side by side")
struct BatchTests {
    static let models =
        ((try? FileManager.default.contentsOfDirectory(atPath: fixtures + "/models")) ?? [])
        .filter { FileManager.default.fileExists(atPath: "\(fixtures)/models/\($0)/config.json") }.sorted()

    private func check(_ model: Decoder, _ settings: SamplingSettings, endTokens: Set<Int32>) throws {
        let vocabulary = Int32(model.configuration.vocabularySize)
        // Of different lengths, two of them the same, and one of a single token.
        let prompts: [[Int32]] = [3, 9, 1, 14, 9, 2].map { length in (0..<length).map { ($0 * $0 * 7 + 3) % vocabulary }
        }
        var generator = Generator(model)
        generator.promptChunk = 5
        let alone = try prompts.map { try generator.generate(prompt: $0, settings: settings, endTokens: endTokens) }
        var heard = prompts.map { _ in [Int32]() }
        let together = try generator.generate(prompts: prompts, settings: settings, endTokens: endTokens) {
            heard[$0].append($1)
            return true
        }
        #expect(together.map(\.ids) == alone.map(\.ids))
        #expect(together.map(\.stop) == alone.map(\.stop))
        #expect(together.map(\.promptTokens) == prompts.map(\.count))
        #expect(heard == together.map(\.ids))
    }

    @Test("each gets the tokens that it gets alone", arguments: models)
    func equality(name: String) throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/\(name)")
        try check(model, SamplingSettings(maxTokens: 12), endTokens: [])
        let settings = SamplingSettings(temperature: 0.9, topP: 0.95, topK: 40, maxTokens: 8, seed: 5)
        try check(model, settings, endTokens: Set(0..<Int32(model.configuration.vocabularySize / 8)))
    }

    @Test("also with weights in blocks", arguments: [ElementType.q8_0, .q4_0, .nf4])
    func blocks(type: ElementType) throws {
        for name in Self.models {
            let model = try Decoder.load(folder: "\(fixtures)/models/\(name)").quantized(as: type)
            try check(model, SamplingSettings(maxTokens: 6), endTokens: [])
        }
    }

    @Test("one that is told to stop leaves the others alone, and prompts are checked")
    func stopping() throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny")
        let generator = Generator(model)
        let settings = SamplingSettings(maxTokens: 9)
        let alone = try generator.generate(prompt: [5, 6], settings: settings, endTokens: [])
        let made = try generator.generate(prompts: [[7], [5, 6]], settings: settings, endTokens: []) { prompt, _ in
            prompt == 1
        }
        #expect(made[0].ids.count == 1 && made[0].stop == .cancelled)
        #expect(made[1].ids == alone.ids && made[1].stop == .length)
        #expect(try generator.generate(prompts: [], settings: settings, endTokens: []).isEmpty)
        #expect(throws: ModelError.self) {
            try generator.generate(prompts: [[1], []], settings: settings, endTokens: [])
        }
    }
}

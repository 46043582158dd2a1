import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

private let folder = repository + "/../shared/data/models/tinystories-656k"
private let isThere = FileManager.default.fileExists(atPath: folder + "/reference.json")

@Suite(
    "A real pre-trained model agrees with PyTorch",
    .enabled(if: isThere, "shared/data/models/tinystories-656k is not beside the repository"))
struct TinyStoriesTests {
    func reference() throws -> (json: JSONValue, ids: [Int32]) {
        let json = try JSONValue(readingFile: folder + "/reference.json")
        return (json, (json["score"]?["ids"]?.array ?? []).compactMap { $0.int.map { Int32($0) } })
    }

    func loss(_ model: Decoder, _ ids: [Int32]) -> Double {
        lossSum(model, ids, Array(ids[1...]) + [-1], SequenceLayout(lengths: [ids.count]))
    }

    @Test("parameters, context and type are told")
    func facts() throws {
        let facts = try ModelFacts.read(folder: folder)
        #expect(facts.parameters == 656_000)
        #expect(facts.contextLength == 512)
        #expect(facts.elementType == .float32)
        #expect(facts.family == .llama)
    }

    @Test("the norm of every gradient")
    func gradientNorms() throws {
        let (json, ids) = try reference()
        let model = try Decoder.load(folder: folder, trainable: true)
        let tokens = Double(ids.count - 1)
        #expect(abs(loss(model, ids) / tokens - (json["gradient"]?["loss"]?.double ?? 0)) < 1e-4)
        for (key, variable) in model.parameters {
            let expected = try #require(json["gradient"]?["l2_norm"]?[key]?.double)
            let norm = try #require(variable.gradient).sumOfSquares().squareRoot() / tokens
            #expect(abs(norm - expected) < 1e-3 * expected, "\(key)")
        }
    }

    @Test("ten AdamW losses")
    func tenSteps() throws {
        let (json, ids) = try reference()
        let model = try Decoder.load(folder: folder, trainable: true)
        let expected = (json["adamw"]?["loss_before_each_step"]?.array ?? []).compactMap(\.double)
        let settings = AdamWStep(learningRate: 1e-3, weightDecay: 0.01, step: 0)
        let losses = adamWLosses(model.parameters, settings: settings, tokens: ids.count - 1, steps: 10) {
            loss(model, ids)
        }
        #expect(largestDifference(losses, expected) < 1e-4)
    }
}

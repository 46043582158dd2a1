import Adapters
import Autograd
import Models
import Tensors
import Testing
import WeightFiles

@Suite("A LoRA adapter computes what PEFT computes")
struct LoRAParityTests {
    /// The second has rank and alpha patterns, a rank-stabilised scale and every projection.
    static let pairs = [("llama-lora", "llama-tiny"), ("qwen2-lora-patterns", "qwen2-tiny")]

    func load(_ pair: (String, String)) throws -> (AdapterReference, Decoder, LoRAAdapter) {
        let folder = "\(fixtures)/adapters/\(pair.0)"
        let model = try Decoder.load(folder: "\(fixtures)/models/\(pair.1)")
        return (try AdapterReference(folder: folder), model, try LoRAAdapter.load(folder: folder, trainable: true))
    }

    @Test("logits", arguments: pairs)
    func logits(pair: (String, String)) throws {
        let (reference, model, adapter) = try load(pair)
        try adapter.attach(to: model)
        #expect(largestDifference(reference.logits(model), reference.logits) < 1e-4)
        #expect(adapter.warnings.isEmpty)
    }

    @Test("loss and every gradient, with and without checkpointing", arguments: pairs, [false, true])
    func gradients(pair: (String, String), checkpointing: Bool) throws {
        let (reference, model, adapter) = try load(pair)
        try adapter.attach(to: model)
        let sum = reference.lossSum(model, checkpointing: checkpointing)
        #expect(abs(sum / Double(reference.trainedTokens) - reference.loss) < 1e-5)
        #expect(Set(adapter.parameters.map(\.key)) == Set(reference.gradients.entries.map(\.name)))
        for (key, variable) in adapter.parameters {
            let expected = try reference.gradients.tensor(key, shape: variable.shape).toArray()
            let gradient = try #require(variable.gradient).scaled(by: 1 / Float(reference.trainedTokens)).toArray()
            let largest = expected.reduce(Float(0)) { max($0, abs($1)) }
            #expect(largestDifference(gradient, expected) < 1e-3 * largest, "gradient of \(key)")
        }
        #expect(model.parameters.allSatisfy { $0.variable.gradient == nil })
    }

    @Test("ten AdamW steps", arguments: pairs)
    func tenSteps(pair: (String, String)) throws {
        let (reference, model, adapter) = try load(pair)
        try adapter.attach(to: model)
        let parameters = adapter.parameters.map(\.variable)
        let moments = parameters.map { (Tensor.zeros($0.shape), Tensor.zeros($0.shape)) }
        var losses: [Double] = []
        var settings = reference.adamW
        settings.gradientScale = 1 / Float(reference.trainedTokens)
        for step in 1...reference.lossBeforeEachStep.count {
            for parameter in parameters { parameter.gradient = nil }
            losses.append(reference.lossSum(model) / Double(reference.trainedTokens))
            settings.step = step
            for (parameter, moment) in zip(parameters, moments) {
                settings.apply(
                    to: parameter.value, first: moment.0, second: moment.1,
                    gradient: try #require(parameter.gradient))
            }
        }
        #expect(largestDifference(losses, reference.lossBeforeEachStep) < 1e-4)
    }

    @Test("merged weights give the adapter's logits; the base file is untouched", arguments: pairs)
    func merging(pair: (String, String)) throws {
        let (reference, model, adapter) = try load(pair)
        let merged = try adapter.merged(into: model)
        #expect(largestDifference(reference.logits(merged), reference.logits) < (pair.0 == "llama-lora" ? 0.1 : 2e-4))
        let exact = try adapter.merged(into: model, as: .float32)
        #expect(largestDifference(reference.logits(exact), reference.logits) < 2e-4)
        #expect(largestDifference(reference.logits(model), reference.logits) > 0.1)
        let fresh = try Decoder.load(folder: "\(fixtures)/models/\(pair.1)")
        #expect(largestDifference(reference.logits(fresh), reference.logits) > 0.1)
    }

    @Test("base and adapter share one set of weights, and detaching gives the base back bit for bit")
    func sharing() throws {
        let (reference, model, adapter) = try load(Self.pairs[0])
        let before = reference.logits(model)
        let tuned = model.sharingWeights()
        try adapter.attach(to: tuned)
        #expect(reference.logits(model) == before)
        #expect(largestDifference(reference.logits(tuned), reference.logits) < 1e-4)
        for (a, b) in zip(model.parameters, tuned.parameters) { #expect(a.variable === b.variable, "\(a.key)") }
        adapter.detach(from: tuned)
        #expect(reference.logits(tuned) == before)
    }
}

import Autograd
import Models
import Tensors
import Testing
import WeightFiles

/// Against PyTorch, every family and kind of rotary scaling; what each folder exercises is said in
/// Tests/Fixtures/make_model_fixtures.py.
@Suite("The decoder computes what PyTorch computes")
struct DecoderParityTests {
    static let models = fixtureModels

    func folder(_ name: String) -> String { "\(fixtures)/models/\(name)" }

    @Test("logits of mapped frozen weights, two sequences end to end", arguments: models)
    func logitsAgree(name: String) throws {
        let reference = try ModelReference(folder: folder(name))
        let model = try Decoder.load(folder: folder(name))
        let hidden = model(reference.ids, layout: reference.layout, in: .inference)
        let scores = model.logits(hidden, in: .inference).value.toArray()
        #expect(largestDifference(scores, reference.logits) < 1e-4)
    }

    @Test("loss and every gradient of full fine-tuning", arguments: models, [false, true])
    func gradientsAgree(name: String, checkpointing: Bool) throws {
        let reference = try ModelReference(folder: folder(name))
        let model = try Decoder.load(folder: folder(name), trainable: true)
        let sum = lossSum(
            model, reference.ids, reference.targets, reference.layout, checkpointing: checkpointing)
        #expect(abs(sum / Double(reference.trainedTokens) - reference.loss) < 1e-5)
        #expect(Set(model.parameters.map(\.key)) == Set(reference.gradients.entries.map(\.name)))
        for (key, variable) in model.parameters {
            let expected = try reference.gradients.tensor(key, shape: variable.shape).toArray()
            let gradient = try #require(variable.gradient).scaled(by: 1 / Float(reference.trainedTokens)).toArray()
            #expect(relativeDifference(gradient, expected) < 1e-3, "gradient of \(key)")
        }
    }

    @Test("checkpointing gives the same bits", arguments: models)
    func checkpointingIsExact(name: String) throws {
        let reference = try ModelReference(folder: folder(name))
        let gradients = try [false, true].map { checkpointing in
            let model = try Decoder.load(folder: folder(name), trainable: true)
            _ = lossSum(model, reference.ids, reference.targets, reference.layout, checkpointing: checkpointing)
            return model.parameters.map { $0.variable.gradient?.toArray() }
        }
        #expect(gradients[0] == gradients[1])
    }

    @Test("ten AdamW steps over all weights", arguments: models)
    func tenSteps(name: String) throws {
        let reference = try ModelReference(folder: folder(name))
        let model = try Decoder.load(folder: folder(name), trainable: true)
        let losses = adamWLosses(
            model.parameters, settings: reference.adamW, tokens: reference.trainedTokens,
            steps: reference.lossBeforeEachStep.count
        ) {
            lossSum(model, reference.ids, reference.targets, reference.layout)
        }
        #expect(largestDifference(losses, reference.lossBeforeEachStep) < 1e-4)
    }

    @Test("every family has a fixture, and each kind of rotary scaling")
    func coverage() throws {
        let all = try Self.models.map { try ModelConfiguration.load(folder: folder($0)) }
        #expect(Set(all.map(\.family)) == Set(ModelFamily.allCases))
        #expect(
            Set(all.map(\.ropeScaling.name)) == ["default", "linear", "dynamic", "llama3", "yarn", "longrope"])
    }

    @Test("every projection has the key of its weight, and can be replaced and shared", arguments: models)
    func projections(name: String) throws {
        let reference = try ModelReference(folder: folder(name))
        let model = try Decoder.load(folder: folder(name))
        func scores(_ model: Decoder) -> [Float] {
            model.logits(model(reference.ids, layout: reference.layout, in: .inference), in: .inference).value.toArray()
        }
        let matrices = reference.gradients.entries.filter { $0.shape.count == 2 }.map(\.name)
        let keys = Set(model.projectionKeys.map { $0 + ".weight" })
        #expect(keys.isSubset(of: matrices))
        // Embedding, learned positions, head: whatever is left is no projection of a layer.
        #expect(Set(matrices).subtracting(keys).allSatisfy { !$0.contains(".0.") && !$0.contains(".1.") })
        let before = scores(model)
        for key in model.projectionKeys {
            let twin = model.sharingWeights()
            let linear = try model.linear(key)
            #expect(
                linear.weight.shape
                    == (linear.storesInputsFirst
                        ? [linear.inputs, linear.outputs]
                        : [
                            linear.outputs, linear.inputs,
                        ]))
            try twin.replaceProjection(key, with: Bent(base: linear))
            #expect(try twin.projection(key) is Bent)
            #expect(largestDifference(scores(twin), before) > 1e-4, "\(key)")
            #expect(scores(twin.sharingWeights()) == before)
        }
        #expect(scores(model) == before)
    }

    @Test("a frozen model has no gradient to give")
    func frozen() throws {
        let reference = try ModelReference(folder: folder("llama-tiny"))
        let model = try Decoder.load(folder: folder("llama-tiny"))
        _ = lossSum(model, reference.ids, reference.targets, reference.layout)
        #expect(model.parameters.allSatisfy { $0.variable.gradient == nil && !$0.variable.wantsGradient })
        #expect(model.parameters.first?.variable.value.isMapped == true)
        #expect(model.elementType == .bfloat16)
    }
}

private struct Bent: Projection {
    let base: Linear
    var inputs: Int { base.inputs }
    var outputs: Int { base.outputs }
    func callAsFunction(_ x: Variable, in pass: Pass) -> Variable { activation(base(x, in: pass), .relu, in: pass) }
}

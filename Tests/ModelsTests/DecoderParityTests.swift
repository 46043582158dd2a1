import Autograd
import Models
import Tensors
import Testing
import WeightFiles

/// Against PyTorch: llama in BF16 with Llama-3 RoPE scaling and GQA; qwen2 in two F32 shards with biases and a tied
/// head; mistral in F16 with a sliding window and heads wider than C/H.
@Suite("The decoder computes what PyTorch computes")
struct DecoderParityTests {
    static let models = ["llama-tiny", "qwen2-tiny", "mistral-tiny"]

    func folder(_ name: String) -> String { "\(fixtures)/models/\(name)" }

    @Test("logits of mapped frozen weights, two sequences end to end", arguments: models)
    func logitsAgree(name: String) throws {
        let reference = try ModelReference(folder: folder(name))
        let model = try Decoder.load(folder: folder(name))
        let hidden = model(reference.ids, layout: reference.layout, in: .inference)
        let scores = logits(hidden, head: model.head, in: .inference).value.toArray()
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

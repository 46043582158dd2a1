import Autograd
import Datasets
import Models
import Recipes
import Runs
import Tensors
import Testing

@testable import Training

@Suite struct ObjectiveTests {
    /// Loss sum, tokens, and gradients by key, added up over the batches.
    func sums(_ run: TrainingRun, _ batches: [Batch]) -> (loss: Double, tokens: Int, gradients: [[Float]]) {
        run.clearGradients()
        var loss = 0.0
        var tokens = 0
        for batch in batches {
            let tape = Tape()
            guard let part = SupervisedLoss.of(batch, run.decoder, in: Pass(tape: tape)) else { continue }
            loss += Double(part.sum.value.item)
            tokens += part.tokens
            tape.backward(from: part.sum)
        }
        let gradients = run.parameters.map { $0.variable.gradient?.toArray() ?? [] }
        run.clearGradients()
        return (loss, tokens, gradients)
    }

    func worst(_ a: [[Float]], _ b: [[Float]]) -> Float {
        var scale: Float = 1e-9
        var difference: Float = 0
        for (x, y) in zip(a, b) {
            for (p, q) in zip(x, y) {
                scale = max(scale, abs(p))
                difference = max(difference, abs(p - q))
            }
        }
        return difference / scale
    }

    @Test(arguments: [1, 2, 3, 4, 8])
    func gradientsAreEqualForEverySplitOfABatch(parts: Int) throws {
        let tiny = try TinyRun(method: .full)
        let run = try TrainingRun(try tiny.prepared(), folder: tiny.path("run"))
        let rows = Array(run.prepared.train.prefix(8))
        let whole = sums(run, [Batch(rows)])
        let size = (rows.count + parts - 1) / parts
        let split = sums(
            run, stride(from: 0, to: rows.count, by: size).map { Batch(Array(rows[$0..<min($0 + size, rows.count)])) })
        #expect(split.tokens == whole.tokens)
        #expect(abs(split.loss - whole.loss) < 1e-5 * whole.loss)
        #expect(whole.gradients.allSatisfy { !$0.isEmpty })
        #expect(worst(split.gradients, whole.gradients) < 1e-5)
    }

    @Test func packedLossIsTheUnpackedLoss() throws {
        let tiny = try TinyRun()
        let run = try TrainingRun(try tiny.prepared(), folder: tiny.path("run"))
        for _ in 0..<2 { _ = try run.step() }
        let rows = Array(run.prepared.train.prefix(6))
        let packed = sums(run, [Batch(rows)])
        let unpacked = sums(run, rows.map { Batch([$0]) })
        #expect(packed.tokens == unpacked.tokens)
        #expect(abs(packed.loss - unpacked.loss) < 1e-5 * packed.loss)
        #expect(worst(packed.gradients, unpacked.gradients) < 1e-5)
    }

    @Test func theLossOfAStepIsTheMeanOverItsTrainedTokens() throws {
        var tiny = try TinyRun()
        tiny.recipe.lora.dropout = 0
        let run = try TrainingRun(try tiny.prepared(), folder: tiny.path("run"))
        var stream = run.prepared.batches(fromStep: 0)
        let expected = sums(run, stream.next())
        let point = try run.step()
        #expect(abs(point.loss - expected.loss / Double(expected.tokens)) < 1e-6)
        #expect(point.trainedTokens == expected.tokens)
        let squares = expected.gradients.joined().reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(point.gradientNorm - squares.squareRoot() / Double(expected.tokens)) < 1e-5 * point.gradientNorm)
    }

    @Test func aBatchWithoutATargetHasNoLoss() throws {
        let tiny = try TinyRun()
        let run = try TrainingRun(try tiny.prepared(), folder: tiny.path("run"))
        let row = TokenizedExample(ids: [2, 3, 4], trained: [false, false, false])
        #expect(SupervisedLoss.of(Batch([row]), run.decoder, in: .inference) == nil)
    }

    @Test func clippingBringsTheNormDownToItsLimit() {
        #expect(GradientNorm.clipFactor(norm: 0.5, limit: 1) == 1)
        #expect(abs(GradientNorm.clipFactor(norm: 4, limit: 1) - 0.25) < 1e-6)
        #expect(GradientNorm.clipFactor(norm: 4, limit: 0) == 1)
    }

    @Test func theNormIsSummedInDoublePrecision() {
        // 2^24 ones and then one more: float32 would stop counting.
        let large = Variable(.zeros([1]), wantsGradient: true)
        large.gradient = Tensor([4096], shape: [1])
        let small = Variable(.zeros([1]), wantsGradient: true)
        small.gradient = Tensor([1], shape: [1])
        let norm = GradientNorm.of([
            TrainedParameter(key: "a", variable: large), TrainedParameter(key: "b", variable: small),
        ])
        #expect(norm * norm == 16_777_217 || abs(norm * norm - 16_777_217) < 1e-3)
        large.gradient = Tensor([.infinity], shape: [1])
        #expect(!GradientNorm.of([TrainedParameter(key: "a", variable: large)]).isFinite)
    }

    @Test func decayIsForMatricesAlone() {
        let matrix = TrainedParameter(key: "w", variable: Variable(.zeros([2, 2]), wantsGradient: true))
        let norm = TrainedParameter(key: "n", variable: Variable(.zeros([2]), wantsGradient: true))
        #expect(matrix.isDecayed)
        #expect(!norm.isDecayed)
    }

    @Test func adamWMovesAsPyTorchDoes() {
        // torch.optim.AdamW(lr=0.1, weight_decay=0.5) on w = 1 with gradients 2, then −1.
        let variable = Variable(Tensor([1, 1], shape: [1, 2]), wantsGradient: true)
        let parameters = [TrainedParameter(key: "w", variable: variable)]
        var optimizer = AdamW(.init(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.5))
        variable.gradient = Tensor([2, 2], shape: [1, 2])
        optimizer.update(parameters, step: 1, learningRate: 0.1, gradientScale: 1)
        #expect(abs(variable.value.toArray()[0] - 0.85) < 1e-6)
        variable.gradient = Tensor([-2, -2], shape: [1, 2])
        optimizer.update(parameters, step: 2, learningRate: 0.1, gradientScale: 0.5)
        // m̂ = (0.9·0.2 − 0.1·1)/0.19, v̂ = (0.999·0.004 + 0.001·1)/0.001999
        let m = (0.9 * 0.2 - 0.1) / (1 - 0.81)
        let v = (0.999 * 0.004 + 0.001) / (1 - 0.999 * 0.999)
        let wanted = 0.85 * (1 - 0.05) - 0.1 * m / (v.squareRoot() + 1e-8)
        #expect(abs(Double(variable.value.toArray()[0]) - wanted) < 1e-6)
    }
}

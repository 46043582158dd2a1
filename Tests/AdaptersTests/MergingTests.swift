import Adapters
import Autograd
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

@Suite("Merging: measured, bounded, apart from the base")
struct MergingTests {
    let prompts: [[Int32]] = [[5, 9, 33, 12, 7, 8], [40, 41], []]

    @Test("float32 is within its bound; the report says what was compared")
    func report() throws {
        let reference = try FeatureReference("llama-dora")
        let model = try reference.model()
        let merged = try MergedWeights(base: model, adapter: LoRAAdapter.load(folder: reference.folder))
        let report = try merged.report(prompts: prompts, as: .float32)
        #expect(report.largestDifference < 1e-4 && report.largestDifference > 0 && report.isWithinBound)
        #expect(report.prompts == 2 && report.tokens == 8 && report.changedWeights == 6 && report.sameTokens == 1)
        #expect(report.largestLogit > 1)
        try report.requireWithinBound()
        let rounded = try merged.report(prompts: prompts, as: .bfloat16)
        #expect(rounded.largestDifference > 10 * report.largestDifference && rounded.isWithinBound)
        let own = try merged.report(prompts: prompts, as: nil)
        #expect(own.largestDifference == rounded.largestDifference, "the base is stored as BF16")
    }

    @Test("a difference above the bound is refused with the way out")
    func bound() throws {
        let reference = try FeatureReference("llama-dora")
        let model = try reference.model()
        let merged = try MergedWeights(base: model, adapter: LoRAAdapter.load(folder: reference.folder))
        let report = try merged.report(prompts: prompts, as: .float16, bound: 1e-6)
        let error = #expect(throws: AdapterError.self) { try report.requireWithinBound() }
        #expect(error?.description.contains("Store the merged model as float32, or keep the adapter") == true)
        #expect(throws: ModelError.noTokens) { try merged.report(prompts: [[]], as: nil) }
        #expect(throws: ModelError.self) { try merged.report(prompts: [[64]], as: nil) }
    }

    @Test("a decoder on merged weights leaves every sharer of the base alone", arguments: FeatureReference.names)
    func apart(name: String) throws {
        let reference = try FeatureReference(name)
        let model = try reference.model()
        let other = model.sharingWeights()
        let before = reference.base.logits(other)
        let bytes = model.parameters.map { $0.variable.value.toArray() }
        let adapter = try LoRAAdapter.load(folder: reference.folder)
        let weights = try MergedWeights(base: model, adapter: adapter)
        let merged = try weights.decoder()
        #expect(largestDifference(reference.base.logits(merged), try reference.logits) < 0.25)
        #expect(reference.base.logits(other) == before && reference.base.logits(model) == before)
        #expect(model.parameters.map { $0.variable.value.toArray() } == bytes)
        // It can be merged again while the adapter is attached: the base is what counts.
        try adapter.attach(to: model)
        let again = try MergedWeights(base: model, adapter: adapter)
        for key in again.keys { #expect(try again.tensor(key).toArray() == weights.tensor(key).toArray(), "\(key)") }
    }

    @Test("without an adapter the weights are the base's own")
    func plain() throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/qwen2-tiny")
        let merged = try MergedWeights(base: model, adapter: nil)
        #expect(merged.keys == model.parameters.map(\.key) && !merged.keys.contains(where: merged.isChanged))
        for (key, variable) in model.parameters { #expect(try merged.tensor(key) === variable.value) }
        #expect(throws: AdapterError.self) { try merged.tensor("model.layers.9.mlp.up_proj.weight") }
    }

    @Test("a bias of B needs a bias of the model to go to")
    func bias() throws {
        let model = try Decoder.load(folder: "\(fixtures)/models/llama-tiny")
        var settings = LoRASettings(rank: 2, targets: .modules(["q_proj"]))
        settings.hasBias = true
        let adapter = try LoRAAdapter(settings, for: model, seed: 1)
        let error = #expect(throws: AdapterError.self) { try MergedWeights(base: model, adapter: adapter) }
        #expect(error?.description.contains("lora_bias") == true)
    }

    @Test("DoRA drops its own part alone, as PEFT does")
    func dropout() throws {
        let (n, inputs, outputs) = (7, 12, 9)
        let x = Tensor.random([n, inputs], seed: 1)
        let base = Linear(
            weight: Variable(.random([outputs, inputs], seed: 2)), bias: Variable(.random([outputs], seed: 3)))
        let a = Variable(.random([3, inputs], seed: 4), wantsGradient: true)
        let b = Variable(.random([outputs, 3], seed: 5), wantsGradient: true)
        let m = Variable(.random([outputs], seed: 6), wantsGradient: true)
        let layer = DoRALinear(base: base, a: a, b: b, magnitude: m, scale: 1.5, dropout: 0.4, site: 17)
        var pass = Pass(tape: Tape(), stream: RandomStream(seed: 9, step: 2), isTraining: true)
        let result = layer(Variable(x), in: pass).value.toArray()
        // result + (g − 1)·W·xᵈ + g·scale·B·A·xᵈ, with xᵈ from the same mask.
        pass.tape = nil
        let dropped = Autograd.dropout(Variable(x), rate: 0.4, site: 17, in: pass).value.toArray()
        let (w, c) = (base.weight.value.toArray(), base.bias?.value.toArray() ?? [])
        let (av, bv, mv) = (a.value.toArray(), b.value.toArray(), m.value.toArray())
        let xv = x.toArray()
        for row in 0..<n {
            for out in 0..<outputs {
                var (plain, dry, low, norm) = (0.0, 0.0, 0.0, 0.0)
                for i in 0..<inputs {
                    var delta = 0.0
                    for r in 0..<3 { delta += Double(bv[out * 3 + r]) * Double(av[r * inputs + i]) }
                    let weight = Double(w[out * inputs + i])
                    norm += (weight + 1.5 * delta) * (weight + 1.5 * delta)
                    plain += weight * Double(xv[row * inputs + i])
                    dry += weight * Double(dropped[row * inputs + i])
                    low += delta * Double(dropped[row * inputs + i])
                }
                let g = Double(mv[out]) / norm.squareRoot()
                let expected = plain + Double(c[out]) + (g - 1) * dry + g * 1.5 * low
                #expect(abs(Double(result[row * outputs + out]) - expected) < 1e-4)
            }
        }
        #expect(dropped != xv)
    }
}

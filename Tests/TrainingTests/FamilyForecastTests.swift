import Adapters
import Autograd
import Datasets
import Foundation
import Models
import OrderedJSON
import Recipes
import Tensors
import Testing
import WeightFiles

@testable import Training

private let models = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/models").path
private let names = ((try? FileManager.default.contentsOfDirectory(atPath: models)) ?? [])
    .filter { FileManager.default.fileExists(atPath: "\(models)/\($0)/config.json") }.sorted()

@Suite("Forecasts for every family")
struct FamilyForecastTests {
    /// The fixture's configuration, larger where `changes` say so.
    static func configuration(_ name: String, _ changes: JSONObject = [:]) throws -> ModelConfiguration {
        let json = try JSONValue(readingFile: "\(models)/\(name)/config.json").object ?? [:]
        return try ModelConfiguration(json: json.merging(changes) { $1 })
    }

    static func recipe(_ method: Recipe.Method, targets: [String] = ["all-linear"]) -> Recipe {
        var recipe = Recipe(model: "model", data: Recipe.DataSection(train: "rows.jsonl"))
        recipe.method = method
        recipe.lora.r = 4
        recipe.lora.targetModules = targets
        return recipe
    }

    @Test("weights, trained and adapted, are those of the decoder", arguments: names)
    func weights(name: String) throws {
        let configuration = try Self.configuration(name)
        let model = Decoder.random(configuration, seed: 1)
        let shape = ModelShape(configuration)
        let count = model.parameters.reduce(0) { $0 + $1.variable.value.count }
        let full = MemoryForecast(
            shape: shape, recipe: Self.recipe(.full), weightBytes: 1, tokens: 10, trained: 10)
        #expect(full.weights == count * 4 && full.optimizer == count * 8)
        var matrices = 0
        for key in model.projectionKeys { matrices += try model.linear(key).weight.value.count }
        #expect(shape.projectionParameters == matrices)
        for target in ["all-linear"] + configuration.projectionNames {
            let recipe = Self.recipe(.lora, targets: [target])
            let adapter = try LoRAAdapter(recipe.loraSettings, for: model, seed: 1)
            #expect(
                shape.adapterParameters(recipe.loraSettings) == adapter.parameterCount, "\(target)")
        }
        #expect(
            TrainingPlan.targetProblems(Self.recipe(.lora, targets: configuration.projectionNames), configuration)
                .isEmpty)
        #expect(TrainingPlan.targetProblems(Self.recipe(.lora, targets: ["nowhere"]), configuration).count == 1)
    }

    @Test("a layer with a window looks at less")
    func windows() throws {
        let mistral = ModelShape(try Self.configuration("mistral-tiny"))
        // Window 6 over 12 tokens: 1 + 2 + … + 6 + 6·6 are 57; the mean over places is counted as 4.5.
        #expect(mistral.tokensSeen(length: 12) == 4.5 && mistral.tokensSeen(length: 4) == 2)
        #expect(ModelShape(try Self.configuration("llama-tiny")).tokensSeen(length: 12) == 6)
        let recipe = Self.recipe(.full)
        let narrow = WorkCount.operations(mistral, recipe: recipe, tokens: 1000, trained: 0, length: 500)
        var wide = mistral
        wide.windows = [nil, nil]
        #expect(narrow < WorkCount.operations(wide, recipe: recipe, tokens: 1000, trained: 0, length: 500))
    }

    /// In a process of its own: the engine's ledger counts every tensor of the process.
    @Test("what a micro-batch takes is close to the forecast")
    func activations() async {
        await #expect(processExitsWith: .success) {
            let larger: JSONObject = [
                "hidden_size": 96, "n_embd": 96, "intermediate_size": 160, "n_inner": 160, "num_hidden_layers": 6,
                "n_layer": 6, "num_attention_heads": 4, "n_head": 4, "num_key_value_heads": 2, "vocab_size": 256,
                "max_position_embeddings": 512, "n_positions": 512, "layer_types": nil,
            ]
            for name in names {
                var changes = larger
                if name == "phi3-tiny" { changes["rope_parameters"] = ["rope_type": "default"] }
                let configuration = try FamilyForecastTests.configuration(name, changes)
                let model = Decoder.random(configuration, seed: 1)
                var batch = Batch()
                batch.ids = (0..<256).map { Int32($0) }
                batch.targets = batch.ids
                batch.positions = (0..<256).map { Int32($0 % 64) }
                batch.segments = (0..<4).map { $0 * 64..<($0 + 1) * 64 }
                for checkpointing in [false, true] {
                    for (_, variable) in model.parameters { variable.gradient = nil }
                    let before = MemoryLedger.current.liveBytes
                    MemoryLedger.resetPeak()
                    let tape = Tape()
                    let pass = Pass(tape: tape, isTraining: true)
                    if let loss = SupervisedLoss.of(batch, model, checkpointing: checkpointing, in: pass) {
                        tape.backward(from: loss.sum)
                    }
                    let taken = Double(MemoryLedger.current.peakBytes - before)
                    var recipe = FamilyForecastTests.recipe(.full)
                    recipe.batch.gradientAccumulationSteps = 1
                    recipe.gradientCheckpointing = checkpointing ? .block : .none
                    let forecast = MemoryForecast(
                        shape: ModelShape(configuration), recipe: recipe, weightBytes: 0, tokens: 256, trained: 256)
                    let told = Double(forecast.activations + forecast.gradients + forecast.workspace)
                    let ratio = told / taken
                    #expect((0.85...1.15).contains(ratio), "\(name) \(checkpointing): forecast / taken = \(ratio)")
                }
            }
        }
    }
}

import Adapters
import Datasets
import Foundation
import Models
import OrderedJSON
import Recipes
import Runs
import Tensors
import Testing
import WeightFiles

@testable import Training

@Suite struct AdapterFeatureTests {
    private func features() throws -> TinyRun {
        var tiny = try TinyRun()
        tiny.recipe.lora.useDoRA = true
        tiny.recipe.lora.modulesToSave = ["lm_head", "norm"]
        tiny.recipe.lora.targetModules = ["q_proj", "v_proj", "down_proj"]
        tiny.recipe.lora.rankPattern = [.init("layers.1.self_attn.q_proj", 2)]
        tiny.recipe.lora.alphaPattern = [.init("down_proj", 12)]
        return tiny
    }

    @Test func doRAAndModulesTrainedWholeLearnAndAreSavedAsPEFTNamesThem() throws {
        let tiny = try features()
        let told = tiny.run()
        #expect(told.outcome.phase == .finished, "\(told.outcome)")
        #expect((told.losses.last ?? .infinity) < (told.losses.first ?? 0))
        let output = tiny.path("run/output")
        let file = try SafetensorsFile(path: output + "/adapter_model.safetensors")
        let names = Set(file.entries.map(\.name))
        #expect(
            names.contains("base_model.model.lm_head.weight") && names.contains("base_model.model.model.norm.weight"))
        #expect(names.contains("base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector"))
        #expect(names.contains("base_model.model.model.layers.1.post_attention_layernorm.weight"))
        #expect(file.entry("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight")?.shape[0] == 2)
        let json = try JSONValue(readingFile: output + "/adapter_config.json")
        #expect(json["use_dora"] == true && json["modules_to_save"] == ["lm_head", "norm"])
        #expect(json["rank_pattern"]?["layers.1.self_attn.q_proj"] == 2 && json["alpha_pattern"]?["down_proj"] == 12)
        // Everything that is trained has moved from where the base is.
        let base = try Checkpoint(folder: tiny.model.folder)
        for key in ["lm_head.weight", "model.norm.weight"] {
            #expect(try file.tensor("base_model.model." + key).toArray() != base.tensor(key).toArray())
        }
        // What was written computes what the run computed last.
        let decoder = try Decoder.load(folder: tiny.model.folder)
        try LoRAAdapter.load(folder: output).attach(to: decoder)
    }

    @Test(arguments: [Recipe.GradientCheckpointing.none, .block])
    func theyGoOnBitForBit(checkpointing: Recipe.GradientCheckpointing) throws {
        var tiny = try features()
        tiny.recipe.gradientCheckpointing = checkpointing
        try ResumeTests().expectSameBits(tiny, output: "adapter_model.safetensors")
    }

    @Test func anAdapterOfTheSameSettingsHasAsManyParametersAsThePlanCounts() throws {
        let tiny = try features()
        let run = try TrainingRun(tiny.prepared(), folder: tiny.path("run"))
        let plan = TrainingPlan(
            try tiny.prepared(), configuration: run.decoder.configuration, folder: nil, calibration: .none)
        #expect(plan.trainableParameters == run.adapter?.parameterCount)
        #expect(plan.trainableParameters == run.facts.trainableParameters)
    }

    @Test func thePlanNamesModulesThatAreNotThereAndPatternsThatAreNone() throws {
        var tiny = try features()
        tiny.recipe.lora.modulesToSave = ["lm_head", "score"]
        let rows = tiny.rows
        func problems() -> [RecipeProblem] {
            TrainingPlan.of(tiny.recipe, folder: nil, calibration: .none) { DataSource(name: "x", train: rows) }
                .problems.filter { $0.severity == .error }
        }
        #expect(problems().map(\.key) == ["lora.modules_to_save"])
        #expect(problems().first?.problem.contains("score") == true)
        tiny.recipe.lora.modulesToSave = []
        tiny.recipe.lora.rankPattern = [.init("(q", 2)]
        #expect(problems().map(\.key) == ["lora.rank_pattern"])
        tiny.recipe.lora.rankPattern = []
        #expect(problems().isEmpty)
    }

    @Test func aModuleThatIsNotThereIsNamed() throws {
        var tiny = try features()
        tiny.recipe.lora.modulesToSave = ["score"]
        let told = tiny.run()
        #expect(told.outcome.phase == .failed)
        #expect(told.outcome.message?.contains("score") == true)
    }
}

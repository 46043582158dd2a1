import Datasets
import Models
import OrderedJSON
import Recipes
import Runs
import Tensors
import Testing

@testable import Training

@Suite(.serialized) struct PlanTests {
    func plan(_ tiny: TinyRun) throws -> (plan: TrainingPlan, run: TrainingRun) {
        let prepared = try tiny.prepared()
        let run = try TrainingRun(prepared, folder: tiny.path("run"))
        let plan = TrainingPlan(
            prepared, configuration: run.decoder.configuration, folder: tiny.path("run"), calibration: .none)
        return (plan, run)
    }

    @Test(arguments: [Recipe.Method.lora, .full])
    func countsAreThoseOfTheRun(method: Recipe.Method) throws {
        let (plan, run) = try plan(try TinyRun(method: method))
        #expect(plan.trainableParameters == run.facts.trainableParameters)
        #expect(plan.totalParameters == run.facts.totalParameters)
        #expect(plan.steps == 12)
        #expect(plan.canStart)
        #expect(plan.learningRates.count == 12)
        #expect(plan.learningRates == (0..<12).map { run.learningRate(at: $0) })
    }

    @Test func targetsDecideTheAdaptersSize() throws {
        var tiny = try TinyRun()
        tiny.recipe.lora.targetModules = ["q_proj", "v_proj"]
        let (plan, run) = try plan(tiny)
        #expect(plan.trainableParameters == run.facts.trainableParameters)
    }

    @Test func theJSONHasTheFieldsScriptsRelyOn() throws {
        let (plan, _) = try plan(try TinyRun())
        let json = plan.asJSON
        #expect(json["problems"]?.array != nil)
        #expect(json["trained_tokens"]?.int == plan.trainedTokens)
        #expect(json["peak_memory_bytes"]?.int == plan.memory.total)
        #expect(json["seconds"] != nil)
    }

    @Test func thePlannedEndingOfTheRateIsShownAndTimeIsForecast() throws {
        let tiny = try TinyRun()
        let prepared = try tiny.prepared()
        let run = try TrainingRun(prepared, folder: tiny.path("run"))
        let plan = TrainingPlan(prepared, configuration: run.decoder.configuration, folder: nil)
        let time = try #require(plan.time)
        #expect(time.seconds > 0)
        #expect(time.basis.text.contains("GFLOP/s"))
    }

    /// In a process of its own: the engine's ledger counts every tensor of the process.
    @Test func theForecastOfMemoryIsCloseToWhatARunTakes() async throws {
        await #expect(processExitsWith: .success) {
            for method in [Recipe.Method.lora, .full] {
                var tiny = try TinyRun(method: method)
                tiny.recipe.batch.microBatchSize = 8
                tiny.recipe.data.trainOn = .everything
                let prepared = try tiny.prepared()
                let before = MemoryLedger.current.liveBytes
                let run = try TrainingRun(prepared, folder: tiny.path("run"))
                MemoryLedger.resetPeak()
                for _ in 0..<prepared.stepsPerEpoch { _ = try run.step() }
                let taken = Double(MemoryLedger.current.peakBytes - before)
                let plan = TrainingPlan(
                    prepared, configuration: run.decoder.configuration, folder: nil, calibration: .none)
                let mapped = method == .lora ? plan.memory.weights : 0
                let ratio = Double(plan.memory.tensors - mapped) / taken
                #expect((0.8...1.25).contains(ratio), "\(method): forecast / taken = \(ratio)")
            }
        }
    }

    @Test func modelAndDataProblemsAreToldTogether() throws {
        var tiny = try TinyRun()
        tiny.recipe.model = tiny.path("nowhere")
        tiny.recipe.lora.targetModules = ["q_prj"]
        let plan = TrainingPlan.of(tiny.recipe, folder: nil) {
            throw TrainingError.noUsableRow(source: "x.jsonl", read: 0, reasons: [])
        }
        #expect(!plan.canStart)
        #expect(plan.problems.contains { $0.key == "model" })
        #expect(plan.problems.contains { $0.key == "data.train" && $0.problem.contains("x.jsonl") })
        #expect(plan.problems.contains { $0.key == "lora.target_modules" && $0.remedy.contains("q_proj") })
    }

    @Test func aMicroBatchCanBeTimed() throws {
        let tiny = try TinyRun()
        let rows = tiny.rows
        let plan = TrainingPlan.of(tiny.recipe, folder: tiny.path("run"), calibration: .microBatch) {
            DataSource(name: "tiny.jsonl", train: rows)
        }
        #expect(plan.canStart)
        #expect(plan.time?.basis == .measuredStep)
        #expect((plan.time?.tokensPerSecond ?? 0) > 0)
    }
}
